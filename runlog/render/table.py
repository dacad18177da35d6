"""A table as text: aligned on a terminal, tab-separated in a pipe."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, zip_longest
from typing import NamedTuple

from runlog.render.apart import MIDDLES, cut_apart, told_apart
from runlog.render.columns import cut, padded, shown, width

_GAP = "  "
_WIDEST, _NARROWEST = 40, 10  # of a column that holds text, as far as the screen's width decides
_NAME = 24  # of what is not shown
_LEGIBLE = 16  # of a column that is shown first, before others are shown at all
# Numbers, how many they are of, curves and ids.
_WHOLE = re.compile(r"(?:[-+0-9.,%()*×▁-█±~ ]|e[-+]?[0-9]|inf|nan| of (?=[0-9]))*|[0-9]{8}-[0-9]{6}-[0-9a-z]{6}")
_STAR = " *"
_BESIDE = 200  # rows: who looks at more of them reads no two beside each other, and their cells are cut plainly
_LONGEST = 120  # lines of a table that is folded
_BOLD, _BEST, _DIM, _PLAIN = "\x1b[1m", "\x1b[1;32m", "\x1b[2m", "\x1b[0m"


class Table(NamedTuple):
    """Rows of cells under headings. `strong` are the (row, column) of cells to bring out, `right` the columns of numbers,
    `first` those that a narrow screen shows before all others, the most important one first, and `then` the next ones; of
    `whole` columns no cell is cut. What is alike stands below each other, or in rows where they are `turned`. Rows that are
    `beside` each other or mean little are not folded into blocks of one each. `joined` columns belong to the one before them,
    with what they are called where they stand beside it."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    strong: frozenset[tuple[int, int]] = frozenset()
    first: tuple[int, ...] = ()
    then: tuple[int, ...] = ()
    whole: frozenset[int] = frozenset()
    turned: bool = False
    beside: bool = False
    joined: Mapping[int, str] = {}


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


def turned(table: Table) -> Table:
    """Rows as columns: for few things of which much is known."""
    headings = (table.headings[0], *(row[0] for row in table.rows))
    rows = tuple((heading, *(row[place] for row in table.rows)) for place, heading in enumerate(table.headings) if place)
    strong = frozenset((column - 1, row + 1) for row, column in table.strong)
    return Table(headings, rows, frozenset(range(1, len(headings))), strong, turned=True)


def with_keys(table: Table) -> Table:
    """The same with a first column that tells the rows apart."""
    if len({row[0] for row in table.rows}) == len(table.rows):
        return table
    rows = tuple((str(at), *row) for at, row in enumerate(table.rows, 1))
    strong = frozenset((at, place + 1) for at, place in table.strong)
    right, whole = (frozenset(place + 1 for place in places) for places in (table.right, table.whole))
    first, then = (tuple(place + 1 for place in places) for places in (table.first, table.then))
    joined = {place + 1: heading for place, heading in table.joined.items()}
    return Table(("#", *table.headings), rows, right | {0}, strong, first, then, whole, beside=table.beside, joined=joined)


def _short(table: Table) -> Table:
    """With the short headings of what is joined."""
    return table._replace(headings=tuple(table.joined.get(place, heading) for place, heading in enumerate(table.headings)))


class _Column(NamedTuple):
    """A column, and how wide it is shown; its heading and cells may be wider, up to `full`. What is no narrower than `least`
    has its figures whole. At its end there may be room for stars."""

    heading: str
    cells: Sequence[str]
    right: bool
    width: int
    star: int
    full: int
    least: int


def pretty(table: Table, most: int, colour: bool) -> str:
    """Aligned for people. Columns that do not fit are left out, and a last line names them."""
    raw = _raw(table)
    columns = _with_room(table, raw, _columns(table, raw, most), table.first, most, _LEGIBLE)
    order = list(dict.fromkeys((*table.first, *table.then, *range(len(columns)))))
    fitting = _fitting([columns[place] for place in order], most)
    chosen = sorted(order[:fitting])
    block = _block(table, _with_room(table, raw, columns, chosen, most), chosen, colour)
    return block + _left_out(table, sorted(order[fitting:]), most, colour)


