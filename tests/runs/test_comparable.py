"""Whether runs may be compared, by what their records say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from runlog.errors import Damaged
from runlog.records import Input, Process, RunRecord
from runlog.runs.comparable import Doubt, doubts

NOBODY = Process(0, 0, "node7", "", "", "ada")
ENVIRONMENTS: dict[str, dict[str, Any]] = {
    "old": {"packages": {"torch": "2.1", "numpy": "2.0"}, "machine": {"cpu": "EPYC", "gpus": ["A100", "A100"]}},
    "new": {"packages": {"torch": "2.3", "numpy": "2.0", "rich": "14"}, "machine": {"cpu": "EPYC", "gpus": ["H100"]}},
    "python": {"packages": {"torch": "2.1", "numpy": "2.0"}, "python": {"version": "3.12.1"}},
}


def record(name: str, **more: Any) -> RunRecord:
    inputs = {key: Input(key, key, 1, sha, 1, 0) for key, sha in more.pop("inputs", {}).items()}
    nothing: dict[str, Any] = dict.fromkeys(("name", "ended_at", "parent", "note", "end"))
    empty: dict[str, Any] = {key: {} for key in ("params", "tags", "metrics", "artifacts", "command", "earlier_params")}
    fixed = {"state": "finished", "host": {}, "problems": (), "removed": False, "lost": frozenset(), "folder": ""}
    given = {"id": name, "experiment": "e", "created_at": 0, "last_sign": 0, "process": NOBODY, "inputs": inputs}
    return RunRecord(**{**nothing, **empty, **fixed, **given, **more})


def read(name: str) -> Mapping[str, Any]:
    if name not in ENVIRONMENTS:
        raise Damaged("it is gone")
    return ENVIRONMENTS[name]


CASES: list[tuple[str, list[dict[str, Any]], list[Doubt]]] = [
    ("nothing is known", [{}, {}], []),
    ("the same of everything", [{"code": {"tree": "t", "dirty": True}, "host": {"cpus": 8}}] * 2, []),
    (
        "another input, and none",
        [{"inputs": {"train": "x"}}, {"inputs": {"train": "y"}}, {"inputs": {"train": "x"}}, {}],
        [Doubt("data", "input 'train' was not used", ("run3",)), Doubt("data", "input 'train' is other data", ("run1",))],
    ),
    (
        "other code, all of it committed",
        [{"code": {"tree": "t", "commit": "c"}}, {"code": {"tree": "u", "commit": "d"}}, {}],
        [Doubt("code", "other code", ("run1",))],
    ),
    (
        "changes that were not committed",
        [{"code": {"tree": "t", "commit": "c"}}, {"code": {"tree": "u", "commit": "c", "dirty": True}}],
        [Doubt("code", "other code", ("run1",)), Doubt("code", "the code had changes that were not committed", ("run1",))],
    ),
    (
        "other packages and hardware",
        [{"environment": {"name": "old"}}, {"environment": {"name": "new"}}, {"environment": {"name": "old"}}, {}],
        [
            Doubt("packages", "other packages, rich 14 or none, torch 2.1 or 2.3", ("run1",)),
            Doubt("hardware", "other graphics card, A100, A100 or H100", ("run1",)),
        ],
    ),
    ("an environment that is gone", [{"environment": {"name": "old"}}, {"environment": {"name": "gone"}}], []),
    (
        "the python of the program counts, not the one that runlog ran on",
        [{"environment": {"name": "python"}, "host": {"python": "3.11.2"}}, {"host": {"python": "3.11.2"}}],
        [],
    ),
    (
        "python and processors where no environment is known",
        [
            {"host": {"python": "3.11.2", "cpus": 8, "os": "Linux 6.1"}},
            {"host": {"python": "3.12.1", "cpus": 16, "os": "Linux 6.8"}},
        ],
        [
            Doubt("packages", "other python, 3.11.2 or 3.12.1", ("run1",)),
            Doubt("hardware", "other number of processors, 8 or 16", ("run1",)),
        ],
    ),
    (
        "variables and lock files",
        [
            {"environment": {"variables": {"OMP_NUM_THREADS": "1"}, "lock": {"sha256": "a" * 64}}},
            {"environment": {"variables": {"OMP_NUM_THREADS": "8"}, "lock": {"sha256": "b" * 64}}},
        ],
        [
            Doubt("packages", "other lock file, aaaaaaaaaaaa or bbbbbbbbbbbb", ("run1",)),
            Doubt("variables", "other variables, OMP_NUM_THREADS=1 or OMP_NUM_THREADS=8", ("run1",)),
        ],
    ),
    (
        "variables that are the same are not named, and none is a value",
        [
            {"environment": {"variables": {"LANG": "C", "OMP_NUM_THREADS": "2"}}},
            {"environment": {"variables": {"LANG": "C"}}},
        ],
        [Doubt("variables", "other variables, OMP_NUM_THREADS=2 or none", ("run1",))],
    ),
    ("one has failed", [{}, {"state": "failed"}], [Doubt("state", "not finished", ("run1",))]),
    ("all have failed", [{"state": "failed"}] * 2, []),
]


@pytest.mark.parametrize(("runs", "found"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_doubted(runs: list[dict[str, Any]], found: list[Doubt]) -> None:
    assert list(doubts([record(f"run{place}", **given) for place, given in enumerate(runs)], read)) == found


def test_many_packages_are_counted() -> None:
    new = {f"package{place}": "2" for place in range(9)}
    contents = {"old": {"packages": dict.fromkeys(new, "1")}, "new": {"packages": new}}
    runs = [record("a", environment={"name": "old"}), record("b", environment={"name": "new"})]
    (found,) = doubts(runs, lambda name: contents[name])
    assert found.problem.startswith("other packages, package0 1 or 2, package1 1 or 2")
    assert found.problem.endswith(" and 3 more")
