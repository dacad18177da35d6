"""What ties runs to each other: bytes, parents, reproductions, code."""

from __future__ import annotations

import hashlib

from runlog.models.lineage.node import Edge
from runlog.records import Artifact, Input, Process
from tests.models.gate.scene import run as bare
from tests.models.lineage.scene import graph, run


def test_what_one_made_and_another_used_ties_them() -> None:
    found = graph(run("make", made={"out/x.csv": ("x", 1)}), run("use", used={"renamed": ("x", 2)}))
    assert found.above("run:use") == [Edge("file:x", "run:use", "used")]
    assert found.above("file:x") == [Edge("run:make", "file:x", "made")]
    assert found.below("run:make") == [Edge("run:make", "file:x", "made")]
    assert found.below("file:x") == [Edge("file:x", "run:use", "used")]
    assert found.node("file:x")[:4] == ("file:x", "artifact", "make/out/x.csv", "10 B")


def test_data_that_nobody_made_is_data() -> None:
    found = graph(run("use", used={"train": ("x", 2)}))
    assert found.above("file:x") == []
    assert found.node("file:x")[:4] == ("file:x", "data", "train", "data/train, 10 B")


def test_a_copy_that_was_logged_later_is_not_where_data_comes_from() -> None:
    late = graph(run("use", used={"d": ("x", 1)}), run("log", made={"d": ("x", 2)}))
    assert late.above("file:x") == []
    own = graph(run("both", used={"d": ("x", 1)}, made={"d": ("x", 2)}), run("use", used={"d": ("x", 3)}))
    assert own.above("file:x") == []
    asked = graph(run("use", used={"d": ("x", 1)}), run("log", made={"d": ("x", 2)}), also={"x": 0})
    assert asked.above("file:x") == [Edge("run:log", "file:x", "made")]


def test_the_clock_of_another_machine_may_be_ahead() -> None:
    minute = 60 * 10**9
    elsewhere = run("make", made={"d": ("x", 5 * minute)}, process=Process(0, 0, "node8", "", "", "ada"))
    assert graph(run("use", used={"d": ("x", minute)}), elsewhere).above("file:x") == [Edge("run:make", "file:x", "made")]
    later = run("make", made={"d": ("x", 50 * minute)}, process=Process(0, 0, "node8", "", "", "ada"))
    assert graph(run("use", used={"d": ("x", minute)}), later).above("file:x") == []


def test_all_who_made_the_same_bytes_in_time_are_named_the_first_one_first() -> None:
    found = graph(run("b", made={"m": ("x", 2)}), run("a", made={"m": ("x", 1)}), run("use", used={"m": ("x", 3)}))
    assert [edge.source for edge in found.above("file:x")] == ["run:a", "run:b"]
    assert found.node("file:x").label == "a/m"


def test_empty_files_tie_nobody() -> None:
    empty = hashlib.sha256(b"").hexdigest()
    maker = bare("a", id="a", artifacts={"e": Artifact("e", 0, empty, 1, "e")})
    user = bare("b", id="b", inputs={"e": Input("e", "e", 0, empty, 1, 2)})
    assert graph(maker, user).above(f"file:{empty}") == []
    assert graph(maker, user).below(f"file:{empty}") == []
    asked = graph(maker, user, also={empty: 0})
    assert asked.above(f"file:{empty}") == [Edge("run:a", f"file:{empty}", "made")]
    assert (asked.node(f"file:{empty}").label, asked.below(f"file:{empty}")) == ("a/e", [])


def tree(files: dict[str, str]) -> str:
    """The hash of a folder, as docs/format.md tells it."""
    lines = (f"{files[name]} 10 {name}\n" for name in sorted(files, key=lambda name: name.split("/")))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def test_a_folder_that_was_logged_and_used_ties_them() -> None:
    files = {"a.txt": "1", "a/b.txt": "2", "z": "3"}
    maker = run("make", made={f"out/data/{name}": (sha, 1) for name, sha in files.items()} | {"out/other": ("4", 1)})
    user = bare("use", id="use", inputs={"d": Input("d", "d", 30, tree(files), 3, 2)})
    found = graph(maker, user)
    assert found.above(f"file:{tree(files)}") == [Edge("run:make", f"file:{tree(files)}", "made")]
    assert found.node(f"file:{tree(files)}")[2:4] == ("make/out/data/", "30 B")
    assert found.below("run:make") == [Edge("run:make", f"file:{tree(files)}", "made")]


def test_a_model_is_known_by_its_folder() -> None:
    files = {"MLmodel": "1", "model.skops": "2"}
    maker = run("make", made={f"model/{name}": (sha, 1) for name, sha in files.items()})
    user = bare("use", id="use", inputs={"model:m@1": Input("model:m@1", "m", 20, tree(files), 2, 2)})
    found = graph(maker, user)
    assert found.above("run:use") == [Edge("model:make/model", "run:use", "used")]
    assert found.below("model:make/model") == [Edge("model:make/model", "run:use", "used")]
    assert found.below("run:make") == [Edge("run:make", "model:make/model", "made")]
    assert found.above("model:make/model") == [Edge("run:make", "model:make/model", "made")]


def test_parents_reproductions_and_code() -> None:
    code = {"tree": "a" * 40, "commit": "c" * 40, "branch": "main", "dirty": True}
    found = graph(
        run("sweep"),
        run("part", parent="sweep", code=code),
        run("again", origin={"reproduces": "part"}),
        run("lost", parent="gone"),
    )
    assert found.above("run:part") == [Edge("run:sweep", "run:part", "parent"), Edge(f"code:{'a' * 40}", "run:part", "ran")]
    assert found.below("run:sweep") == [Edge("run:sweep", "run:part", "parent")]
    assert found.above("run:again") == [Edge("run:part", "run:again", "reproduced")]
    assert found.below("run:part") == [Edge("run:part", "run:again", "reproduced")]
    assert found.node(f"code:{'a' * 40}")[2:4] == ("ccccccc", "on main, with changes")
    assert found.above("run:lost") == [Edge("run:gone", "run:lost", "parent")]
    assert found.node("run:gone").about == "not in this store"
    assert found.above("run:gone") == []
