"""Stores that are not what they should be: each command says so in one sentence with a documented code, and harms nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import runlog
from runlog.errors import RunlogError
from tests.cli.conftest import Answer, Cli
from tests.scene import ROOT, WITHOUT_POWERS, bare_runs, environment, python, tree
from tests.store.test_full_disk import private_mounts

READING = (
    ["ls"],
    ["ls", "--where", "rmse < 99"],
    ["show", "{ridge}"],
    ["compare", "{ridge}", "{xgb}"],
    ["best", "rmse"],
    ["metrics", "{ridge}", "rmse"],
    ["artifacts", "ls", "{ridge}"],
    ["artifacts", "cat", "{ridge}", "model.txt"],
    ["params", "{ridge}"],
    ["experiments"],
    ["export", "{ridge}"],
    ["exists", "--tag", "model=ridge"],
)
WRITING = (
    ["tag", "{ridge}", "seen"],
    ["note", "{ridge}", "seen"],
    ["rename", "{ridge}", "other"],
    ["move", "{ridge}", "other"],
    ["log", "--force", "--run", "{ridge}", "late=1"],
    ["rm", "--yes", "{ridge}"],
    ["experiments", "rename", "duration", "other"],
)


@dataclass(frozen=True)
class Said:
    """What a command said in a process of its own."""

    status: int
    out: str
    err: str


def held(*words: str, cwd: Path, **settings: str | Path) -> Said:
    """`runlog` in a process that is held to permissions even where the tests run as root."""
    script = f"{WITHOUT_POWERS}\nimport sys\nfrom runlog.cli import main\nsys.exit(main())\n"
    done = python(script, *words, cwd=cwd, **settings)
    return Said(done.returncode, done.stdout, done.stderr)


def filled(command: list[str], ids: Mapping[str, str]) -> list[str]:
    return [word.format_map(ids) if word.startswith("{") else word for word in command]


def refusal(status: int, out: str, err: str) -> str:
    """The one sentence of a command that refuses."""
    message, *hint = err.splitlines()
    assert (status, out) == (6, ""), err
    assert len(hint) <= 1
    assert all(line.startswith("hint: ") for line in hint)
    assert message.startswith("error: ")
    return message.removeprefix("error: ")


def newer(store: Path) -> None:
    (store / "store.json").write_text('{"format": 2, "kind": "runlog store"}')


def older(store: Path) -> None:
    (store / "store.json").write_text('{"format": 0, "kind": "runlog store"}')


def garbage(store: Path) -> None:
    (store / "store.json").write_bytes(b"\xff\0garbage")


def half_copied(store: Path) -> None:
    (store / "store.json").unlink()


def linked_document(store: Path) -> None:
    shutil.move(store / "store.json", store.parent / "elsewhere.json")
    (store / "store.json").symlink_to("../elsewhere.json")


def linked_experiments(store: Path) -> None:
    shutil.move(store / "experiments", store.parent / "elsewhere")
    (store / "experiments").symlink_to("../elsewhere")


WHOLE: dict[Callable[[Path], None], str] = {
    newer: "{store}/store.json has format 2, newer than format 1 which this runlog knows",
    older: "{store}/store.json has format 0, older than any that was released",
    garbage: "{store}/store.json is not valid JSON",
    half_copied: "{store} holds experiments but no store.json: is the copy complete?",
    linked_document: "store.json is a symbolic link, and stores have none",
    linked_experiments: "experiments is a symbolic link, and stores have none",
}


@pytest.mark.parametrize("spoil", WHOLE)
@pytest.mark.parametrize("command", [*READING, *WRITING], ids=" ".join)
def test_a_store_that_cannot_be_trusted_is_refused(
    cli: Cli, store: Path, ids: dict[str, str], spoil: Callable[[Path], None], command: list[str]
) -> None:
    """Whether it was named or found."""
    (store.parent / "below").mkdir()
    os.chdir(store.parent / "below")
    spoil(store)
    before = tree(store.parent)
    expected = WHOLE[spoil].format(store=store)
    answer = cli(*filled(command, ids))
    assert refusal(answer.status, answer.out, answer.err) == expected
    answer = cli("--store", str(store), *filled(command, ids))
    assert refusal(answer.status, answer.out, answer.err) == expected
    assert tree(store.parent) == before


@pytest.mark.parametrize("spoil", WHOLE)
def test_python_says_the_same(store: Path, tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    """Asked for runs it raises; a run that begins is kept elsewhere, unless it is strict."""
    spoil(store)
    before = tree(store.parent)
    expected = WHOLE[spoil].format(store=store)
    with pytest.raises(RunlogError) as raised:
        list(runlog.open_store(store).runs())
    assert (raised.value.message, raised.value.status) == (expected, 6)
    assert tree(store.parent) == before
    if spoil is half_copied:
        return  # for writing nothing is missing: the next run puts the document in its place
    begin = "import runlog, sys\nwith runlog.start_run(store=sys.argv[1], strict=len(sys.argv) > 2) as r: print(r.untracked)\n"
    (tmp_path / "tmp").mkdir()
    begun = python(begin, store, cwd=tmp_path, TMPDIR=tmp_path / "tmp")
    assert (begun.returncode, begun.stdout) == (0, "False\n")
    assert begun.stderr.startswith(f"runlog: {expected}; this run is kept in {tmp_path}/tmp/runlog-")
    strict = python(begin, store, "strict", cwd=tmp_path, TMPDIR=tmp_path / "tmp")
    assert strict.returncode == 1
    assert expected in strict.stderr.splitlines()[-1]
    assert tree(store.parent) == before


@pytest.mark.parametrize("spoil", [newer, older])
def test_check_and_gc_do_not_touch_a_store_of_another_format(cli: Cli, store: Path, spoil: Callable[[Path], None]) -> None:
    spoil(store)
    before = tree(store)
    for words in (["check"], ["check", "--repair"], ["gc", "--yes"], ["init"]):
        answer = cli(*words)
        assert refusal(answer.status, answer.out, answer.err).endswith(WHOLE[spoil].rpartition("/")[2])
    assert tree(store) == before


def test_a_half_copied_store_is_mended_by_the_command_of_the_hint(cli: Cli, store: Path) -> None:
    whole = cli("ls").out
    half_copied(store)
    assert cli("ls").err.endswith("hint: runlog check --repair\n")
    assert cli("check", "--repair").status == 0
    assert cli("ls").out == whole


def test_a_file_in_the_place_of_a_store(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "store"
    file.write_text("precious")
    for words in (["ls"], ["show", "x"], ["init"], ["check"], ["check", "--repair"], ["gc", "--yes"], ["tag", "x", "y"]):
        answer = cli("--store", str(file), *words)
        assert refusal(answer.status, answer.out, answer.err) == f"{file} is a file where a store must be"
    answer = cli("--store", f"{file}/below", "init")
    assert refusal(answer.status, answer.out, answer.err) == f"{file}/below lies below a file"
    with pytest.raises(RunlogError, match="is a file where a store must be"):
        runlog.open_store(file)
    assert tree(tmp_path)["store"] == tree(tmp_path)["store"] and file.read_text() == "precious"


def test_a_folder_of_other_things_is_made_no_store(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "holiday.jpg").write_text("x")
    before = tree(tmp_path)
    for words in (["init"], ["ls"], ["check", "--repair"]):
        answer = cli("--store", str(tmp_path / "photos"), *words)
        assert "not a runlog store" in refusal(answer.status, answer.out, answer.err)
    assert tree(tmp_path) == before


@pytest.fixture
def open_again(store: Path) -> object:
    """Whatever a test closes is opened for those who tidy up."""
    yield
    for path in [store, *store.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755)


@pytest.mark.usefixtures("open_again")
@pytest.mark.parametrize(("closed", "message"), [("", "read store.json"), ("experiments", "list experiments")])
def test_a_store_that_may_not_be_read(store: Path, ids: dict[str, str], closed: str, message: str) -> None:
    """It is not passed over for one further up."""
    before = tree(store)
    shutil.copytree(store, store.parents[1] / ".runlog")
    (store / closed).chmod(0)
    for words in (["ls"], ["show", ids["ridge"]], ["tag", ids["ridge"], "x"]):
        said = held(*words, cwd=store.parent)
        assert refusal(said.status, said.out, said.err) == f"cannot {message}: permission denied"
    (store / closed).chmod(0o755)
    assert tree(store) == before


@pytest.mark.usefixtures("open_again")
def test_a_store_that_may_only_be_read(store: Path, ids: dict[str, str], tmp_path: Path) -> None:
    """Reading is as ever, writing is refused, and a run is kept elsewhere."""
    before = [held(*filled(command, ids), cwd=store.parent) for command in READING]
    assert {said.status for said in before} == {0}
    for path in [store, *store.rglob("*")]:
        path.chmod(path.stat().st_mode & 0o555)
    store.parent.chmod(0o555)
    kept = tree(store)
    script = store.parents[1]
    after = [held(*("--store", str(store), *filled(command, ids)), cwd=script) for command in READING]
    assert after == before
    for command in WRITING:
        said = held("--store", str(store), *filled(command, ids), cwd=script)
        assert re.fullmatch("cannot .*: permission denied", refusal(said.status, said.out, said.err)), command
    (tmp_path / "tmp").mkdir()
    said = held("--store", str(store), "run", "--", "echo", "ran", cwd=script, TMPDIR=tmp_path / "tmp")
    assert (said.status, said.out) == (0, "ran\n")
    assert re.search("cannot .*: permission denied; this run is kept in ", said.err)
    assert tree(store) == kept
    store.parent.chmod(0o755)


def emptied(run: Path) -> None:
    shutil.rmtree(run)
    run.mkdir()


def without_birth(run: Path) -> None:
    (run / "run.json").unlink()


def linked(run: Path, name: str) -> None:
    place = run / name
    outside = run.parents[3] / "outside" / place.name
    outside.parent.mkdir(exist_ok=True)
    shutil.move(place, outside)
    place.symlink_to(outside)


def linked_run(run: Path) -> None:
    linked(run, ".")


def linked_birth(run: Path) -> None:
    linked(run, "run.json")


def linked_points(run: Path) -> None:
    linked(run, "metrics")


def linked_artifacts(run: Path) -> None:
    linked(run, "artifacts")


PASSED_OVER = "1 run cannot be read and is passed over: runlog check\n"
PARTS: dict[Callable[[Path], None], dict[str, str]] = {
    emptied: dict.fromkeys(("show", "metrics", "cat", "tag"), "{run}/run.json is missing"),
    without_birth: dict.fromkeys(("show", "metrics", "cat", "tag"), "{run}/run.json is missing"),
    linked_birth: dict.fromkeys(("show", "metrics", "cat", "tag"), "run.json is a symbolic link, and stores have none"),
    linked_points: {"metrics": "metrics is a symbolic link, and stores have none"},
    linked_artifacts: {"cat": "the way to artifact 'model.txt' leads through a link or a file"},
}


@pytest.mark.parametrize("spoil", PARTS)
def test_a_spoilt_run_harms_no_other(cli: Cli, store: Path, ids: dict[str, str], spoil: Callable[[Path], None]) -> None:
    other = {word: cli(*words) for word, words in commands(ids["xgb"]).items() if word != "tag"}
    [run] = store.glob(f"experiments/*/{ids['ridge']}")
    spoil(run)
    before = tree(store.parent)
    for word, words in commands(ids["ridge"]).items():
        if word in PARTS[spoil]:
            answer = cli(*words)
            said = answer.out if word != "metrics" else "".join(answer.out.splitlines()[1:])  # the headings of a stream
            expected = PARTS[spoil][word].format(run=run.relative_to(store))
            assert refusal(answer.status, said, answer.err) == expected, word
    assert tree(store.parent) == before
    assert {word: cli(*words) for word, words in commands(ids["xgb"]).items() if word != "tag"} == other
    listed = cli("ls", "-q")
    assert (listed.status, listed.err) == (0, PASSED_OVER if "show" in PARTS[spoil] else "")
    assert (ids["ridge"] in listed.out) == ("show" not in PARTS[spoil])
    assert {ids["xgb"], ids["Größe 模型 🚀"]} <= set(listed.out.split())
    assert cli("check").status == 1
    assert tree(store.parent) == before
    assert cli("check", "--repair").status == 0
    assert {word: cli(*words) for word, words in commands(ids["xgb"]).items() if word != "tag"} == other
    outside = {path: data for path, data in tree(store.parent).items() if path.startswith("outside")}
    assert outside == {path: data for path, data in before.items() if path.startswith("outside")}


def commands(run: str) -> dict[str, list[str]]:
    return {
        "show": ["show", run],
        "metrics": ["metrics", run, "rmse", "--history"],
        "cat": ["artifacts", "cat", run, "model.txt"],
        "tag": ["tag", run, "seen"],
    }


def test_a_run_that_is_a_link_is_none(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    [run] = store.glob(f"experiments/*/{ids['ridge']}")
    outside = store.parent / "outside"
    shutil.move(run, outside)
    run.symlink_to(outside)
    before = tree(store.parent)
    for words in commands(ids["ridge"]).values():
        answer = cli(*words)
        assert (answer.status, answer.err) == (3, f"error: no run matches '{ids['ridge']}'\nhint: runlog ls\n")
    assert sorted(cli("ls", "-q").out.split()) == sorted(set(ids.values()) - {ids["ridge"]})
    assert tree(store.parent) == before


FULL = """
import json, os, shutil, subprocess, sys
place, made, *commands = sys.argv[1:]
os.mkdir(place)
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place], check=True)
shutil.copytree(made, place + "/.runlog")
with open(place + "/filler", "ab", buffering=0) as filler:
    try:
        while filler.write(b"x" * 512): pass
    except OSError: pass
