"""Questions before something goes in bulk. Without a person to ask, `--yes` has to be said."""

from __future__ import annotations

import sys

from runlog.cli import writing
from runlog.errors import UsageError


def agreed(question: str, yes: bool, hint: str) -> bool:
    """Whether to go on: because of `--yes`, or because somebody at a terminal says so."""
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{question}? nobody is here to be asked", hint=hint)
    writing.say(f"{question}? [y/N] ")
    if sys.stdin.readline().strip().lower() in {"y", "yes"}:
        return True
    writing.say("nothing was done\n")
    return False
