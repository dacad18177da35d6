"""Which runs the registry needs, and for what."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from runlog.errors import Conflict
from runlog.store.registry.folder import read_books
from runlog.store.registry.standing import stand

Needs = Mapping[str, Sequence[str]]  # run -> the versions of models that need it


def needed_runs(root: Path) -> dict[str, tuple[str, ...]]:
    """Each run that a version needs, with these versions as they are named: `duration@3`. A version in the trash
    needs none, unless it was given a task by somebody who did not know."""
    needed: dict[str, list[str]] = {}
    for book in read_books(root):
        for version in stand(book).versions:
            if not version.removed or version.conflicts:
                needed.setdefault(version.run, []).append(version.label)
    return {run: tuple(labels) for run, labels in needed.items()}


def surely_needed(root: Path) -> dict[str, tuple[str, ...]]:
    """As `needed_runs`, for those who cannot take back what they do: while a document cannot be read, nobody knows."""
    for book in read_books(root):
        for error in book.unread:
            raise type(error)(f"{error.message}, so nobody knows which runs are needed", error.hint)
    return needed_runs(root)


def must_not_be_needed(run_id: str, needed: Needs) -> None:
    """Refuse to part with a run in which the model of a version lies."""
    labels = needed.get(run_id, ())
    if labels:
        more = f" and {len(labels) - 1} more" if len(labels) > 1 else ""
        hint = f"runlog model rm {shlex.quote(labels[0])}"
        raise Conflict(f"run {run_id} is needed: {labels[0]}{more} {'lie' if more else 'lies'} in it", hint=hint)
