"""On what a run ran, found out in real interpreters and repositories."""

import hashlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import runlog
from runlog.capture.environment.interpreter import of_command, ours
from runlog.capture.environment.lockfile import find_lock
from runlog.capture.environment.machine import describe_machine
from runlog.capture.environment.packages import conda_packages, head_commit, installed, package_folders
from runlog.capture.environment.variables import describe_variables
from runlog.store.store import Store
from tests.scene import bare_runs, python, runlog_cli


@pytest.fixture(scope="session")
def other_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter of its own, with two packages that are installed as pip writes them down."""
    folder = tmp_path_factory.mktemp("other") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    [site] = folder.glob("lib/python*/site-packages")
    for name, url in {
        "trips-1.2": None,
        "Gizmo_Kit-0.5.dev1": {"url": "https://ada:pw@example.org/g.git", "vcs_info": {"commit_id": "c0ffee"}},
    }.items():
        info = site / f"{name}.dist-info"
        info.mkdir()
        if url:
            (info / "direct_url.json").write_text(json.dumps(url))
    return folder / "bin" / "python"


def git(folder: Path, *words: str) -> str:
    settings = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    return subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def kept(store: Path) -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_bytes()) for path in store.glob("environments/*.json")}


def test_the_packages_are_those_that_python_itself_names() -> None:
    versions, _ = installed(package_folders(sys.path))
    for distribution in importlib.metadata.distributions():
        name = re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower()
        assert name in versions
    assert versions["pyarrow"] == importlib.metadata.version("pyarrow")
    assert versions["gitpython"] == importlib.metadata.version("gitpython")


def test_of_a_command_its_own_python_is_asked_once(other_python: Path, tmp_path: Path) -> None:
    found = of_command([str(other_python), "train.py"])
    assert found is not None
    assert installed(package_folders(found.path)) == (
        {"gizmo-kit": "0.5.dev1", "trips": "1.2"},
        {"gizmo-kit": {"url": "https://example.org/g.git", "commit": "c0ffee"}},
    )
    [answer] = (tmp_path / "runlog-cache" / "interpreters").iterdir()
    before = answer.stat()
    assert of_command(["env", "A=1", str(other_python), "-m", "x"]) == found
    assert answer.stat().st_mtime_ns == before.st_mtime_ns
    answer.write_text("nonsense")  # what is remembered may be damaged, and is asked anew
    assert of_command([str(other_python), "train.py"]) == found


def test_which_python_a_command_runs_on(other_python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_command([sys.executable, "x.py"]) == ours()
    script = tmp_path / "tool"
    script.write_text(f"#!{other_python}\n")
    script.chmod(0o755)
    theirs = of_command([str(other_python)])
    assert of_command([str(script), "python"]) == theirs
    monkeypatch.setenv("PATH", f"{other_python.parent}:{os.environ['PATH']}")
    for command in (["python", "x.py"], ["make", "all"], ["no such program"], ["nice", "-n", "3", "python", "x.py"]):
        assert of_command(command) == theirs
    script.write_text(f"#!{other_python} -u\n")
    assert of_command([str(script)]) == theirs
    monkeypatch.setenv("PATH", str(tmp_path))
    assert of_command(["true"]) is None


def test_of_programs_that_bring_their_own_environment(
    other_python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_EXE", "MAMBA_EXE"):
        monkeypatch.delenv(name, raising=False)
    theirs = of_command([str(other_python)])
    for command in (
        ["docker", "run", "x", "python"],
        ["ssh", "node", "python"],
        ["poetry", "run", "python"],
        ["conda", "run", "python"],
    ):
        assert of_command(command) is None
    (tmp_path / ".venv").symlink_to(other_python.parents[1])
    here = of_command(["poetry", "run", "python", "x.py"])
    assert here is not None
    assert theirs is not None
    assert installed(package_folders(here.path)) == installed(package_folders(theirs.path))
    monkeypatch.setenv("CONDA_EXE", str(tmp_path / "conda" / "bin" / "conda"))
    (tmp_path / "conda" / "envs").mkdir(parents=True)
    (tmp_path / "conda" / "envs" / "trips").symlink_to(other_python.parents[1])
    assert of_command(["conda", "run", "-n", "trips", "python"]) is not None
    assert of_command(["conda", "run", "-n", "other", "python"]) is None
    assert of_command(["mamba", "run", "-p", str(other_python.parents[1]), "python"]) == theirs


def test_an_editable_package_is_known_by_the_commit_of_its_repository(tmp_path: Path) -> None:
    repository = tmp_path / "kit"
    repository.mkdir()
    git(repository, "init", "-q", "-b", "main")
    assert head_commit(repository) is None
    git(repository, "commit", "-q", "--allow-empty", "-m", "x")
    commit = git(repository, "rev-parse", "HEAD")
    assert head_commit(repository / "src") == commit
    git(repository, "worktree", "add", "-q", str(tmp_path / "tree"))
    git(repository, "pack-refs", "--all")
    assert head_commit(repository) == head_commit(tmp_path / "tree") == commit
    git(repository, "checkout", "-q", "--detach")
    assert head_commit(repository) == commit
    info = tmp_path / "site-packages" / "kit-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "direct_url.json").write_text(json.dumps({"url": repository.as_uri(), "dir_info": {"editable": True}}))
    assert installed([str(info.parent)])[1] == {"kit": {"url": repository.as_uri(), "editable": True, "commit": commit}}


def test_only_variables_that_are_named_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        monkeypatch.delenv(name)
    given = {
        "OMP_NUM_THREADS": "4",
        "PYTHONHASHSEED": "0",
        "HOME": "/x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "SITE": "a",
        "MY_TOKEN": "b",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert describe_variables() == {"OMP_NUM_THREADS": "4", "PYTHONHASHSEED": "0"}
    monkeypatch.setenv("RUNLOG_CAPTURE_VARIABLES", "SITE, MY_*")
    assert describe_variables() == {"MY_TOKEN": "<withheld>", "OMP_NUM_THREADS": "4", "PYTHONHASHSEED": "0", "SITE": "a"}


def test_the_lock_file_is_the_nearest_one_in_the_project(tmp_path: Path) -> None:
    top = tmp_path / "project"
    (top / "sub" / "deep").mkdir(parents=True)
    (tmp_path / "uv.lock").write_text("not of this project")
    assert find_lock(top / "sub", top) == {}
    (top / "requirements.txt").write_text("numpy==2\n")
    found = {"path": "requirements.txt", "sha256": hashlib.sha256(b"numpy==2\n").hexdigest()}
    assert find_lock(top / "sub" / "deep", top) == found
    (top / "requirements.txt").write_text("numpy==2.1\n")
    assert find_lock(top, top)["sha256"] == hashlib.sha256(b"numpy==2.1\n").hexdigest()
    (top / "sub" / "uv.lock").write_text("x")
    assert find_lock(top / "sub" / "deep", top)["path"] == "sub/uv.lock"


def test_equal_environments_are_one_file_and_runs_name_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "import runlog\nfor _ in range(3):\n    with runlog.start_run(): pass\n"
    assert python(script, cwd=tmp_path, RUNLOG_CAPTURE="on").returncode == 0
    assert python(script, cwd=tmp_path, RUNLOG_CAPTURE="on").returncode == 0
    store = tmp_path / ".runlog"
    [(name, document)] = kept(store).items()
    assert {run.birth["environment"]["name"] for run in bare_runs(store).values()} == {name}
    assert hashlib.sha256((store / "environments" / f"{name}.json").read_bytes()).hexdigest() == name
    assert document["python"] == {"implementation": ours().implementation, "version": ours().version}
    assert document["machine"] == describe_machine()
    assert document["packages"]["pyarrow"] == importlib.metadata.version("pyarrow")


def test_a_program_is_known_by_its_own_packages(other_python: Path, tmp_path: Path) -> None:
    assert runlog_cli("run", "-q", "--", other_python, "-c", "pass", cwd=tmp_path, RUNLOG_CAPTURE="on").returncode == 0
    [document] = kept(tmp_path / ".runlog").values()
    assert document["packages"] == {"gizmo-kit": "0.5.dev1", "trips": "1.2"}


def test_a_damaged_environment_is_found_and_set_aside(tmp_path: Path) -> None:
    assert python("import runlog\nwith runlog.start_run(): pass\n", cwd=tmp_path, RUNLOG_CAPTURE="on").returncode == 0
    store = Store.open(tmp_path / ".runlog")
    store.recover()
    assert store.check().findings == ()
    [path] = (store.root / "environments").iterdir()
    path.write_bytes(path.read_bytes().replace(b"CPython", b"cPython"))
    [found] = store.check().findings
    assert (found.kind, found.severity, found.problem) == ("environment", "damage", "is not what its name says")
    assert store.check(repair=True).clean
    assert store.check().findings == ()


def test_capture_can_be_turned_off_and_never_fails_a_run(tmp_path: Path) -> None:
    script = "import runlog\nwith runlog.start_run() as run: run.log_metric('loss', 1)\n"
    assert python(script, cwd=tmp_path, RUNLOG_CAPTURE="off").returncode == 0
    assert not (tmp_path / ".runlog" / "environments").exists()
    assert "environment" not in next(iter(bare_runs(tmp_path / ".runlog").values())).birth
    (tmp_path / ".runlog" / "environments").write_text("in the way")
    done = python(script, cwd=tmp_path, RUNLOG_CAPTURE="on")
    assert done.returncode == 0
    newest = next(iter(runlog.open_store(tmp_path / ".runlog").runs()))
    assert newest.metrics["loss"].last == 1
    assert any("environment was not captured: environments is a file" in problem for problem in newest.problems)


def test_runs_of_one_process_ask_once(tmp_path: Path) -> None:
    """The second run must not look into the folders of packages again: they are taken away before it begins."""
    script = """