told = []
for command in commands:
    done = subprocess.run([sys.executable, "-m", "runlog", *json.loads(command)], cwd=place, capture_output=True, text=True)
    told.append([done.returncode, done.stdout, done.stderr])
os.unlink(place + "/filler")
for command in (["ls", "-q"], ["check"]):
    done = subprocess.run([sys.executable, "-m", "runlog", *command], cwd=place, capture_output=True, text=True)
    told.append([done.returncode, done.stdout, done.stderr])
print(json.dumps(told))
"""


def test_a_store_on_a_full_disk(store: Path, ids: dict[str, str], tmp_path: Path) -> None:
    way = private_mounts()
    if way is None:
        pytest.skip("this machine lets nobody mount a small filesystem in a namespace of its own")
    wanted = [filled(command, ids) for command in (*READING, *WRITING)]
    (tmp_path / "tmp").mkdir()
    wanted.append(["run", "-q", "--", "echo", "ran"])
    script = tmp_path / "full.py"
    script.write_text(FULL)
    command = [*way, sys.executable, str(script), str(tmp_path / "disk"), str(store), *map(json.dumps, wanted)]
    settings = environment(TMPDIR=tmp_path / "tmp")
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stderr
    *told, listed, checked = json.loads(done.stdout)
    for words, (status, out, err) in zip(wanted, told, strict=True):
        if words in wanted[: len(READING)]:
            assert (status, err) == (0, ""), words
        elif words[0] == "run":
            assert (status, out) == (0, "ran\n")
            assert "no space left on device; this run is kept in " in err
        else:
            assert re.fullmatch("cannot .*: no space left on device", refusal(status, out, err)), words
    assert set(listed[1].split()) == set(ids.values())
    assert checked[0] == 0, checked
    assert set(bare_runs(store)) == set(ids.values())


def test_a_run_that_cannot_be_read_is_not_passed_over_in_silence(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    births = {path.parent.name: path for path in store.glob("experiments/*/*/run.json")}
    births[ids["xgb"]].write_text("{")
    assert cli("ls", "-q", "-e", "duration") == Answer(0, f"{ids['ridge']}\n", PASSED_OVER)
    assert cli("best", "rmse") == Answer(0, f"{ids['ridge']}\n", PASSED_OVER)
    births[ids["ridge"]].unlink()
    assert cli("ls", "-q", "-e", "duration") == Answer(
        0, "", PASSED_OVER.replace("1 run cannot be read and is", "2 runs cannot be read and are")
    )
