"""Runs side by side as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from runlog.render.table import Table
from runlog.render.values import any_value, number

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Line(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def values(self) -> tuple[Any, ...]: ...
    @property
    def differs(self) -> bool: ...
    @property
    def best(self) -> tuple[int, ...]: ...


def side_by_side(ids: Sequence[str], lines: Sequence[_Line], short: Mapping[str, str], everything: bool) -> Table:
    """A run a row, a difference a column; with `everything` also what all have in common."""
    shown = [line for line in lines if everything or line.differs or line.kind == "metric"]
    rows = tuple((short[run_id], *(_cell(line, place) for line in shown)) for place, run_id in enumerate(ids))
    right = frozenset(column for column, line in enumerate(shown, 1) if line.kind == "metric")
    strong = frozenset((place, column) for column, line in enumerate(shown, 1) for place in line.best)
    return Table(("run", *(line.key for line in shown)), rows, right, strong)


def _cell(line: _Line, place: int) -> str:
    value = line.values[place]
    return number(value) if line.kind == "metric" else any_value(value)


def as_document(ids: Sequence[str], lines: Sequence[_Line]) -> dict[str, Any]:
    """A comparison as `--json` shows it: every line, whether it differs or not."""
    shown = [
        {"kind": line.kind, "key": line.key, "values": list(line.values), "differs": line.differs, "best": list(line.best)}
        for line in lines
    ]
    return {"runs": list(ids), "lines": shown}
