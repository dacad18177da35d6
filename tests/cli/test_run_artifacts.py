"""Links among the files that `runlog run --artifact` shall keep."""

from pathlib import Path

import pytest

from tests.scene import BareRun, bare_runs, runlog_cli


def only(folder: Path) -> BareRun:
    (found,) = bare_runs(folder / ".runlog").values()
    return found


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
