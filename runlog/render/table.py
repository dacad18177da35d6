"""A table as text: aligned on a terminal, tab-separated in a pipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table as RichTable


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under headings. `strong` are the (row, column) of cells to bring out, `right` the columns of numbers."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    strong: frozenset[tuple[int, int]] = frozenset()


def plain(table: Table) -> str:
    """Tab-separated, nothing cut, for other programs."""
    lines = ["\t".join(table.headings), *("\t".join(row) for row in table.rows)]
    return "\n".join(lines) + "\n"


def csv(table: Table) -> str:
    """Comma-separated, for spreadsheets."""
    import csv as writing
    import io

    buffer = io.StringIO()
    writer = writing.writer(buffer, lineterminator="\n")
    writer.writerow(table.headings)
    writer.writerows(table.rows)
    return buffer.getvalue()


def markdown(table: Table) -> str:
    """A table for a pull request; what is strong is bold."""
    lines = [table.headings, tuple("--:" if place in table.right else "---" for place in range(len(table.headings)))]
    for at, row in enumerate(table.rows):
        cells = (cell.replace("|", "\\|").replace("\n", " ") for cell in row)
        lines.append(tuple(f"**{cell}**" if (at, place) in table.strong else cell for place, cell in enumerate(cells)))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def turned(table: Table) -> Table:
    """Rows as columns: for few things of which much is known."""
    headings = (table.headings[0], *(row[0] for row in table.rows))
    rows = tuple((heading, *(row[place] for row in table.rows)) for place, heading in enumerate(table.headings) if place)
    strong = frozenset((column - 1, row + 1) for row, column in table.strong)
    return Table(headings, rows, frozenset(range(1, len(headings))), strong)


def best_way(table: Table, width: int) -> Table:
    """As it is if all of it fits, else turned if that fits, else the way that shows more."""
    if _fitting(table, width) == len(table.headings):
        return table
    other = turned(table)
    return other if _fitting(other, width) > _fitting(table, width) / 2 else table


def pretty(table: Table, width: int, colour: bool) -> str:
    """Aligned for people. Columns that do not fit are left out from the right, and a last line names them."""
    from rich.console import Console

    fitting = _fitting(table, width)
    console = Console(width=width, force_terminal=colour, no_color=not colour, highlight=False, soft_wrap=False)
    with console.capture() as capture:
        console.print(_rich_table(table, fitting))
        left_out = table.headings[fitting:]
        if left_out:
            console.print(f"not shown: {', '.join(left_out)}", style="dim", markup=False)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def _rich_table(table: Table, fitting: int) -> RichTable:
    from rich import table as rich_tables
    from rich.text import Text

    drawn = rich_tables.Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for place, heading in enumerate(table.headings[:fitting]):
        last = place == fitting - 1
        drawn.add_column(
            Text(heading), justify="right" if place in table.right else "left", no_wrap=not last, overflow="ellipsis"
        )
    starred = {place for _, place in table.strong if place in table.right}
    for at, row in enumerate(table.rows):
        cells = [
            # The others keep the star's place free, so that numbers stay in line.
            Text(f"{cell} *", style="bold green")
            if (at, place) in table.strong
            else Text(f"{cell}  " if place in starred else cell)
            for place, cell in enumerate(row[:fitting])
        ]
        drawn.add_row(*cells)
    return drawn


def _fitting(table: Table, width: int) -> int:
    """How many columns fit, at least two."""
    from rich.cells import cell_len

    used = 0
    for place, heading in enumerate(table.headings):
        cells = [cell_len(row[place]) + 2 * ((at, place) in table.strong) for at, row in enumerate(table.rows)]
        used += max([cell_len(heading), *(min(40, cell) for cell in cells)]) + 2
        if used - 2 > width:
            return max(2, place)
    return len(table.headings)
