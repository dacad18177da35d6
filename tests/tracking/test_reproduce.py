"""Runs that are run again, by real programs from real repositories."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import runlog
from runlog.tracking.reproduce.packages import requirements
from tests.scene import bare_runs, runlog_cli, tree

SAMPLES = Path(__file__).parents[2] / "sample_experiments"
BIN = Path(sys.executable).parent


def git(folder: Path, *words: str) -> str:
    settings = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    return subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture(autouse=True)
def capturing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNLOG_CAPTURE", "on")
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")


def project(folder: Path, **files: str) -> Path:
    """A repository with some files in it."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder


def run(folder: Path, *words: str, **settings: str) -> str:
    """The id of a run that went well."""
    done = runlog_cli("run", *words, cwd=folder, **settings)
    found = re.search(r"run (\S+) finished", done.stderr)
    assert found is not None, done.stderr
    return found[1]


def newest(folder: Path) -> runlog.StoredRun:
    return next(iter(runlog.open_store(folder / ".runlog").runs()))


NOISY = """import os, runlog
given = runlog.params(a=1.0)
with runlog.start_run() as run:
    for step in range(4):
        run.log_metric("loss", given["a"] / (step + 1) + (step > 1) * float(os.environ.get("NOISE", "0")), step=step)
    run.log_text("model " + os.environ.get("MODEL", "1"), "model.txt")
"""


def test_a_sample_comes_out_identical_here_and_from_a_store_that_was_copied_away(tmp_path: Path) -> None:
    home = tmp_path / "project"
    shutil.copytree(SAMPLES / "logistic", home, ignore=shutil.ignore_patterns("data", "__pycache__", ".runlog"))
    git(home, "init", "-q")
    git(home, "add", ".")
    git(home, "commit", "-q", "-m", "first")
    first = run(home, "-e", "logistic", "-p", "epochs=5", "-p", "alpha=0.5", "--", "python", "train.py")
    (home / "train.py").write_text("raise SystemExit('not this one')\n")
    here = runlog_cli("reproduce", first, cwd=home)
    assert here.returncode == 0, here.stderr
    again = newest(home)
    assert f"{again.id} repeats {first}: identical (1 input, 2 metrics, 1 artifact)\n" in here.stdout
    assert again.tags == {"reproduces": first, "reproduction": "identical"}
    away = tmp_path / "away"
    away.mkdir()
    shutil.copytree(home / ".runlog", away / ".runlog")
    shutil.rmtree(home)
    there = runlog_cli("reproduce", first, cwd=away)
    assert there.returncode == 0, there.stderr
    assert ": identical (1 input, 2 metrics, 1 artifact)\n" in there.stdout
    birth = bare_runs(away / ".runlog")[newest(away).id].birth
    assert birth["origin"]["reproduces"] == first
    assert birth["params"] == {"epochs": 5, "alpha": 0.5}
    assert birth["code"] == bare_runs(away / ".runlog")[first].birth["code"]


def test_the_repository_and_the_folder_of_the_user_are_left_as_they_are(tmp_path: Path) -> None:
    home = project(tmp_path / "project", train__py=NOISY, old__txt="x")
    (home / "old.txt").write_text("changed")
    (home / "new.txt").write_text("new")
    first = run(home, "--", "python", "train.py")
    (home / "staged.txt").write_text("staged")
    git(home, "add", "staged.txt")
    before = {path: what for path, what in tree(home).items() if not path.startswith((".runlog", ".git"))}
    told = [
        git(home, "status", "--porcelain"),
        git(home, "worktree", "list"),
        git(home, "branch", "-a"),
        git(home, "stash", "list"),
    ]
    assert runlog_cli("reproduce", first, cwd=home).returncode == 0
    assert {path: what for path, what in tree(home).items() if not path.startswith((".runlog", ".git"))} == before
    assert [
        git(home, "status", "--porcelain"),
        git(home, "worktree", "list"),
        git(home, "branch", "-a"),
        git(home, "stash", "list"),
    ] == told