import runlog
with runlog.start_run(): pass
from runlog.capture.environment import packages
def refuse(*_): raise AssertionError("asked again")
packages.installed = refuse
with runlog.start_run(): pass
"""
    assert python(script, cwd=tmp_path, RUNLOG_CAPTURE="on").returncode == 0
    births = [run.birth for run in bare_runs(tmp_path / ".runlog").values()]
    assert [birth["environment"]["name"] for birth in births] == [next(iter(kept(tmp_path / ".runlog")))] * 2


def test_an_environment_that_no_run_names_is_collected(tmp_path: Path) -> None:
    script = "import runlog\nwith runlog.start_run(): pass\n"
    assert python(script, cwd=tmp_path, RUNLOG_CAPTURE="on").returncode == 0
    [used] = (tmp_path / ".runlog" / "environments").iterdir()
    spare = used.with_name(f"{'0' * 64}.json")
    spare.write_text("{}")
    for path in (used, spare):
        os.utime(path, (1, 1))
    young = used.with_name(f"{'1' * 64}.json")
    young.write_text("{}")
    assert runlog_cli("gc", cwd=tmp_path).returncode == 0
    assert sorted((tmp_path / ".runlog" / "environments").iterdir()) == sorted([used, young])


def test_what_conda_installed_is_known_too(tmp_path: Path) -> None:
    site = tmp_path / "lib" / "python3.12" / "site-packages"
    site.mkdir(parents=True)
    assert conda_packages([str(site)]) == {}
    (tmp_path / "conda-meta").mkdir()
    for name in ("cuda-nvcc-12.4.131-0.json", "python-3.12.1-hab00c5b_1_cpython.json", "history"):
        (tmp_path / "conda-meta" / name).write_text("{}")
    assert conda_packages([str(site)]) == {"cuda-nvcc": "12.4.131", "python": "3.12.1"}


def test_show_says_on_what_a_run_ran(other_python: Path, tmp_path: Path) -> None:
    done = runlog_cli("run", "-q", "--", other_python, "-c", "pass", cwd=tmp_path, RUNLOG_CAPTURE="on", OMP_NUM_THREADS="3")
    assert done.returncode == 0
    [line] = [line for line in runlog_cli("show", cwd=tmp_path).stdout.splitlines() if line.startswith("ran on")]
    assert line.startswith(f"ran on      {ours().implementation} {ours().version}, 2 packages, ")
    assert "OMP_NUM_THREADS=3" in line
