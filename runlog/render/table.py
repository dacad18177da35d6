"""A table as text: aligned on a terminal, tab-separated in a pipe."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from runlog.render.columns import cut, cut_inside, padded, shown, width

_GAP = "  "
_WIDEST, _NARROWEST = 40, 10  # of a column that holds text, as far as the screen's width decides
_LEGIBLE = 16  # of a column that is shown first, before others are shown at all
# Numbers, curves and ids.
_WHOLE = re.compile(r"(?:[-+0-9.,%()*×▁-█±~ ]|e[-+]?[0-9]|inf|nan)*|[0-9]{8}-[0-9]{6}-[0-9a-z]{6}")
_LONGEST = 120  # lines of a table that is folded
_BOLD, _BEST, _DIM, _PLAIN = "\x1b[1m", "\x1b[1;32m", "\x1b[2m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under headings. `strong` are the (row, column) of cells to bring out, `right` the columns of numbers,
    `first` those that a narrow screen shows before all others, the most important one first, and `then` the next ones; of
    `whole` columns no cell is cut."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    strong: frozenset[tuple[int, int]] = frozenset()
    first: tuple[int, ...] = ()
    then: tuple[int, ...] = ()
    whole: frozenset[int] = frozenset()


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
        lines.append(tuple(f"**{cell}**" if (at, place) in table.strong else cell for place, cell in enumerate(row)))
    rows = (" | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) for line in lines)
    return "".join(f"| {row} |\n" for row in rows)


def turned(table: Table) -> Table:
    """Rows as columns: for few things of which much is known."""
    headings = (table.headings[0], *(row[0] for row in table.rows))
    rows = tuple((heading, *(row[place] for row in table.rows)) for place, heading in enumerate(table.headings) if place)
    strong = frozenset((column - 1, row + 1) for row, column in table.strong)
    return Table(headings, rows, frozenset(range(1, len(headings))), strong)


class _Column(NamedTuple):
    """A column as it is shown: its cells may be wider than it is."""

    heading: str
    cells: Sequence[str]
    right: bool
    width: int


def pretty(table: Table, most: int, colour: bool) -> str:
    """Aligned for people. Columns that do not fit are left out, and a last line names them."""
    columns = _with_room(table, _columns(table, most), table.first, most, _LEGIBLE)
    order = list(dict.fromkeys((*table.first, *table.then, *range(len(columns)))))
    fitting = _fitting([columns[place] for place in order], most)
    chosen = sorted(order[:fitting])
    block = _block(table, _with_room(table, columns, chosen, most), chosen, colour)
    return block + _left_out([columns[place].heading.rstrip() for place in sorted(order[fitting:])], most, colour)


def folded(table: Table, most: int, colour: bool) -> str:
    """Aligned for people, with nothing left out as long as that can be looked at: as it is if all of it fits, else turned if
    that fits, else folded into blocks below each other that all begin with the first column."""
    other = turned(table)
    for way in (table, other):
        columns = _columns(way, most)
        if _fitting(columns, most) == len(columns):
            return _block(way, columns, range(len(columns)), colour)
    way = other if _height(other, most) <= _LONGEST < _height(table, most) else table
    columns = _columns(way, most)
    blocks = _folds(columns, most)
    taken = list(islice(blocks, max(1, _LONGEST // (len(way.rows) + 2))))
    rest = [columns[place].heading.rstrip() for block in blocks for place in block[1:]]
    return "\n".join(_block(way, columns, block, colour) for block in taken) + _left_out(rest, most, colour)


def _height(table: Table, most: int) -> int:
    """Lines of a table that is folded."""
    return sum(len(table.rows) + 2 for _ in _folds(_columns(table, most), most))


def _folds(columns: Sequence[_Column], most: int) -> Iterator[list[int]]:
    """The columns of each block, the first one in all of them."""
    place = 1
    while place < len(columns):
        count = _fitting([columns[0], *columns[place:]], most) - 1
        yield [0, *range(place, place + count)]
        place += count


def _columns(table: Table, most: int) -> list[_Column]:
    """The columns with the stars of what is best, each as wide as it may be."""
    found = [_column(table, place) for place in range(len(table.headings))]
    cap = _WIDEST if _width(found) <= most else max(_NARROWEST, min(_WIDEST, most // 5))
    return [_capped(table, place, column, cap) for place, column in enumerate(found)]


def _capped(table: Table, place: int, column: _Column, cap: int) -> _Column:
    return column if place in table.whole else _narrowed(column, cap)


def _with_room(table: Table, columns: list[_Column], chosen: Sequence[int], most: int, widest: int = _WIDEST) -> list[_Column]:
    """The columns with those that are shown as wide as there is room for, now that it is known which are."""
    whole = {place: _column(table, place) for place in chosen}
    for cap in range(widest, _NARROWEST, -1):
        wider = {place: _capped(table, place, column, cap) for place, column in whole.items()}
        grown = all(wider[place].width >= columns[place].width for place in chosen)
        if grown and _width(list(wider.values())) <= most:
            return [wider.get(place, column) for place, column in enumerate(columns)]
    return columns


def _column(table: Table, place: int) -> _Column:
    cells = [shown(row[place]) for row in table.rows]
    heading = shown(table.headings[place])
    best = {at for at, column in table.strong if column == place}
    if best and place in table.right:
        # The others keep the star's place free, so that numbers stay in line.
        cells = [f"{cell} *" if at in best else f"{cell}  " for at, cell in enumerate(cells)]
        heading += "  "
    return _Column(heading, cells, place in table.right, max(map(width, [heading, *cells])))


def _narrowed(column: _Column, cap: int) -> _Column:
    """A column with its words cut. What would mean something else when it is cut is left whole."""
    if column.width <= cap:
        return column
    least = max((width(cell) for cell in column.cells if _WHOLE.fullmatch(cell)), default=0)
    allowed = min(column.width, max(least, cap))
    return column._replace(heading=cut_inside(column.heading, allowed), width=allowed)


def _width(columns: Sequence[_Column]) -> int:
    """Of a whole line."""
    return sum(column.width for column in columns) + len(_GAP) * (len(columns) - 1)


def _fitting(columns: Sequence[_Column], most: int) -> int:
    """How many columns fit, at least two."""
    used = 0
    for place, column in enumerate(columns):
        used += column.width + (len(_GAP) if place else 0)
        if used > most and place >= 2:
            return place
    return len(columns)


def _block(table: Table, columns: Sequence[_Column], places: Sequence[int], colour: bool) -> str:
    """Some columns as lines."""
    shown_columns = [columns[place] for place in places]
    lines = [_GAP.join(_styled(padded(column.heading, column.width, column.right), _BOLD, colour) for column in shown_columns)]
    for at in range(len(table.rows)):
        cells = (
            _styled(
                padded(cut(column.cells[at], column.width), column.width, column.right),
                _BEST if (at, place) in table.strong else "",
                colour,
            )
            for place, column in zip(places, shown_columns, strict=True)
        )
        lines.append(_GAP.join(cells))
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _styled(text: str, style: str, colour: bool) -> str:
    return f"{style}{text}{_PLAIN}" if colour and style else text


def _left_out(headings: Sequence[str], most: int, colour: bool) -> str:
    """One line that names what is not shown, as far as it goes."""
    if not headings:
        return ""
    line = "not shown: "
    for place, heading in enumerate(headings):
        rest = len(headings) - place
        more = f"{', ' if place else ''}{cut_inside(heading, 24)}"
        end = f" and {rest - 1} more" if rest > 1 else ""
        if place and width(line + more + end) > most:
            line += f" and {rest} more"
            break
        line += more
    return _styled(cut(line, most), _DIM, colour) + "\n"
