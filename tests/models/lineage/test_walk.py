"""Trees out of graphs that are none: circles, diamonds, depths, and whatever else runs tie together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runlog.models.lineage.walk import walk
from runlog.records import RunRecord
from tests.models.lineage.scene import Bytes, drawn, graph, run


def test_a_circle_ends() -> None:
    found = graph(
        run("a", used={"x": ("x", 10)}, made={"y": ("y", 20)}),
        run("b", used={"y": ("y", 30)}, made={"x": ("x", 40)}),
        run("c", used={"x": ("x", 50)}),
    )
    lineage = walk(found, "run:c", None, None)
    assert drawn(lineage.up) == ["file:x", ".run:b", "..file:y", "...run:a", "....file:x see above"]
    assert drawn(lineage.down) == []
    assert drawn(walk(found, "run:a", None, None).up) == ["file:x", ".run:b", "..file:y", "...run:a see above"]


def test_what_two_ways_lead_to_is_shown_once_where_it_is_nearest() -> None:
    found = graph(
        run("raw", made={"r": ("r", 1)}),
        run("prep", used={"r": ("r", 2)}, made={"p": ("p", 3)}),
        run("use", used={"a": ("p", 4), "b": ("r", 4)}),
    )
    up = drawn(walk(found, "run:use", None, None).up)
    assert up == ["file:p", ".run:prep", "..file:r see below", "file:r", ".run:raw"]


def test_a_depth_cuts_what_is_far_and_says_so() -> None:
    found = graph(
        run("raw", made={"r": ("r", 1)}),
        run("prep", used={"r": ("r", 2)}, made={"p": ("p", 3)}),
        run("use", used={"p": ("p", 4)}),
    )
    assert drawn(walk(found, "run:use", 1, None).up) == ["file:p ..."]
    assert drawn(walk(found, "run:use", 2, None).up) == ["file:p", ".run:prep ..."]
    assert drawn(walk(found, "run:use", 4, None).up) == ["file:p", ".run:prep", "..file:r", "...run:raw"]
    lineage = walk(found, "run:use", 1, None)
    assert ([node.id for node in lineage.nodes], len(lineage.edges)) == (["run:use", "file:p"], 1)


def test_of_many_branches_of_a_kind_the_rest_is_a_number() -> None:
    users = [run(f"u{number}", used={"d": ("d", number)}) for number in range(5)]
    found = graph(*users)
    assert drawn(walk(found, "file:d", None, 2).down) == ["run:u0", "run:u1", "3 more"]
    assert len(walk(found, "file:d", None, 2).nodes) == 6
    assert drawn(walk(found, "file:d", None, 5).down) == [f"run:u{number}" for number in range(5)]


def test_one_way_only() -> None:
    found = graph(run("a", made={"x": ("x", 1)}), run("b", used={"x": ("x", 2)}))
    assert drawn(walk(found, "file:x", None, None, (True, False)).up) == ["run:a"]
    assert drawn(walk(found, "file:x", None, None, (True, False)).down) == []
    assert drawn(walk(found, "file:x", None, None, (False, True)).down) == ["run:b"]


def test_a_long_chain_is_no_deep_recursion() -> None:
    chain = [run(f"r{at:04}", used={"x": (f"x{at}", 2 * at + 1)}, made={"x": (f"x{at + 1}", 2 * at + 2)}) for at in range(1500)]
    assert len(walk(graph(*chain), "file:x0", None, None).down) == 2999


HASHES = st.sampled_from("uvwxyz")
TIMES = st.integers(1, 20)
PLACES = st.dictionaries(st.sampled_from("12345"), st.tuples(HASHES, TIMES), max_size=3)
RUNS = st.lists(
    st.tuples(PLACES, PLACES, st.none() | st.integers(0, 6), st.none() | st.integers(0, 6)), min_size=1, max_size=7
)  # fmt: skip


# What a run used and made, of which run it is a part, and which it reproduces.
Parts = tuple[Bytes, Bytes, int | None, int | None]


def records(
    parts: list[Parts],
) -> list[RunRecord]:
    return [
        run(
            f"r{at}",
            used,
            made,
            parent=None if parent is None else f"r{parent}",
            origin={} if copy is None else {"reproduces": f"r{copy}"},
        )
        for at, (used, made, parent, copy) in enumerate(parts)
    ]


def ties(runs: list[RunRecord]) -> set[tuple[str, str]]:
    """All edges, found the slow way."""
    found: set[tuple[str, str]] = set()
    for one in runs:
        found |= {(f"run:{one.parent}", f"run:{one.id}")} if one.parent else set()
        found |= {(f"run:{one.origin['reproduces']}", f"run:{one.id}")} if one.origin else set()
        for used in one.inputs.values():
            found.add((f"file:{used.sha256}", f"run:{one.id}"))
            uses = [other for user in runs for other in user.inputs.values() if other.sha256 == used.sha256]
            for maker in runs:
                is_copy = any(other.sha256 == used.sha256 for other in maker.inputs.values())
                in_time = any(
                    made.sha256 == used.sha256 and made.at <= max(other.at for other in uses) for made in maker.artifacts.values()
                )
                if in_time and not is_copy:
                    found.add((f"run:{maker.id}", f"file:{used.sha256}"))
    return found


@given(RUNS)
def test_all_that_is_tied_is_reached_and_each_thing_is_shown_once(
    parts: list[Parts],
) -> None:
    runs = records(parts)
    edges = ties(runs)
    lineage = walk(graph(*runs), "run:r0", None, None)
    for lines, ahead in ((lineage.up, {(b, a) for a, b in edges}), (lineage.down, edges)):
        reached = {"run:r0"}
        while more := {b for a, b in ahead if a in reached} - reached:
            reached |= more
        shown = [line.node.id for line in lines if line.node and not line.seen]
        whole = {line.node.id for line in lines if line.node}
        assert whole | {"run:r0"} == reached
        # What leads nowhere is a leaf wherever it stands; of all else the branches are drawn once.
        inner = [name for name in shown if any(a == name for a, _ in ahead)]
        assert len(inner) == len(set(inner))
