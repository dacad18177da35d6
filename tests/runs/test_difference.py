"""What differs between runs, found with real repositories, and shown whole."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from runlog.runs.patches import FileChange, Version, compare_file, compare_tables, read_table
from tests.scene import on_a_terminal, runlog_cli

TRAIN = """import runlog
given = runlog.params(a=1)
with runlog.start_run() as run:
    run.use_data("data.csv", "train")
    run.log_metric("loss", given["a"] / 4)
    run.log_text(f"a is {given['a']}\\nok\\n", "notes.txt")
    run.log_table([{"x": 1, "y": given["a"]}, {"x": 2, "y": 5}], "t.csv")
    run.log_text("\\0" + str(given["a"]), "model.bin")
    run.log_text("always", "same.txt")
"""


def git(folder: Path, *words: str) -> str:
    settings = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    return subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


@dataclass(frozen=True)
class Changed:
    """Two runs of a project, between which nearly everything changed."""

    project: Path
    first: str
    second: str


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    remember_surroundings(monkeypatch)


@pytest.fixture
def project(surroundings: None, tmp_path: Path) -> Path:
    return repository(tmp_path / "project")


@pytest.fixture(scope="module")
def changed_once(tmp_path_factory: pytest.TempPathFactory) -> Changed:
    with pytest.MonkeyPatch.context() as patch:
        remember_surroundings(patch)
        folder = repository(tmp_path_factory.mktemp("changed") / "project")
        patch.setenv("RUNLOG_CACHE", str(folder.with_name("cache")))
        first = run(folder, 1)
        (folder / "train.py").write_text(TRAIN.replace("ok", "okay"))
        git(folder, "mv", "old.txt", "new.txt")
        (folder / "weights").write_bytes(b"\0\1")
        (folder / "data.csv").write_text("2\n")
        return Changed(folder, first, run(folder, 2, OMP_NUM_THREADS="3"))


@pytest.fixture
def changed(surroundings: None, changed_once: Changed, tmp_path: Path) -> Changed:
    return replace(changed_once, project=shutil.copytree(changed_once.project, tmp_path / "project"))


def remember_surroundings(patch: pytest.MonkeyPatch) -> None:
    """Runs keep what is around them, which is the same wherever tests run."""
    patch.setenv("RUNLOG_CAPTURE", "on")
    patch.delenv("OMP_NUM_THREADS", raising=False)


def repository(folder: Path) -> Path:
    """A repository with a program in it."""
    folder.mkdir()
    (folder / "train.py").write_text(TRAIN)
    (folder / "old.txt").write_text("moved\n" * 3)
    (folder / "data.csv").write_text("1\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def run(folder: Path, a: int, **settings: str) -> str:
    done = runlog_cli("run", "-p", f"a={a}", "--", sys.executable, "train.py", cwd=folder, **settings)
    found = re.search(r"run (\S+) finished", done.stderr)
    assert found is not None, done.stderr
    return found[1]


PAGE = """{first} -> {second}

params
  a  1 -> 2

code  4 files, 2 lines added, 2 lines removed
diff --git a/data.csv b/data.csv
--- a/data.csv
+++ b/data.csv
@@ -1 +1 @@
-1
+2
diff --git a/old.txt b/new.txt
rename from old.txt
rename to new.txt
diff --git a/train.py b/train.py
--- a/train.py
+++ b/train.py
@@ -3,7 +3,7 @@
 with runlog.start_run() as run:
     run.use_data("data.csv", "train")
     run.log_metric("loss", given["a"] / 4)
-    run.log_text(f"a is {{given['a']}}\\nok\\n", "notes.txt")
+    run.log_text(f"a is {{given['a']}}\\nokay\\n", "notes.txt")
     run.log_table([{{"x": 1, "y": given["a"]}}, {{"x": 2, "y": 5}}], "t.csv")
     run.log_text("\\0" + str(given["a"]), "model.bin")
     run.log_text("always", "same.txt")
diff --git a/weights b/weights
new file mode 100644
Binary files /dev/null and b/weights differ

data
  train  sha256 4355a46b19d3 -> sha256 53c234e5e847

environment
  $OMP_NUM_THREADS  + 3

metrics
  loss  0.25 -> 0.5 (+0.25)

artifacts  3 files, 2 lines added, 2 lines removed
  model.bin  sha256 bfca2c7d2a63 (2 bytes) -> 9e0c5b2a4b8e (2 bytes)
  t.csv  'y' differs in 1 row, first in row 0: 1 -> 2
