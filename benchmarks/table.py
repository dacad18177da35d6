"""The table: one row per promise, the bar beside the figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.measure import Spread

HEADER = ("what", "bar", "runlog", "bare operation", "ratio to bare", "peers: figure, ratio", "met")


@dataclass(frozen=True)
class Row:
    """`met` is none for a row without a bar; `absent` names a peer of the bar that is not here."""

    what: str
    bar: str
    runlog: str
    bare: str = "-"
    ratio: str = "-"
    peers: Sequence[str] = field(default_factory=tuple)
    met: bool | None = None
    absent: str = ""

    def cells(self) -> tuple[str, ...]:
        verdict = {True: "met", False: "**NOT met**", None: "no bar"}[self.met]
        verdict += f" ({self.absent} is absent)" if self.absent else ""
        return (self.what, self.bar, self.runlog, self.bare, self.ratio, "; ".join(self.peers) or "-", verdict)


def render_table(rows: Sequence[Row]) -> str:
    lines = [HEADER, tuple("---" for _ in HEADER), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in line) + " |" for line in lines)


def render_ratio(spread: Spread) -> str:
    return f"{digits(spread.median)}x ({digits(spread.low)} to {digits(spread.high)})"


def render_rate(spread: Spread, unit: str) -> str:
    return f"{digits(spread.median)} {unit}"


def digits(figure: float) -> str:
    """Three significant digits, whole numbers with thousands separators."""
    if abs(figure) >= 1000:
        scale = 10 ** (len(str(int(abs(figure)))) - 3)
        return f"{round(figure / scale) * scale:,}"
    return f"{figure:.3g}" if abs(figure) < 100 else f"{figure:.0f}"