def fits(table: Table, most: int) -> bool:
    """Whether all of it can be shown with nothing cut."""
    return _width(_raw(table)) <= most


def folded(table: Table, most: int, colour: bool) -> str:
    """Aligned for people, with nothing left out as long as that can be looked at: as it is if all of it fits, else turned if
    that fits, else folded into blocks below each other that all begin with the first column."""
    keyed = with_keys(table)
    down, across = _sized(_short(table), most), _sized(turned(_short(keyed)), most)
    for way in (down, across):
        if _fitting(way.columns, most) == len(way.columns):
            return _block(way.table, way.columns, range(len(way.columns)), colour)
    if keyed is not table:
        down = _sized(_short(keyed), most)
    can_turn = _fitting(across.columns, most) > 2 or not table.beside
    way = across if can_turn and _height(across, most) <= _LONGEST < _height(down, most) else down
    order = _with_share(way, most, max(1, _LONGEST // (len(way.table.rows) + 2)))
    taken = _folds(way, order, most)
    there = {0, *order}
    rest = [place for place in dict.fromkeys((*way.table.first, *range(len(way.columns)))) if place not in there]
    named = _sized(keyed, most) if way.table.joined else way
    ways = ((named if places[1] in way.table.joined else way, places) for places in taken)
    return "\n".join(_fold(of, places, most, colour) for of, places in ways) + _left_out(named.table, rest, most, colour)


class _Sized(NamedTuple):
    """A table with its columns as wide as what is in them, and as wide as they may be."""

    table: Table
    raw: list[_Column]
    columns: list[_Column]


def _sized(table: Table, most: int) -> _Sized:
    raw = _raw(table)
    return _Sized(table, raw, _columns(table, raw, most))


def _height(way: _Sized, most: int) -> int:
    """Lines of a table that is folded."""
    return sum(len(way.table.rows) + 2 for _ in _folds(way, range(1, len(way.columns)), most))


def _folds(way: _Sized, order: Sequence[int], most: int) -> Iterator[list[int]]:
    """The columns of each block, the first one in all of them. What belongs to a column is in its block, else in one alone."""
    joined = way.table.joined
    place = 0
    while place < len(order):
        count = _fitting([way.columns[at] for at in (0, *order[place : place + most])], most) - 1
        if order[place] in joined:
            count = 1
        elif count > 1 and any(at in joined for at in order[place + count : place + count + 1]):
            count -= 1
        yield [0, *order[place : place + count]]
        place += count


def _fold(way: _Sized, places: Sequence[int], most: int, colour: bool) -> str:
    return _block(way.table, _with_room(way.table, way.raw, way.columns, places, most), places, colour)


def _with_share(way: _Sized, most: int, blocks: int) -> list[int]:
    """The columns that so many blocks have room for. Where that is not all of them, those that come first share it with the
    others, and stand before them."""
    everything = range(1, len(way.columns))
    first = [place for place in way.table.first if place]
    others = set(everything).difference(first)

    def fit(order: Sequence[int]) -> bool:
        return len(list(islice(_folds(way, order, most), blocks + 1))) <= blocks

    if fit(everything):
        return list(everything)
    in_turn = [place for pair in zip_longest(first, sorted(others)) for place in pair if place is not None]
    order: list[int] = []
    for count in range(1, len(in_turn) + 1):
        wider = sorted(in_turn[:count], key=others.__contains__)
        if not fit(wider):
            break
        order = wider
    return order


def _raw(table: Table) -> list[_Column]:
    """The columns as wide as what is in them."""
    return [_column(table, place) for place in range(len(table.headings))]


def _columns(table: Table, raw: Sequence[_Column], most: int) -> list[_Column]:
    """The columns, each as wide as it may be."""
    cap = _WIDEST if _width(raw) <= most else max(_NARROWEST, min(_WIDEST, most // 5))
    found = _legible(table, [_narrowed(column, cap) for column in raw], range(len(raw)), most)
    return [found[place] for place in range(len(raw))]


def _with_room(
    table: Table, raw: Sequence[_Column], columns: list[_Column], chosen: Sequence[int], most: int, widest: int = _WIDEST
) -> list[_Column]:
    """The columns with those that are shown as wide as there is room for, now that it is known which are."""
    others = [column._replace(width=columns[place].width) for place, column in enumerate(raw)]
    fitting: dict[int, _Column] = {}

    def fits(cap: int) -> bool:
        nonlocal fitting
        wider = {place: _narrowed(raw[place], cap) for place in chosen}
        if _width(list(wider.values())) > most:
            return False
        found = _legible(table, [wider.get(place, column) for place, column in enumerate(others)], chosen, most)
        if _width(list(found.values())) > most:
            return False
        fitting = found
        return True

    bisect_left(range(widest, _NARROWEST, -1), True, key=fits)
    grown = all(column.width >= columns[place].width for place, column in fitting.items())
    return [fitting.get(place, column) if grown else column for place, column in enumerate(columns)]


def _column(table: Table, place: int) -> _Column:
    cells = [shown(row[place]) for row in table.rows]
    heading = shown(table.headings[place])
    # The others keep the star's place free, so that numbers stay in line.
    star = len(_STAR) if place in table.right and any(column == place for _, column in table.strong) else 0
    most = max(map(width, [heading, *cells])) + star
    least = most if place in table.whole or most <= _NARROWEST else _least(cells) + star
    return _Column(heading, cells, place in table.right, most, star, most, least)


def _least(cells: Sequence[str]) -> int:
    """The width of what would mean something else when it is cut."""
    return max((width(cell) for cell in cells if _WHOLE.fullmatch(cell)), default=0)


def _narrowed(column: _Column, cap: int) -> _Column:
    """A column for words that are cut."""
    allowed = max(column.least, cap)
    return column._replace(width=allowed) if allowed < column.width else column


def _legible(table: Table, columns: Sequence[_Column], chosen: Sequence[int], most: int) -> dict[int, _Column]:
    """Those that are chosen of some columns, with headings and cells cut so that they can be told from all others, and what
    cannot be cut in several lines."""
    first = columns[0]
    if first.width < first.full:
        first = _with_cells(first, _cut_cells(first.cells, _room(first), most // 2))
    widest = max(_NARROWEST, most - first.width - len(_GAP))
    columns = [first, *(_in_lines(column, widest) if column.width > widest else column for column in columns[1:])]
    # No name is so important that a state beside it is not shown.
    stays = sum(columns[place].width + len(_GAP) for place in table.whole.intersection(table.first) if place)
    room = max(_NARROWEST, widest - stays)
    cells = _cut_across(columns, chosen, widest) if table.turned else _cut_down(columns, chosen, room)
    found = {place: _with_cells(columns[place], cells[place]) if place else first for place in chosen}
    headings = _cut_row(
        [column.heading for column in columns], {place: _room(found[place]) for place in chosen}, widest, _cut_names
    )
    return {
        place: column._replace(heading=headings[place], width=max(column.width, width(headings[place]) + column.star))
        for place, column in found.items()
    }


def _cut_down(columns: Sequence[_Column], chosen: Sequence[int], widest: int) -> dict[int, Sequence[str]]:
    return {place: _cut_column(columns[place], widest) for place in chosen if place}


def _cut_column(column: _Column, widest: int) -> Sequence[str]:
    return column.cells if column.width >= column.full else _cut_beside(column.cells, _room(column), widest)


def _cut_beside(cells: Sequence[str], room: int, widest: int) -> list[str]:
    if len(cells) <= _BESIDE:
        return _cut_cells(cells, room, widest)
    return [cell if "\n" in cell else cut(cell, max(room, _NARROWEST)) for cell in cells]


def _cut_across(columns: Sequence[_Column], chosen: Sequence[int], widest: int) -> dict[int, Sequence[str]]:
    rooms = {place - 1: _room(columns[place]) for place in chosen if place}
    rows = [_cut_row(cells, rooms, widest, _cut_beside) for cells in zip(*(column.cells for column in columns[1:]), strict=True)]
    return {place + 1: [row[place] for row in rows] for place in rooms}


def _room(column: _Column) -> int:
    """Columns for the texts themselves."""
    return column.width - column.star


def _in_lines(column: _Column, most: int) -> _Column:
    """A column of what cannot be cut, each cell in as many lines as it takes."""
    cells = [_broken(cell, most - column.star) if _WHOLE.fullmatch(cell) else cell for cell in column.cells]
    whole = (line for cell in cells if _WHOLE.fullmatch(cell.replace("\n", " ")) for line in cell.split("\n"))
    return column._replace(cells=cells, width=max(map(width, whole), default=0) + column.star)


def _broken(figures: str, most: int) -> str:
    """Figures in lines, each with what is in its brackets where there is room."""
    groups = re.split(r" (?=\()", figures)
    lines: list[str] = []
    for piece in (piece for group in groups for piece in ([group] if len(group) <= most else group.split(" "))):
        if lines and len(lines[-1]) + 1 + len(piece) <= most:
            lines[-1] += f" {piece}"
        else:
            lines.append(piece)
    return "\n".join(lines)


def _cut_cells(cells: Sequence[str], room: int, widest: int) -> list[str]:
    """What is alike, cut so that it can be told apart; what is in lines is left as it is."""
    texts = told_apart(["" if "\n" in cell else cell for cell in cells], room, widest)
    return [cell if "\n" in cell else text for cell, text in zip(cells, texts, strict=True)]


def _cut_names(names: Sequence[str], room: int, widest: int) -> list[str]:
    return told_apart(names, room, widest, MIDDLES)


def _cut_row(
    cells: Sequence[str], rooms: Mapping[int, int], widest: int, cutting: Callable[[Sequence[str], int, int], list[str]]
) -> dict[int, str]:
    """What is alike in columns of several widths, some of which are shown."""
    found = {room: cutting(cells, room, widest) for room in set(rooms.values())}
    return {place: found[room][place] for place, room in rooms.items()}


def _with_cells(column: _Column, cells: Sequence[str]) -> _Column:
    if cells is column.cells:
        return column
    lines = (line for cell in cells for line in cell.split("\n"))
    return column._replace(cells=cells, width=max([column.width, *(width(line) + column.star for line in lines)]))


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
    lines = [_GAP.join(_styled(_heading(column), _BOLD, colour) for column in shown_columns)]
    for at in range(len(table.rows)):
        cells = [_cell(columns[place], at, (at, place) in table.strong, colour) for place in places]
        for line in zip_longest(*cells):
            lines.append(_GAP.join(text or " " * column.width for text, column in zip(line, shown_columns, strict=True)))
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _heading(column: _Column) -> str:
    return padded(f"{column.heading}{' ' * column.star}", column.width, column.right)


def _cell(column: _Column, at: int, strong: bool, colour: bool) -> list[str]:
    """The lines of a cell."""
    first, *others = column.cells[at].split("\n")
    blank = " " * column.star
    texts = [first + (_STAR if strong and column.star else blank), *(f"{line}{blank}" for line in others)]
    return [_styled(padded(text, column.width, column.right), _BEST if strong else "", colour) for text in texts]


def _styled(text: str, style: str, colour: bool) -> str:
    return f"{style}{text}{_PLAIN}" if colour and style else text


def _left_out(table: Table, places: Sequence[int], most: int, colour: bool) -> str:
    """One line that names what is not shown, as far as it goes."""
    if not places:
        return ""
    line = "not shown: "
    room = max(_NARROWEST, min(_NAME, most - len(line) - len(f" and {len(places)} more")))
    headings = [shown(heading) for heading in table.headings]
    names = cut_apart(headings, dict.fromkeys(headings, room), MIDDLES) or headings
    for at, place in enumerate(places):
        rest = len(places) - at
        more = f"{', ' if at else ''}{names[place]}"
        end = f" and {rest - 1} more" if rest > 1 else ""
        if at and width(line + more + end) > most:
            line += f" and {rest} more"
            break
        line += more
    return _styled(cut(line, most), _DIM, colour) + "\n"