diff --git a/notes.txt b/notes.txt
--- a/notes.txt
+++ b/notes.txt
@@ -1,2 +1,2 @@
-a is 1
-ok
+a is 2
+okay
"""


def without_packages(text: str) -> str:
    """The repository of runlog itself may gain a commit while tests run; then it differs, too."""
    text = re.sub(r"\npackages\n  runlog .*\n", "", text)
    return re.sub(r"bin  sha256 .*", "bin  sha256", text)


def test_everything_that_differs_between_two_runs(changed: Changed) -> None:
    project, first, second = changed.project, changed.first, changed.second
    done = runlog_cli("diff", first, second, cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    assert without_packages(done.stdout) == without_packages(PAGE.format(first=first, second=second))
    same = runlog_cli("diff", second, second, cwd=project)
    assert same.stdout == f"{second} -> {second}\n\nnothing differs\n"


def test_a_param_that_is_none_is_no_empty_cell(project: Path) -> None:
    for depth in ("null", "5"):
        runlog_cli("run", "-q", "-p", f"depth={depth}", "--", "true", cwd=project)
    shown = runlog_cli("diff", "@last~1", "@last", cwd=project).stdout
    assert "\nparams\n  depth  null -> 5\n" in shown


def test_files_are_counted(changed: Changed) -> None:
    project, first, second = changed.project, changed.first, changed.second
    done = runlog_cli("diff", "--stat", first, second, cwd=project)
    [code] = re.findall(r"code  .*\n((?:  .*\n)+)", done.stdout)
    assert code == (
        "  data.csv           | 2 +-\n"
        "  old.txt => new.txt | moved\n"
        "  train.py           | 2 +-\n"
        "  weights            | new: binary, 2 bytes\n"
    )
    [artifacts] = re.findall(r"artifacts  .*\n((?:  .*\n)+)", done.stdout)
    assert "  notes.txt | 4 ++--\n" in artifacts


def test_the_code_is_a_patch_that_git_applies(project: Path, tmp_path: Path) -> None:
    first = run(project, 1)
    (project / "train.py").write_text(TRAIN.replace("ok", "okay") + "# no newline at the end")
    (project / "new.txt").write_text("new\n")
    (project / "old.txt").chmod(0o755)
    patch = runlog_cli("diff", "--code", first, cwd=project).stdout
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(project), str(clone))
    subprocess.run(["git", "apply"], cwd=clone, input=patch, text=True, check=True)
    for name in ("train.py", "new.txt", "old.txt", "data.csv"):
        assert (clone / name).read_bytes() == (project / name).read_bytes()
    assert os.access(clone / "old.txt", os.X_OK)


ODD = {
    b"latin.py": (b"caf\xe9\nzwei\n", b"caf\xe9\nzw\xe4i\n"),
    b"dos.py": (b"a\r\nb\r\n", b"a\r\nc\r\n"),
    b"feeds.py": (b"x\n\x0cy\n\x0bz\n\xc2\x85q\n", b"x\n\x0cY\n\x0bz\n\xc2\x85Q\n"),
    "nä me.py".encode(): (b"one", b"one\ntwo"),
    b'tab\tand "quote".py': (b"one", b"one\n"),
    b"none \xff.py": (b"one\n", b"two\n"),
}


def test_the_patch_holds_the_very_bytes_of_odd_texts_and_odd_names(project: Path) -> None:
    for version in range(2):
        for name, texts in ODD.items():
            Path(os.fsdecode(os.path.join(os.fsencode(project), name))).write_bytes(texts[version])
        if version == 0:
            git(project, "add", ".")
            git(project, "commit", "-q", "-m", "odd")
        else:
            (project / "weights.bin").write_bytes(b"\0\1")
        run(project, version + 1)
    command = [sys.executable, "-m", "runlog", "diff", "@last~1", "@last", "--code"]
    done = subprocess.run(command, cwd=project, check=True, capture_output=True)
    assert done.stderr == b"note: not in the patch: weights.bin (binary, 2 bytes)\n"
    git(project, "checkout", "-q", ".")
    subprocess.run(["git", "apply"], cwd=project, check=True, input=done.stdout)
    for name, texts in ODD.items():
        assert Path(os.fsdecode(os.path.join(os.fsencode(project), name))).read_bytes() == texts[1]
    page = runlog_cli("diff", "@last~1", "@last", cwd=project).stdout
    assert "-zwei\n+zw\N{REPLACEMENT CHARACTER}i\n" in page
    assert "new file mode 100644\nBinary files /dev/null and b/weights.bin differ\n" in page
    json.loads(runlog_cli("diff", "@last~1", "@last", "--json", cwd=project).stdout)


def test_against_what_is_here_now(project: Path) -> None:
    first = run(project, 1)
    same = json.loads(runlog_cli("diff", "--json", first, cwd=project).stdout)
    assert (same["code"], [change for change in same["changes"] if change["section"] != "packages"]) == ([], [])
    (project / "data.csv").write_text("3\n")
    (project / "more.py").write_text("x = 1\n")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "second")
    shown = runlog_cli("diff", "@last", cwd=project, MKL_NUM_THREADS="1").stdout
    assert shown.startswith(f"{first} -> what is here now\n")
    assert "data\n  train  sha256 4355a46b19d3 -> sha256 1121cfccd591\n" in shown
    assert "environment\n  $MKL_NUM_THREADS  + 1\n" in shown
    assert "diff --git a/more.py b/more.py\nnew file mode 100644\n--- /dev/null\n+++ b/more.py\n@@ -0,0 +1 @@\n+x = 1\n" in shown


def test_for_programs(changed: Changed) -> None:
    project, first, second = changed.project, changed.first, changed.second
    found = json.loads(runlog_cli("diff", "--json", first, second, cwd=project).stdout)
    assert (found["before"], found["after"], found["same"]) == (first, second, False)
    assert {"section": "params", "key": "a", "how": "changed", "before": 1, "after": 2} in found["changes"]
    assert [(file["path"], file["how"], file["binary"]) for file in found["code"]] == [
        ("data.csv", "changed", False),
        ("new.txt", "renamed", False),
        ("train.py", "changed", False),
        ("weights", "added", True),
    ]


def test_a_store_that_was_copied_away_knows_the_difference(changed: Changed, tmp_path: Path) -> None:
    project, first, second = changed.project, changed.first, changed.second
    here = runlog_cli("diff", first, second, cwd=project).stdout
    away = tmp_path / "away"
    away.mkdir()
    shutil.copytree(project / ".runlog", away / ".runlog")
    shutil.rmtree(project)
    assert without_packages(runlog_cli("diff", first, second, cwd=away).stdout) == without_packages(here)


def test_runs_without_code_say_so(project: Path) -> None:
    first = run(project, 1, RUNLOG_CAPTURE="off")
    shown = runlog_cli("diff", first, cwd=project).stdout
    assert f"note: the code of run {first} was not captured\n" in shown
    assert f"note: packages and environment of {first} were not captured\n" in shown


def test_on_a_terminal_it_goes_through_the_pager(changed: Changed, tmp_path: Path) -> None:
    project, first, second = changed.project, changed.first, changed.second
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\necho BEGIN\ncat\necho END\n")
    pager.chmod(0o755)
    shown = on_a_terminal("diff", first, second, cwd=project, PAGER=pager)
    assert shown.startswith("BEGIN\n")
    assert shown.endswith("END\n")
    assert on_a_terminal("diff", "--no-pager", first, second, cwd=project, PAGER=pager).startswith(first)
    coloured = on_a_terminal("diff", first, second, cwd=project, PAGER="cat", NO_COLOR="")
    assert "\033[32m+2\033[m" in coloured
    assert "\033" not in on_a_terminal("diff", first, second, cwd=project, PAGER="cat")


def test_patches_are_those_of_git(tmp_path: Path) -> None:
    """Every pair of contents, as git itself shows it without index lines."""
    contents = [
        "",
        "a\n",
        "a",
        "a\nb\nc\n",
        "a\nx\nc\n",
        "\n\n",
        "a\r\nb\x0cc\n",
        "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
        "1\n2\n3\n4\n5\n6\n7\n8\n9",
    ]
    for one in contents:
        for other in contents:
            if one == other:
                continue
            found = compare_file(Version("f", "100644", one.encode()), Version("f", "100644", other.encode()))
            (tmp_path / "old").write_bytes(one.encode())
            (tmp_path / "f").write_bytes(one.encode())
            subprocess.run(["git", "apply", "--allow-empty", "-"], cwd=tmp_path, input=found.patch.encode(), check=True)
            assert (tmp_path / "f").read_bytes() == other.encode()


def test_what_cannot_be_shown_line_by_line() -> None:
    long = "".join(f"{number}\n" for number in range(20_000)).encode()
    found = compare_file(Version("f", "100644", long), Version("f", "100644", long + b"x\n"))
    assert (found.patch, found.note) == ("", "too long to show line by line")
    assert compare_file(Version("f", "100644", None), Version("f", "100644", b"x")) == FileChange(
        "f", "changed", note="its bytes are not here"
    )


def test_tables_are_compared_by_value() -> None:
    def told(one: str, other: str) -> str:
        tables = [read_table("t.csv", text.encode()) for text in (one, other)]
        assert tables[0] is not None
        assert tables[1] is not None
        return compare_tables(tables[0], tables[1])

    assert told("a,b\n1,2\n", 'a,"b"\n1,2\n') == ""
    assert told("a,b\n1,2\n", "a,b\n1,2\n3,4\n") == "1 -> 2 rows"
    assert told("a,b\n1,2\n", "a,c\n1,2\n") == "without column 'b', with column 'c'"
    assert told("a\n1\n2\n3\n", "a\n1\n5\n6\n") == "'a' differs in 2 rows, first in row 1: 2 -> 5"
    assert told("a\nnan\n", "a\nnan\n") == ""
    assert read_table("t.parquet", b"nonsense") is None
