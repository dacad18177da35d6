"""Questions before something goes in bulk. Without a person to ask, `--yes` has to be said."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from runlog.cli import writing
from runlog.errors import UsageError

_SHOWN = 10


def agreed(question: str, yes: bool, hint: str, which: Sequence[str] = ()) -> bool:
    """Whether to go on: because of `--yes`, or because somebody at a terminal says so, who is shown what it is about."""
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{question}? nobody is here to be asked", hint=hint)
    shown = [*which[:_SHOWN], *([f"and {len(which) - _SHOWN} more"] if len(which) > _SHOWN else [])]
    writing.say("".join(f"  {line}\n" for line in shown) + f"{question}? [y/N] ")
    if sys.stdin.readline().strip().lower() in {"y", "yes"}:
        return True
    writing.say("nothing was done\n")
    return False