def test_how_far_off_it_is_is_measured_and_where_first(tmp_path: Path) -> None:
    home = project(tmp_path / "project", train__py=NOISY)
    first = run(home, "-p", "a=2.0", "--", "python", "train.py")
    off = runlog_cli("reproduce", first, cwd=home, NOISE="1e-9")
    assert off.returncode == 1
    last = newest(home)
    assert off.stdout == (
        f"{last.id} repeats {first}: different (1 metric, 1 artifact)\n"
        "first difference: metric 'loss': at step 2 it was 0.6666666666666666 and is 0.6666666676666666\n"
        f"runlog diff {first} {last.id} shows what led to it\n"
    )
    assert last.tags["reproduction"] == "different"
    near = runlog_cli("reproduce", first, "--tolerance", "1e-6", cwd=home, NOISE="1e-9")
    assert near.returncode == 0
    assert near.stdout.splitlines()[0].endswith(": within tolerance (1 metric, 1 artifact)")
    assert near.stdout.splitlines()[1] == "  metric loss: differs by 1e-09 at most"
    other = runlog_cli("reproduce", first, "--json", cwd=home, MODEL="2")
    assert other.returncode == 1
    assert json.loads(other.stdout)["judgement"] == "different"
    assert runlog_cli("reproduce", first, "--ignore", "model.*", cwd=home, MODEL="2").returncode == 0
    failed = runlog_cli("reproduce", first, cwd=home, NOISE="none")
    assert failed.returncode == 1
    assert "first difference: state: it was finished and is failed\n" in failed.stdout


def test_another_param_makes_it_a_variation(tmp_path: Path) -> None:
    program = "import sys, runlog\nrunlog.log_metric('a', runlog.params(a=0)['a']); runlog.log_metric('lr', float(sys.argv[2]))\n"
    home = project(tmp_path / "project", train__py=program)
    first = run(home, "-p", "a=1", "--", "python", "train.py", "--lr", "0.1")
    done = runlog_cli("reproduce", first, "-p", "a=5", "-p", "lr=0.5", cwd=home)
    assert done.returncode == 0, done.stderr
    again = newest(home)
    assert (again.metrics["a"].last, again.metrics["lr"].last) == (5, 0.5)
    assert done.stdout == f"{again.id} is {first} with a = 5, lr = 0.5: finished\n  a  1 -> 5\n  lr  0.1 -> 0.5\n"
    birth = bare_runs(home / ".runlog")[again.id].birth
    assert birth["origin"]["changed"] == ["a", "lr"]
    assert birth["command"]["argv"][1:] == ["train.py", "--lr", "0.5"]
    unknown = runlog_cli("reproduce", first, "-p", "aa=5", cwd=home)
    assert (unknown.returncode, unknown.stderr) == (
        3,
        f"error: run {first} has no param 'aa'\nhint: did you mean 'a'?\n",
    )


DATA = """import runlog
run = runlog.start_run()
run.use_data("data/in.csv", "train")
run.log_metric("n", len(open("data/in.csv").read()))
"""


def test_the_same_data_or_none(tmp_path: Path) -> None:
    home = project(tmp_path / "project", train__py=DATA, __gitignore="data/\n")
    (home / "data").mkdir()
    (home / "data" / "in.csv").write_text("1,2\n")
    first = run(home, "--input", "train=data/in.csv", "--", "python", "train.py")
    assert runlog_cli("reproduce", first, cwd=home).returncode == 0
    (home / "data" / "in.csv").write_text("1,3\n")
    refused = runlog_cli("reproduce", first, cwd=home)
    assert refused.returncode == 4
    assert "input 'train' is not the same data" in refused.stderr
    plan = runlog_cli("reproduce", "--dry-run", first, cwd=home)
    assert plan.returncode == 1
    assert "  input    train = " in plan.stdout
    assert "what stands in the way\n  input 'train' is not the same data" in plan.stdout
    (tmp_path / "backup.csv").write_text("1,2\n")
    elsewhere = runlog_cli("reproduce", first, "--input", f"train={tmp_path / 'backup.csv'}", cwd=home)
    assert elsewhere.returncode == 0, elsewhere.stderr
    other = runlog_cli("reproduce", first, "--anyway", cwd=home)
    assert other.returncode == 1
    assert "first difference: input 'train': sha256" in other.stdout
    (home / "data" / "in.csv").unlink()
    assert "input 'train' is not there" in runlog_cli("reproduce", first, cwd=home).stderr


def test_a_program_cannot_spoil_the_data_it_is_given(tmp_path: Path) -> None:
    home = project(tmp_path / "project", train__py=DATA + "open('data/in.csv', 'a').write('spoilt')\n", __gitignore="data/\n")
    (home / "data").mkdir()
    (home / "data" / "in.csv").write_text("1,2\n")
    first = run(home, "--", "python", "train.py")
    (home / "data" / "in.csv").write_text("1,2\n")
    assert runlog_cli("reproduce", first, cwd=home).returncode == 0
    assert (home / "data" / "in.csv").read_text() == "1,2\n"


