"""The files that `runlog run --artifact` keeps, and links among them."""

from pathlib import Path

import pytest

from tests.cli.conftest import program
from tests.scene import WITHOUT_POWERS, BareRun, bare_runs, python, runlog_cli


def only(folder: Path) -> BareRun:
    (found,) = bare_runs(folder / ".runlog").values()
    return found


def test_artifacts_are_kept_when_the_program_has_ended(work: Path) -> None:
    code = """
import os
os.makedirs("out/deep")
for name in ("out/model.bin", "out/deep/plot.png", "out/b.txt", "log.txt"):
    with open(name, "w") as file: file.write(name)
"""
    options = ["--artifact", "out/*.bin", "-a", "out/**/*.png", "-a", "log.txt", "-a", "*.txt"]
    runlog_cli("run", *options, "--", *program(work, code), cwd=work)
    run = only(work)
    assert {path: value["bytes"] for path, value in run.artifacts.items()} == {
        "out/model.bin": 13,
        "out/deep/plot.png": 17,
        "log.txt": 7,
    }
    assert (run.folder / "artifacts" / "out" / "deep" / "plot.png").read_text() == "out/deep/plot.png"


def test_a_folder_is_kept_whole_but_never_a_store(work: Path) -> None:
    (work / "out" / "empty").mkdir(parents=True)
    (work / "out" / "a.txt").write_text("a")
    (work / "b.txt").write_text("b")
    for pattern in ("out", "."):
        runlog_cli("run", "-n", pattern, "-a", pattern, "--", "true", cwd=work)
    runs = {run.birth["name"]: set(run.artifacts) for run in bare_runs(work / ".runlog").values()}
    assert runs == {"out": {"out/a.txt"}, ".": {"out/a.txt", "b.txt"}}


