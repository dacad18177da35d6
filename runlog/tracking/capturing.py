"""What a run remembers of its surroundings at the start: code, environment, origin. Nothing that fails here fails the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from runlog import config
from runlog.errors import RunlogError
from runlog.store.store import Store

Part = Callable[[Store, Sequence[str] | None], dict[str, Any]]


@dataclass(slots=True)
class Captured:
    """The parts of a birth that come from outside, and what could not be captured."""

    code: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def capture(store: Store, command: Sequence[str] | None = None) -> Captured:
    """What is to be remembered of a run that begins now: of a program that is about to be started, or of this very process.

    What the answer refers to is in the store, and durable, when this returns.
    """
    captured = Captured()
    if config.capture_wanted():
        for name, part in _PARTS.items():
            _try(captured, name, part, store, command)
    return captured


def _try(captured: Captured, name: str, part: Part, store: Store, command: Sequence[str] | None) -> None:
    try:
        setattr(captured, name, part(store, command))
    except Exception as error:
        reason = error.message if isinstance(error, RunlogError) else f"{type(error).__name__}: {error}"
        captured.problems.append(f"{name} was not captured: {reason}")


_PARTS: dict[str, Part] = {}
