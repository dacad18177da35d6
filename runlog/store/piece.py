"""Which of some runs a piece of an id fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from runlog.errors import Conflict, NotFound


class _Known(Protocol):
    @property
    def id(self) -> str: ...


K = TypeVar("K", bound=_Known)


def matching(runs: Sequence[K], piece: str) -> list[K]:
    """Those whose id ends with a piece, or whose last part begins with it; where there are none, those that contain it."""
    if not piece.strip("-"):  # what is between the parts of every id is no piece of one
        return []
    found = [run for run in runs if run.id.endswith(piece) or run.id.rpartition("-")[2].startswith(piece)]
    return found or [run for run in runs if piece in run.id]


def only(matches: Sequence[K], piece: str) -> K:
    """The one run that a piece fits."""
    if not matches:
        raise NotFound(f"no run matches {piece!r}", hint="runlog ls")
    if len(matches) > 1:
        shown = ", ".join(run.id for run in matches[:4]) + (", ..." if len(matches) > 4 else "")
        raise Conflict(f"{piece!r} fits {len(matches)} runs: {shown}", hint="give more of the id")
    return matches[0]