def test_secrets_have_to_be_given_again(tmp_path: Path) -> None:
    home = project(
        tmp_path / "project", train__py="import runlog\nrunlog.log_text(runlog.params()['api_key'][::-1], 'key.txt')\n"
    )
    first = run(home, "-p", "api_key=hunter2", "--", "python", "train.py")
    refused = runlog_cli("reproduce", first, cwd=home)
    assert refused.returncode == 4
    assert "param 'api_key' is a secret, which the store does not have: --param api_key=..." in refused.stderr
    done = runlog_cli("reproduce", first, "-p", "api_key=hunter2", cwd=home)
    assert done.returncode == 0, done.stderr
    assert ": identical (1 artifact)\n" in done.stdout


def test_what_was_asked_for_is_asked_for_again(tmp_path: Path) -> None:
    program = "import os; os.makedirs('out'); open('out/a.txt', 'w').write('a'); print('loss: 0.5')\n"
    program += "print(os.environ['OMP_NUM_THREADS'])\n"
    home = project(tmp_path / "project", train__py=program, __gitignore="out/\n")
    options = ["-a", "out/*.txt", "--metrics-from-output", "-e", "trips", "-t", "model=x"]
    first = run(home, *options, "--", "python", "train.py", OMP_NUM_THREADS="3")
    done = runlog_cli("reproduce", first, cwd=home, OMP_NUM_THREADS="1")
    assert ": identical (1 metric, 1 artifact)\n" in done.stdout
    again = newest(home)
    assert (again.experiment, again.tags["model"]) == ("trips", "x")
    assert (again.path / "output" / "stdout.log").read_text() == "loss: 0.5\n3\n"


def test_a_run_that_python_began_itself_and_one_of_several(tmp_path: Path) -> None:
    program = """import runlog
for a in (1, 2, 3):
    with runlog.start_run(params={"a": a}) as run:
        run.log_metric("double", 2 * a)
"""
    home = project(tmp_path / "project", sweep__py=program)
    subprocess.run([sys.executable, "sweep.py"], cwd=home, check=True, env={**os.environ, "PYTHONPATH": str(SAMPLES.parent)})
    for stored in list(runlog.open_store(home / ".runlog").runs()):
        done = runlog_cli("reproduce", stored.id, cwd=home)
        assert done.returncode == 0, done.stdout + done.stderr
        assert ": identical (1 metric)\n" in done.stdout


def test_a_folder_that_is_named_is_left_and_never_written_over(tmp_path: Path) -> None:
    home = project(tmp_path / "project", train__py=NOISY)
    first = run(home, "--", "python", "train.py")
    assert runlog_cli("reproduce", first, "--into", tmp_path / "again", cwd=home).returncode == 0
    assert (tmp_path / "again" / "train.py").read_text() == NOISY
    refused = runlog_cli("reproduce", first, "--into", tmp_path / "again", cwd=home)
    assert refused.returncode == 4
    assert "is there already" in refused.stderr


def test_paths_into_the_project_lead_into_the_fresh_folder(tmp_path: Path) -> None:
    """The file that was named by its whole path is not the one that is there today."""
    home = project(tmp_path / "project", train__py="import helper\nprint('loss: 0.5')\n", __gitignore="venv\n")
    (home / "lib").mkdir()
    (home / "lib" / "helper.py").write_text("")
    (home / "venv" / "bin").mkdir(parents=True)
    (home / "venv" / "bin" / "python").symlink_to(sys.executable)
    path = f"{home / 'lib'}{os.pathsep}{SAMPLES.parent}"
    first = run(home, "--metrics-from-output", "--", "venv/bin/python", str(home / "train.py"), PYTHONPATH=path)
    (home / "train.py").write_text("raise SystemExit('not this one')\n")
    (home / "lib" / "helper.py").write_text("raise SystemExit('nor this one')\n")
    done = runlog_cli("reproduce", "--json", first, cwd=home)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["judgement"] == "identical"
    assert "loss: 0.5\n" in done.stderr


def test_a_package_that_is_read_from_the_project_is_as_it_was(tmp_path: Path) -> None:
    """Installed as editable it leads Python into the folder of the project, where it has changed since."""
    home = project(tmp_path / "my project", train__py="import mine\nprint(f'loss: {mine.LOSS}')\n", __gitignore="venv\n")
    (home / "src").mkdir()
    (home / "src" / "mine.py").write_text("LOSS = 0.5\n")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home / "venv")], check=True)
    [site] = home.glob("venv/lib/python*/site-packages")
    (site / "mine.pth").write_text(f"{home / 'src'}\n")
    (site / "mine-1.0.dist-info").mkdir()
    origin = {"url": home.as_uri(), "dir_info": {"editable": True}}
    (site / "mine-1.0.dist-info" / "direct_url.json").write_text(json.dumps(origin))
    first = run(home, "--metrics-from-output", "--", "venv/bin/python", "train.py")
    (home / "src" / "mine.py").write_text("LOSS = 0.7\n")
    done = runlog_cli("reproduce", first, cwd=home)
    assert done.returncode == 0, done.stdout
    assert ": identical (1 metric)\n" in done.stdout


