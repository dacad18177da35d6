"""The table of `ls`, out of lines that were made when the runs were read: thousands of rows cost little more than printing them.

A line holds the cells of every metric, tag and param of its run; which of them are columns depends on the other lines.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from runlog.records import is_of_machine
from runlog.render.table import Table
from runlog.render.values import age, any_value, exact, is_numeric, iso, number, shortened, tag_value

if TYPE_CHECKING:
    from runlog.records import RunRecord


# What other columns are called.
_ABOUT = frozenset({"run", "experiment", "name", "state", "started", "took"})


class Line(NamedTuple):
    """A run in a listing. `shape` names its metrics, tags and params, one line of tab-separated names for each; `cells` are
    its state, how long it took, and its metrics, tags and params in the order of the shape."""

    id: str
    experiment: str
    name: str
    created_at: int
    shape: str
    cells: str


def line(run: RunRecord) -> Line:
    """The line of a run."""
    from runlog.render.runs import state, took

    shape = "\n".join(("\t".join(run.metrics), "\t".join(run.tags), "\t".join(run.params)))
    cells = [
        any_value(state(run)),
        took(run),
        *(exact(metric.last) for metric in run.metrics.values()),
        *map(tag_value, run.tags.values()),
        *map(any_value, run.params.values()),
    ]
    return Line(run.id, run.experiment, run.name or "", run.created_at, shape, "\t".join(cells))


def listing(
    lines: Sequence[Line],
    ids: Sequence[str],
    *,
    relative: bool = False,
    precise: bool = True,
    about: Sequence[tuple[str, str]] = (),
    known: Callable[[Table], Collection[str]] | None = None,
) -> Table:
    """Which run and how it went, what it reached, then what differs between the runs. `relative` is for people in front of a
    screen: times are ages, and a column that says nothing is left out. Unless `precise`, numbers have the digits that matter.
    What the question is `about`, by kind and name, is shown before other metrics, tags and params, and then the metrics of
    which it is `known` whether more is better, which is asked of the table."""
    shapes = Counter(line.shape for line in lines)
    names = {shape: [part.split("\t") if part else [] for part in shape.split("\n")] for shape in shapes}
    metrics, tags, params = (_common_first(names, shapes, kind) for kind in range(3))
    metrics = [name for name in metrics if not is_of_machine(name)]
    cells = _columns(lines, {shape: _picker(names[shape], metrics, tags, params) for shape in shapes})
    columns = [("run", ids, False)]
    if not relative or len({line.experiment for line in lines}) > 1:
        columns.append(("experiment", [line.experiment for line in lines], False))
    if not relative or any(line.name for line in lines):
        columns.append(("name", [line.name for line in lines], False))
    columns.append(("state", cells[0], False))
    columns.append(("started", [_started(line.created_at, relative) for line in lines], False))
    columns.append(("took", cells[1], True))
    headings = _headings(metrics=metrics, tags=tags, params=params)
    for place, name in enumerate(headings[: len(metrics)], 2):
        columns.append((name, cells[place] if precise else [_short(cell) for cell in cells[place]], True))
    for place, name in enumerate(headings[len(metrics) :], 2 + len(metrics)):
        if _differs(cells[place]):
            is_param = place >= 2 + len(metrics) + len(tags)
            texts = shortened(cells[place]) if is_param and not precise else cells[place]
            columns.append((name, texts, is_param and is_numeric(texts)))
    titles, texts, right = zip(*columns, strict=True)
    numbers = frozenset(place for place, is_number in enumerate(right) if is_number)
    kinds = [("metric", name) for name in metrics] + [("tag", name) for name in tags] + [("param", name) for name in params]
    table = Table(titles, tuple(zip(*texts, strict=True)), numbers)
    return _in_order(table, dict(zip(kinds, headings, strict=True)), about, known(table) if known else ())


def _in_order(
    table: Table, named: Mapping[tuple[str, str], str], about: Sequence[tuple[str, str]], known: Collection[str]
) -> Table:
    """The table with what of it a narrow screen shows first."""
    metrics = [(name, heading) for (kind, name), heading in named.items() if kind == "metric"]
    telling = [heading for name, heading in metrics if name in known] or [heading for _, heading in metrics[:1]]
    return table._replace(
        first=_places(table, "run", "name", "state", *(named[name] for name in about if name in named), *telling[:1]),
        then=_places(table, "started", "experiment", "took", *telling[1:]),
        whole=frozenset(_places(table, "run", "state")),
    )


def _places(table: Table, *headings: str) -> tuple[int, ...]:
    return tuple(table.headings.index(heading) for heading in dict.fromkeys(headings) if heading in table.headings)


def _headings(**kinds: list[str]) -> list[str]:
    """Names of all kinds; where several kinds have one, or every run has something of that name, it is said which is which."""
    counts = Counter(name for names in kinds.values() for name in names)
    return [f"{kind}.{name}" if counts[name] > 1 or name in _ABOUT else name for kind, names in kinds.items() for name in names]


def _common_first(names: dict[str, list[list[str]]], shapes: Counter[str], kind: int) -> list[str]:
    """Names by how many runs have them, for the first columns are the ones a narrow screen shows."""
    counts: Counter[str] = Counter()
    for shape, runs in shapes.items():
        for name in names[shape][kind]:
            counts[name] += runs
    return sorted(counts, key=lambda name: -counts[name])


def _picker(names: list[list[str]], *wanted: list[str]) -> Callable[[list[str]], Any]:
    """Takes a line's cells in the order of the columns. What a run does not have is the last, empty cell."""
    places = [0, 1]
    before = 2
    for own, columns in zip(names, wanted, strict=True):
        known = {name: place for place, name in enumerate(own, before)}
        places += [known.get(name, -1) for name in columns]
        before += len(own)
    return itemgetter(*places)


def _columns(lines: Sequence[Line], pickers: dict[str, Callable[[list[str]], Any]]) -> list[tuple[str, ...]]:
    rows = [pickers[line.shape](f"{line.cells}\t".split("\t")) for line in lines]
    return list(zip(*rows, strict=True)) if rows else [(), ()]


def _differs(cells: Sequence[str]) -> bool:
    """Whether a column says something that its first cell does not say; of a single run, everything does."""
    return len(cells) < 2 or cells.count(cells[0]) < len(cells)


def _short(cell: str) -> str:
    return number(float(cell)) if cell else ""


def _started(created_at: int, relative: bool) -> str:
    return age(time.time() - created_at / 1e9) if relative else iso(created_at)
