"""Tables as Markdown, for a pull request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from runlog.render.columns import cut
from runlog.render.table import Table, turned, with_keys

_MOST = 60_000  # characters of a comment on GitHub, less what else is to say in it
_REMARKS = 4_000
_LONGEST = 400  # of a cell, or a remark, where there is much
_WIDE = 12  # columns that can be looked at beside each other
_NAMED = 8
# What Markdown would not show as it is. An underscore inside a word means nothing to it.
_MEANT = re.compile(r"[\\`*<\[\]~|]|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])")
_BREAK = re.compile(r"[\r\n]+")


def escaped(text: str) -> str:
    """A text that Markdown shows as it is, on one line."""
    return _BREAK.sub(" ", _MEANT.sub(r"\\\g<0>", text))


def markdown(table: Table) -> str:
    """A table with all that is in it; what is strong is bold."""
    right = ["--:" if place in table.right else "---" for place in range(len(table.headings))]
    rows = [[_bold(cell, (at, place) in table.strong) for place, cell in enumerate(row)] for at, row in enumerate(table.rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in ([escaped(heading) for heading in table.headings], right, *rows))


def _bold(cell: str, strong: bool) -> str:
    return f"**{escaped(cell)}**" if strong else escaped(cell)


def for_pull_request(table: Table) -> str:
    """The same for something that is looked at, in no more characters than a comment may have: rows as columns or columns in
    several tables where there are too many, and below them what is not shown."""
    text = _folded(table)
    if len(text) <= _MOST:
        return text
    table = table._replace(rows=tuple(tuple(cut(cell, _LONGEST) for cell in row) for row in table.rows))
    order = list(dict.fromkeys((0, *table.first, *table.then, *range(len(table.headings)))))
    rows = len(table.rows)
    columns = _most_that_fits(lambda count: _folded(_part(table, sorted(order[:count]), rows)), len(order))
    if columns < min(_WIDE, len(order)):
        columns = min(_WIDE, len(order))
        rows = _most_that_fits(lambda count: _folded(_part(table, sorted(order[:columns]), count)), rows)
    left_out = [table.headings[place] for place in sorted(order[columns:])]
    return _folded(_part(table, sorted(order[:columns]), rows)) + _left_out(left_out, len(table.rows) - rows, len(table.rows))


def _folded(table: Table) -> str:
    if len(table.headings) <= _WIDE:
        return markdown(table)
    keyed = with_keys(table)
    way = turned(keyed) if len(table.rows) + 1 < len(table.headings) else keyed
    places = range(1, len(way.headings))
    blocks = ([0, *places[at : at + _WIDE - 1]] for at in range(0, len(places), _WIDE - 1))
    return "\n".join(markdown(_part(way, block, len(way.rows))) for block in blocks)


def _part(table: Table, places: Sequence[int], rows: int) -> Table:
    """Some of the columns, and the first rows."""
    at = {place: column for column, place in enumerate(places)}
    return Table(
        tuple(table.headings[place] for place in places),
        tuple(tuple(row[place] for place in places) for row in table.rows[:rows]),
        frozenset(at[place] for place in table.right if place in at),
        frozenset((row, at[place]) for row, place in table.strong if place in at and row < rows),
    )


def _most_that_fits(written: Callable[[int], str], most: int) -> int:
    least, beyond = 0, most + 1
    while beyond - least > 1:
        middle = (least + beyond) // 2
        least, beyond = (middle, beyond) if len(written(middle)) <= _MOST else (least, middle)
    return least


def _left_out(headings: Sequence[str], rows: int, of: int) -> str:
    names = [escaped(cut(heading, _LONGEST // _NAMED)) for heading in headings]
    parts = [f"{rows} of {of} rows"] if rows else []
    parts += names[:_NAMED]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"\nnot shown: {', '.join(parts)}{more}. `--csv` has all of it\n"


def remarks(lines: Iterable[str]) -> str:
    """What else is to say, as a list below the table."""
    found = [f"- {escaped(cut(line, _LONGEST))}\n" for line in lines]
    taken = 0
    for count, line in enumerate(found):
        taken += len(line)
        if taken > _REMARKS:
            return "".join([*found[:count], f"- and {len(found) - count} more\n"])
    return "".join(found)