def test_what_cannot_be_repeated_says_why(tmp_path: Path) -> None:
    home = project(tmp_path / "project", train__py=NOISY)
    first = run(home, "--", "python", "train.py", RUNLOG_CAPTURE="off")
    done = runlog_cli("reproduce", first, cwd=home)
    assert done.returncode == 4
    assert f"error: run {first} cannot be repeated: its code was not captured\n" in done.stderr


def wheel(folder: Path, version: str) -> None:
    """A package as an index has it."""
    info = f"gizmo-{version}.dist-info"
    with zipfile.ZipFile(folder / f"gizmo-{version}-py3-none-any.whl", "w") as file:
        file.writestr("gizmo.py", f"VERSION = {version!r}\n")
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: gizmo\nVersion: {version}\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


def test_the_packages_are_installed_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = tmp_path / "index"
    index.mkdir()
    for version in ("1.0", "2.0"):
        wheel(index, version)
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": str(index), "OFFLINE": "1"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
        monkeypatch.setenv(f"UV_{name}", value)
    own = tmp_path / "own"
    subprocess.run([sys.executable, "-m", "venv", str(own)], check=True)
    subprocess.run([str(own / "bin" / "python"), "-m", "pip", "install", "-q", "gizmo==1.0"], check=True)
    subprocess.run([str(own / "bin" / "python"), "-m", "pip", "uninstall", "-q", "-y", "setuptools", "pip"], check=True)
    home = project(tmp_path / "project", train__py="import gizmo; print(f'version={gizmo.VERSION}')\n")
    first = run(home, "--metrics-from-output", "--", str(own / "bin" / "python"), "train.py")
    [site] = own.glob("lib/python*/site-packages")
    # Of another size, for Python would take bytecode of the same second to be that of these bytes.
    (site / "gizmo.py").write_text("VERSION = '2.0'  # another\n")
    (site / "gizmo-1.0.dist-info").rename(site / "gizmo-2.0.dist-info")
    without = runlog_cli("reproduce", first, cwd=home)
    assert without.returncode == 1
    assert "not the same: package gizmo: 1.0, here 2.0\n" in without.stderr
    planned = runlog_cli("reproduce", first, "--env", "--dry-run", cwd=home)
    assert planned.stdout.endswith("train.py\n  env      the packages of the run, in an environment of their own\n")
    done = runlog_cli("reproduce", first, "--env", cwd=home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ": identical (1 metric)\n" in done.stdout
    assert (newest(home).path / "output" / "stdout.log").read_text() == "version=1.0\n"
    again = runlog_cli("reproduce", first, "--env", cwd=home)
    assert ("building" in done.stderr, "building" in again.stderr) == (True, False)
    (index / "gizmo-1.0-py3-none-any.whl").unlink()
    gone = runlog_cli("reproduce", first, "--env", cwd=home, RUNLOG_CACHE=str(tmp_path / "cache"))
    assert gone.returncode == 7
    assert re.match(r"building .*\nerror: cannot install the packages: .*gizmo.*\nhint: ", gone.stderr), gone.stderr


def test_a_package_of_a_folder_is_installed_as_it_was(tmp_path: Path) -> None:
    """From its repository at the commit; where no repository has that, from the folder as it is."""
    whole, part, alone = project(tmp_path / "whole"), project(tmp_path / "many") / "part one", tmp_path / "alone"
    part.mkdir()
    (part / "gizmo.py").touch()
    git(part, "add", ".")
    git(part, "commit", "-q", "-m", "second")
    alone.mkdir()
    commits = {folder: git(folder, "rev-parse", "HEAD").strip() for folder in (whole, part)}
    origins = {name: {"url": folder.as_uri()} for name, folder in {"a": whole, "b": part, "c": alone, "d": part}.items()}
    for name, commit in {"a": commits[whole], "b": commits[part], "c": "1" * 40, "d": "2" * 40}.items():
        origins[name]["commit"] = commit
    assert requirements({"packages": dict.fromkeys("abcd", "1.0"), "origins": origins}, tmp_path / "project") == [
        f"git+{whole.as_uri()}@{commits[whole]}",
        f"git+{part.parent.as_uri()}@{commits[part]}#subdirectory=part%20one",
        f"c @ {alone.as_uri()}",
        f"d @ {part.as_uri()}",
    ]
