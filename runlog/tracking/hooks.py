"""Commands of the user's that run when a model was promoted, as a deployment."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from runlog.config import Hook
from runlog.models.promote import Promotion

_STDERR = 2  # what a hook prints is no part of the answer


class Failure(NamedTuple):
    """A hook that did not end well."""

    command: str
    file: Path
    problem: str


def run_hooks(hooks: Iterable[Hook], promotion: Promotion, folder: Path | None, store: Path) -> list[Failure]:
    """Run every hook that wants to hear of a promotion, one after the other; those that failed."""
    failures: list[Failure] = []
    for hook in hooks:
        wanted = hook.wants(promotion.version.model, promotion.after or "none")
        problem = _run(hook, promotion, folder, store) if wanted else None
        if problem:
            failures.append(Failure(hook.command, hook.file, problem))
    return failures


def _run(hook: Hook, promotion: Promotion, folder: Path | None, store: Path) -> str | None:
    try:
        done = subprocess.run(
            hook.command,
            shell=True,
            cwd=hook.file.parent,
            env={**os.environ, **variables(promotion, folder, store)},
            stdin=subprocess.DEVNULL,
            stdout=_STDERR,
            check=False,
        )
    except (OSError, ValueError) as error:
        return f"could not be run: {str(error).lower()}"
    if done.returncode < 0:
        return f"was ended by signal {-done.returncode}"
    return f"ended with status {done.returncode}" if done.returncode else None


def variables(promotion: Promotion, folder: Path | None, store: Path) -> dict[str, str]:
    """What a hook is told."""
    version = promotion.version
    return {
        "RUNLOG_MODEL": version.model,
        "RUNLOG_VERSION": version.word,
        "RUNLOG_FROM": promotion.before or "none",
        "RUNLOG_TO": promotion.after or "none",
        "RUNLOG_MODEL_PATH": "" if folder is None else str(folder),
        "RUNLOG_MODEL_RUN": version.run,
        "RUNLOG_REPLACED": " ".join(move.version.word for move in promotion.left),
        "RUNLOG_STORE": str(store),
    }
