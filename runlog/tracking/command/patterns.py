"""The files and folders that a pattern means, as `out/**/*.pt`.

As Python's `glob`, but a link to a folder that no word names is not gone into: it may lead in circles, and back to where files
are found already.
"""

from __future__ import annotations

import fnmatch
import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Match:
    """A path that fits, and whether its last part was typed as it is."""

    path: str
    typed: bool

    @property
    def is_not_followed(self) -> bool:
        """Whether it is a link to a folder that a wildcard has found."""
        return not self.typed and os.path.islink(self.path) and os.path.isdir(self.path)


def matches(pattern: str) -> Iterator[Match]:
    """All that fits. A link to a folder in which more might fit is there too, for the caller to tell of it."""
    parts = [part for part in pattern.split("/") if part]
    if parts and pattern.endswith("/"):
        parts.append("")  # then only folders fit
    return _below(Match("/" if pattern.startswith("/") else "", True), parts)


def _below(above: Match, parts: Sequence[str]) -> Iterator[Match]:
    if not parts or above.is_not_followed:
        if above.path:
            yield above
        return
    if above.path and not os.path.isdir(above.path):
        return
    first, *rest = parts
    needed = os.X_OK | os.R_OK if glob.has_magic(first) else os.X_OK
    if above.path and not os.access(above.path, needed):
        yield above  # for the caller to tell of it
    elif first == "**":
        yield from _at_any_depth(above, rest)
    elif glob.has_magic(first):
        for found in _fitting(above.path, first):
            yield from _below(found, rest)
    elif os.path.lexists(path := os.path.join(above.path, first)):
        yield from _below(Match(path, True), rest)


def _at_any_depth(above: Match, rest: Sequence[str]) -> Iterator[Match]:
    if not rest:
        # A folder stands for all that is in it.
        yield from [above] if above.path else _fitting("", "*")
        return
    yield from _below(above, rest)
    for found in _fitting(above.path, "*"):
        if os.path.isdir(found.path):
            yield from _below(found, ["**", *rest])


def _fitting(folder: str, pattern: str) -> Iterator[Match]:
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return
    for name in fnmatch.filter(names, pattern):
        if pattern.startswith(".") or not name.startswith("."):
            yield Match(os.path.join(folder, name), False)
