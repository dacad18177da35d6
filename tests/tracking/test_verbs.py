"""The names that `import runlog` gives, and what it takes to have them."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import runlog
from runlog.tracking import modeling, verbs
from runlog.tracking.run import Run
from tests.scene import python


def test_every_name_is_there_and_no_other() -> None:
    for name in runlog.__all__:
        assert getattr(runlog, name) is not None
    assert dir(runlog) == sorted(runlog.__all__)
    assert {"start_run", "active_run", "params", "open_store", "log_metric", "finish", "Run", "Store", "StoredRun"} <= set(
        runlog.__all__
    )
    with pytest.raises(AttributeError, match="has no attribute 'log_metrik'"):
        _ = runlog.log_metrik


def public(thing: object) -> dict[str, object]:
    return {name: value for name, value in vars(thing).items() if not name.startswith("_") and inspect.isfunction(value)}


def test_every_verb_of_a_run_has_its_twin_at_module_level() -> None:
    """With the same parameters, defaults and order."""
    housekeeping = {
        "say_last",
        "at_end",
        "read",
        "begin",
        "beat",
        "forked",
        "make_untracked",
        "trouble",
        "keep_found",
        "leave_out",
        "set_experiment",
        "share_door",
    }
    of_run = {name: value for name, value in public(Run).items() if name not in housekeeping}
    of_module = {name: getattr(verbs, name) for name in public(verbs) if name not in {"active_run", "start_run"}}
    of_module["log_model"] = modeling.log_model
    assert set(of_run) == set(of_module)
    assert set(of_module) <= set(runlog.__all__)
    for name in set(of_module) - {"finish"}:
        ours = list(inspect.signature(of_module[name]).parameters.values())
        theirs = list(inspect.signature(of_run[name]).parameters.values())[1:]  # type: ignore[arg-type]
        assert [(one.name, one.default, one.kind) for one in ours] == [(one.name, one.default, one.kind) for one in theirs], name


def test_each_name_is_fetched_when_it_is_used(tmp_path: Path) -> None:
    script = """\
import sys
before = set(sys.modules)
import runlog
print(sorted(name for name in set(sys.modules) - before if name.startswith("runlog")))
runlog.RunlogError
print(sorted(name for name in set(sys.modules) - before if name.startswith("runlog")))
"""
    assert python(script, cwd=tmp_path).stdout.splitlines() == ["['runlog']", "['runlog', 'runlog.errors']"]
