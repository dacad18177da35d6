"""Names that nothing can have: one sentence, a documented code, and nothing made or changed. Through the command line as it is
typed, and through the verbs of Python."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import runlog
from runlog.errors import RunlogError
from tests.cli.conftest import Cli
from tests.scene import tree

LONG = "x" * 300
NO_TEXT = os.fsdecode(b"a\xff")  # as a name arrives that is not UTF-8

NO_NAME = {"": " is empty", " ": " is empty", LONG: " has 300 characters", "a\nb": " holds a control character"}
NO_NAME |= {"a\0b": " holds a control character", "a\x1b[31m": " holds a control character", NO_TEXT: " is not valid text"}
NO_PATH = dict.fromkeys((".", "..", "/", "a/b", "../../etc", "a\\b"), " reads as a path")
NO_FOLDER = {
    **NO_PATH,
    "CON": " is a device on Windows",
    "nul.txt": " is a device on Windows",
    " a": " begins or ends with a blank",
}
NO_FILE = {
    "": "",
    "/": "an artifact needs a name",
    "..": " leaves the run",
    "../a": " leaves the run",
    "a/../../b": " leaves the run",
}
NO_FILE |= {"/etc/passwd": " leaves the run", "a\0b": " holds a control character", LONG: " has a name longer than 255 bytes"}
NO_FILE |= {"y/" * 600 + "x": " is longer than 1024 bytes", NO_TEXT: " is not valid text"}
EMOJI = "🚀 Größe 模型"


def refused(cli: Cli, *arguments: str) -> str:
    """What a command says that refuses, having changed nothing."""
    before = tree(Path.cwd())
    answer = cli(*arguments)
    message, *hint = answer.err.splitlines()
    assert (answer.status, answer.out) == (5, "false\n" if arguments[0] == "start" else ""), arguments
    assert message.startswith("error: ")
    assert all(line.startswith("hint: ") for line in hint)
    assert len(hint) <= 1
    assert len(message) < 200
    assert tree(Path.cwd()) == before
    return message


def typed(names: dict[str, str]) -> list[tuple[str, str]]:
    """Those that can be typed: no argument of a program holds a NUL."""
    return [(name, problem) for name, problem in names.items() if "\0" not in name]


@pytest.mark.parametrize(("name", "problem"), typed(NO_NAME | NO_FOLDER))
def test_no_experiment_is_called_so_on_the_command_line(cli: Cli, ids: dict[str, str], name: str, problem: str) -> None:
    for command in (
        ["run", "-e", name, "--", "true"],
        ["start", "--experiment", name],
        ["move", ids["ridge"], name],
        ["experiments", "rename", "duration", name],
    ):
        assert re.match(f"error: experiment name.*{problem}", refused(cli, *command)), command


@pytest.mark.parametrize(("name", "problem"), typed(NO_NAME))
def test_no_run_param_tag_or_metric_is_called_so(cli: Cli, ids: dict[str, str], name: str, problem: str) -> None:
    run = ids["ridge"]
    commands = [("run", ["run", "--name", name, "--", "true"]), ("tag", ["run", "--tag", f"{name}=1", "--", "true"])]
    commands += [("tag", ["tag", run, f"{name}=1"]), ("tag", ["log", "--force", "--run", run, "--tag", f"{name}=1"])]
    if name.strip():
        commands += [("run", ["rename", run, name]), ("param", ["run", "--param", f"{name}=1", "--", "true"])]
        commands += [("metric", ["log", "--force", "--run", run, f"{name}=1"])]
    for what, command in commands:
        assert re.match(f"error: {what} name.*{problem}", refused(cli, *command)), command


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("@last", "begins with '@', as @last does"),
        ("@mine", "begins with '@', as @last does"),
        ("-", "stands for standard input"),
        ("20261120-213012-k3f9x2", "reads as the id of a run"),
    ],
)
def test_no_run_is_called_by_what_means_another(cli: Cli, ids: dict[str, str], name: str, means: str) -> None:
    problem = f"run name {name!r} {means}, so no command would find the run by it"
    for command in (["run", "-n", name, "--", "true"], ["start", "--name", name], ["rename", "ridge", name]):
        assert refused(cli, *command) == f"error: {problem}"
    with runlog.start_run(name=name) as run:
        pass
    with runlog.start_run(name="fine") as renamed:
        renamed.set_name(name)
    for found in (run.read(), renamed.read()):
        assert (found.name, found.state, found.record.problems) == (name, "finished", (problem,))
    assert cli("ls", "-q", "-w", f'name = "{name}"').out.split() == [renamed.id, run.id]


def test_a_value_without_a_name_is_wrong_usage(cli: Cli, ids: dict[str, str]) -> None:
    for command in (["run", "--param", "=1", "--", "true"], ["log", "--force", "--run", ids["ridge"], "=1"]):
        answer = cli(*command)
        assert (answer.status, answer.out) == (2, "")
        assert "is not of the form" in answer.err


@pytest.mark.parametrize(("name", "problem"), typed(NO_FILE))
def test_no_artifact_is_called_so_on_the_command_line(cli: Cli, ids: dict[str, str], name: str, problem: str) -> None:
    Path("file").write_text("x")
    if name:
        command = ["log", "--force", "--run", ids["ridge"], "--artifact", f"file:{name}"]
        assert problem in refused(cli, *command)
    assert cli("artifacts", "get", ids["ridge"], name).status == 3
    assert cli("artifacts", "cat", ids["ridge"], name).status == 3


def test_the_empty_text_names_no_run_and_no_file(cli: Cli, ids: dict[str, str]) -> None:
    """So says a script whose variable is not set, and must not reach the only run there is, or the current folder."""
    before = tree(Path.cwd())
    for command in ("show", "rm", "stop", "restore", "wait", "compare", "metrics", "logs", "export"):
        answer = cli(command, "")
        message = "error: the run that is meant has no name: it is the empty text\nhint: runlog ls\n"
        assert (command, answer.status, answer.err) == (command, 2, message)
    for words in (["which", ""], ["log", "--force", "--run", ids["ridge"], "--artifact", ""]):
        answer = cli(*words)
        assert (answer.status, answer.err) == (5, "error: the path of a file or folder is empty\n")
    assert tree(Path.cwd()) == before


def test_a_path_that_is_too_long_is_bad_input(cli: Cli, ids: dict[str, str]) -> None:
    for command in (["which", LONG], ["log", "--force", "--run", ids["ridge"], "--artifact", f"{LONG}:x"]):
        answer = cli(*command)
        assert (answer.status, answer.err) == (5, f"error: cannot read '{LONG}': file name too long\n")


@pytest.mark.parametrize("store", [LONG, "no\nsuch", "..", "/", EMOJI])
def test_a_store_with_a_name_that_leads_nowhere(cli: Cli, store: str) -> None:
    answer = cli("--store", store, "ls")
    assert (answer.status, answer.out) == (6, "")
    assert answer.err.startswith("error: ")


def test_emoji_are_names_like_others(cli: Cli, ids: dict[str, str], tmp_path: Path) -> None:
    run = ids["xgb"]
    Path(EMOJI).write_text("weights")
    for command in (
        ["rename", run, EMOJI],
        ["move", run, EMOJI],
        ["tag", run, f"{EMOJI}={EMOJI}"],
        ["log", "--force", "--run", run, f"{EMOJI}=0.5", "--param", f"{EMOJI}={EMOJI}", "--artifact", EMOJI],
    ):
        answer = cli(*command)
        assert (answer.status, answer.err) == (0, ""), command
    [found] = runlog.open_store().runs(experiment=EMOJI)
    assert (found.id, found.name, found.tags[EMOJI], found.params[EMOJI]) == (run, EMOJI, EMOJI, EMOJI)
    assert (found.metrics[EMOJI].last, found.artifact(EMOJI).read_text()) == (0.5, "weights")
    assert cli("ls", "-q", "-e", EMOJI).out.split() == [run]
    assert cli("check").status == 0


VERBS: dict[str, Callable[[runlog.Run, object], object]] = {
    "metric": lambda run, name: run.log_metric(name, 1.0),  # type: ignore[arg-type]
    "metrics": lambda run, name: run.log_metrics({name: 1.0}),  # type: ignore[dict-item]
    "tag": lambda run, name: run.set_tag(name, "x"),  # type: ignore[arg-type]
    "untag": lambda run, name: run.remove_tag(name),  # type: ignore[arg-type]
    "param": lambda run, name: run.log_param(name, 1),  # type: ignore[arg-type]
    "name": lambda run, name: run.set_name(name),  # type: ignore[arg-type]
    "experiment": lambda run, name: run.set_experiment(name),  # type: ignore[arg-type]
    "of an experiment": lambda run, name: runlog.start_run(experiment=name, nested=True),  # type: ignore[arg-type]
    "of a run": lambda run, name: runlog.start_run(name=name, nested=True),  # type: ignore[arg-type]
}
FILES: dict[str, Callable[[runlog.Run, object], object]] = {
    "text": lambda run, name: run.log_text("x", name),  # type: ignore[arg-type]
    "artifact": lambda run, name: run.log_artifact("file", name),  # type: ignore[arg-type]
}
SOURCES: dict[str, Callable[[runlog.Run, object], object]] = {
    "artifact": lambda run, name: run.log_artifact(name, "place"),  # type: ignore[arg-type]
    "data": lambda run, name: run.use_data(name, "data"),  # type: ignore[arg-type]
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> runlog.Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNLOG_STRICT", "1")
    Path("file").write_text("x")
    return runlog.start_run()


def problem_of(run: runlog.Run, verb: Callable[[runlog.Run, object], object], name: object) -> tuple[str, str]:
    """(code, message) of what a verb raises, having said nothing."""
    with run:
        before = tree(run.store.root / "experiments")
        with pytest.raises(RunlogError) as raised:
            verb(run, name)
        assert tree(run.store.root / "experiments") == before
    return raised.value.code, raised.value.message


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", [*NO_NAME, 5, b"x"])
def test_names_that_no_verb_takes(run: runlog.Run, verb: str, name: object) -> None:
    if verb == "param" and not isinstance(name, str):
        pytest.skip("names of params are made text")
    code, message = problem_of(run, VERBS[verb], name)
    problem = NO_NAME[name] if isinstance(name, str) else " must be text, got "
    assert code == "bad-name"
    assert re.match(f"[a-z ]+ name.*{problem}", message)


@pytest.mark.parametrize("verb", ["experiment", "of an experiment"])
@pytest.mark.parametrize("name", NO_FOLDER)
def test_names_that_no_experiment_takes(run: runlog.Run, verb: str, name: str) -> None:
    code, message = problem_of(run, VERBS[verb], name)
    assert code == "bad-name"
    assert NO_FOLDER[name] in message


@pytest.mark.parametrize("verb", FILES)
@pytest.mark.parametrize("name", [*NO_FILE, 5, b"x"])
def test_names_that_no_artifact_takes(run: runlog.Run, verb: str, name: object) -> None:
    if verb == "artifact" and name in {"", "/"}:
        pytest.skip("these are places for a file that keeps its own name")
    code, message = problem_of(run, FILES[verb], name)
    assert code == "bad-name"
    assert (NO_FILE[name] if isinstance(name, str) else " must be text, got ") in message


@pytest.mark.parametrize("verb", SOURCES)
@pytest.mark.parametrize("name", ["", "a\0b", LONG, NO_TEXT, EMOJI, "no/such", None, 5, b"x"])
def test_paths_that_lead_to_no_file(run: runlog.Run, verb: str, name: object) -> None:
    code, _ = problem_of(run, SOURCES[verb], name)
    assert code == ("bad-input" if isinstance(name, str) and name else "bad-name")


@pytest.mark.parametrize("name", NO_NAME | NO_PATH)
def test_asking_for_what_no_store_has(run: runlog.Run, name: str) -> None:
    run.finish()
    store = runlog.open_store()
    found = store.run(run.id)
    for ask in (store.run, found.artifact, found.history, lambda name: runlog.start_run(run_id=name or "no")):
        with pytest.raises(RunlogError) as raised:
            ask(name)
        assert raised.value.code in {"not-found", "usage"}
    assert list(store.runs(experiment=name)) == []
