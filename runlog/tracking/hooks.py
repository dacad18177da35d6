"""Commands of the user's that run when a model was promoted, as a deployment."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from runlog.config import Hook
from runlog.errors import BadInput
from runlog.models.promote import Promotion
from runlog.query.syntax import did_you_mean, nearest
from runlog.store.registry.documents import STAGES

_STDERR = 2  # what a hook prints is no part of the answer


class Failure(NamedTuple):
    """A hook that did not end well."""

    command: str
    file: Path
    problem: str


def check_stages(hooks: Iterable[Hook]) -> None:
    """Refuse a hook that waits for a stage that there is not."""
    for hook in hooks:
        for stage in hook.to:
            if stage not in {*STAGES, "none"}:
                hint = did_you_mean(nearest(stage, [*STAGES, "none"])) or f"it is one of {', '.join(STAGES)}, none"
                raise BadInput(f"{str(hook.file)!r}: {stage!r} in hooks.on_promote.to is no stage", hint=hint)


class CutOff(KeyboardInterrupt):
    """Somebody pressed Ctrl-C while a hook ran. What it was told of stands."""

    def __init__(self, command: str, label: str, stage: str) -> None:
        super().__init__(f"hook {command!r} was cut off; {label} is in {stage} all the same")


def run_hooks(hooks: Iterable[Hook], promotion: Promotion, folder: Path | None, store: Path) -> list[Failure]:
    """Run every hook that wants to hear of a promotion, one after the other; those that failed."""
    failures: list[Failure] = []
    for hook in hooks:
        wanted = hook.wants(promotion.version.model, promotion.after or "none")
        try:
            problem = _run(hook, promotion, folder, store) if wanted else None
        except KeyboardInterrupt as interrupt:
            raise CutOff(hook.command, promotion.version.label, promotion.after or "none") from interrupt
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
