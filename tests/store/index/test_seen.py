"""What was seen of folders comes back as it was kept, and little is written when little changed."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterator
from contextlib import closing, contextmanager

from hypothesis import given
from hypothesis import strategies as st

from runlog.store.index import place, seen

Runs = dict[str, tuple[int, int]]
STEPS = st.lists(st.dictionaries(st.integers(0, 600), st.none() | st.integers(1, 9), max_size=250), max_size=6)


@contextmanager
def new_index() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as index:
        place._run(index, place._TABLES)
        yield index


def known(runs: Runs, stamp: int) -> seen.Known:
    ids = sorted(runs)
    return seen.Known(stamp, ids, array("q", [time for run in ids for time in runs[run]]))


@given(STEPS)
def test_what_is_kept_is_what_is_there(steps: list[dict[int, int | None]]) -> None:
    """Each step says of some runs that they have another time, come, or go."""
    with new_index() as index:
        others = {f"{number:04d}": (number, 1) for number in range(0, 300, 7)}
        seen.keep(index, "other", known(others, 5), others)
        runs: Runs = {}
        for stamp, step in enumerate(steps, 1):
            for number, time in step.items():
                runs.pop(f"{number:04d}", None)
                if time is not None:
                    runs[f"{number:04d}"] = (time, number)
            seen.keep(index, "e", known(runs, stamp), [f"{number:04d}" for number in step])
            assert seen.load(index) == {"e": known(runs, stamp), "other": known(others, 5)}
            assert seen.runs_of(index, "e") == sorted(runs)
            assert all(len(text) < 4000 for (text,) in index.execute("SELECT runs FROM seen")), "longer than a page"
        seen.forget(index, "other")
        assert "other" not in seen.load(index)
        assert seen.runs_of(index, "other") == []


def test_a_change_costs_a_piece() -> None:
    with new_index() as index:
        runs = {f"{number:05d}": (1, 1) for number in range(10_000)}
        seen.keep(index, "e", known(runs, 1), runs)
        runs |= {"05000": (2, 2), "99999": (2, 2)}
        before = index.total_changes
        seen.keep(index, "e", known(runs, 2), ["05000", "99999"])
        assert index.total_changes - before <= 8
        assert seen.load(index) == {"e": known(runs, 2)}


def test_pieces_that_do_not_fit_are_not_believed() -> None:
    with new_index() as index:
        runs = {f"{number:04d}": (1, 1) for number in range(500)}
        seen.keep(index, "e", known(runs, 1), runs)
        index.execute("UPDATE seen SET stamps = substr(stamps, 17) WHERE first > '0400'")
        assert seen.load(index) == {"e": seen.NOTHING}