def test_what_lies_elsewhere_is_kept_under_its_name(work: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.txt").write_text("a")
    (work / "here[1].txt").write_text("a")
    options: list[str | Path] = ["-a", "../elsewhere/*", "-a", tmp_path / "elsewhere", "-a", work / "here[1].txt"]
    runlog_cli("run", *options, "--", "true", cwd=work)
    assert set(only(work).artifacts) == {"a.txt", "elsewhere/a.txt", "here[1].txt"}


def test_two_files_of_one_name_are_not_mixed_up(work: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(name)
    runlog_cli("run", "-a", "../one/*", "-a", "../two/*", "-a", "../one/a.txt", "--", "true", cwd=work)
    run = only(work)
    assert (run.folder / "artifacts" / "a.txt").read_text() == "one"
    problems = [entry["problem"] for entry in run.entries if "problem" in entry]
    assert problems == ["'../two/a.txt' is not kept: another file has its name 'a.txt' already"]


def test_a_pattern_that_fits_nothing_is_a_note_and_no_error(work: Path) -> None:
    done = runlog_cli("run", "-a", "*.bin", "--", "true", cwd=work)
    assert done.returncode == 0
    assert [entry["problem"] for entry in only(work).entries if "problem" in entry] == ["--artifact '*.bin' fits no file"]


def test_artifacts_of_a_program_that_failed_are_kept_too(work: Path) -> None:
    done = runlog_cli("run", "-a", "*.txt", "--", "sh", "-c", "echo half > part.txt; exit 3", cwd=work)
    assert done.returncode == 3
    assert set(only(work).artifacts) == {"part.txt"}


def linked(out: Path) -> None:
    """A folder with links to nothing, to itself and to a folder in it, among files."""
    (out / "deep").mkdir(parents=True)
    for name in ("model.pt", "deep/plot.pt", "z.pt"):
        (out / name).write_text(name)
    for name, target in (("gone", "nowhere"), ("itself", "."), ("latest", "deep")):
        (out / name).symlink_to(target)


LEFT_OUT = [
    "'out/gone' is a broken symbolic link",
    "'out/itself' is a link to a folder and was not followed",
    "'out/latest' is a link to a folder and was not followed",
]


@pytest.mark.parametrize(
    ("pattern", "kept", "told"),
    [
        ("out", {"out/model.pt", "out/deep/plot.pt", "out/z.pt"}, LEFT_OUT),
        ("out/*", {"out/model.pt", "out/deep/plot.pt", "out/z.pt"}, LEFT_OUT),
        ("out/**", {"out/model.pt", "out/deep/plot.pt", "out/z.pt"}, LEFT_OUT),
        ("**/*", {"out/model.pt", "out/deep/plot.pt", "out/z.pt"}, LEFT_OUT),
        ("**", {"out/model.pt", "out/deep/plot.pt", "out/z.pt"}, LEFT_OUT),
        ("out/**/*.pt", {"out/model.pt", "out/deep/plot.pt", "out/z.pt"}, LEFT_OUT[1:]),
        ("out/*/*.pt", {"out/deep/plot.pt"}, LEFT_OUT[1:]),
        ("out/*/", {"out/deep/plot.pt"}, LEFT_OUT[1:]),
        ("out/gone", set[str](), LEFT_OUT[:1]),
        ("out/latest", {"out/latest/plot.pt"}, []),
        ("out/latest/*.pt", {"out/latest/plot.pt"}, []),
        ("out/nothing/*", set[str](), ["--artifact 'out/nothing/*' fits no file"]),
    ],
)
def test_a_link_keeps_no_other_file_from_being_kept(work: Path, pattern: str, kept: set[str], told: list[str]) -> None:
    linked(work / "out")
    done = runlog_cli("run", "-q", "-a", pattern, "--", "true", cwd=work)
    run = only(work)
    assert (done.returncode, done.stderr.splitlines()) == (0, [f"runlog: run {run.birth['id']}: {line}" for line in told])
    assert set(run.artifacts) == kept
    assert [entry["problem"] for entry in run.entries if "problem" in entry] == told


def test_files_of_one_folder_are_each_told_of(work: Path) -> None:
    """However long the part is that their names share."""
    out = work / ("x" * 100)
    out.mkdir()
    names = [f"{out.name}/{name}" for name in "ab"]
    for name in names:
        (work / name).symlink_to("nowhere")
    runlog_cli("run", "-a", "x*", "-a", "**/*", "--", "true", cwd=work)
    problems = [entry["problem"] for entry in only(work).entries if "problem" in entry]
    assert problems == [f"'{name}' is a broken symbolic link" for name in names]


def test_a_file_takes_the_place_of_a_link_to_nothing(work: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "a.txt").symlink_to("nowhere")
    (tmp_path / "two" / "a.txt").write_text("two")
    runlog_cli("run", "-a", "../one/*", "-a", "../two/*", "--", "true", cwd=work)
    assert set(only(work).artifacts) == {"a.txt"}


@pytest.mark.parametrize("pattern", ["out", "out/*", "out/**", "o**/*", "out/**/*.txt", "**/*.txt"])
def test_a_folder_that_may_not_be_read_keeps_no_other_file_from_being_kept(work: Path, pattern: str) -> None:
    (work / "out" / "closed").mkdir(parents=True)
    for name in ("a.txt", "z.txt"):
        (work / "out" / name).touch()
    (work / "out" / "closed").chmod(0)
    script = f"{WITHOUT_POWERS}\nfrom runlog.cli import main\nmain()"
    done = python(script, "run", "-q", "-a", pattern, "--", "true", cwd=work)
    (work / "out" / "closed").chmod(0o755)
    run = only(work)
    told = f"runlog: run {run.birth['id']}: cannot read 'out/closed': permission denied\n"
    assert (done.stderr, set(run.artifacts)) == (told, {"out/a.txt", "out/z.txt"})


@pytest.mark.parametrize("pattern", ["out/closed/*", "out/closed/a.txt", "*/*/*.txt"])
def test_what_may_lie_in_a_folder_that_may_not_be_read_is_told(work: Path, pattern: str) -> None:
    (work / "out" / "closed").mkdir(parents=True)
    (work / "out" / "closed" / "a.txt").touch()
    (work / "out" / "closed").chmod(0)
    done = python(f"{WITHOUT_POWERS}\nfrom runlog.cli import main\nmain()", "run", "-q", "-a", pattern, "--", "true", cwd=work)
    (work / "out" / "closed").chmod(0o755)
    assert done.stderr == f"runlog: run {only(work).birth['id']}: cannot read 'out/closed': permission denied\n"
