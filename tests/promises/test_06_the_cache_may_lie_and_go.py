"""Promise 6: what runlog caches lies in the user's cache folder, is verified when used, and can be deleted at any time."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scene import WITHOUT_POWERS, files_below, python, runlog_cli, tree

# So many runs that asking all of them one by one is worth avoiding.
MAKE = """
import runlog
for number in range(230):
    tags = {} if number % 2 else {"even": ""}
    with runlog.start_run(experiment=f"e{number % 3}", name=f"run {number}", params={"n": number}, tags=tags) as run:
        run.log_metric("loss", 1 / (number + 1))
"""
SECTOR = 4096
QUESTIONS = (
    ["ls"],
    ["ls", "--jsonl", "--where", "loss < 0.01 and param.n != 150", "--sort", "-loss"],
    ["ls", "-q", "-e", "e1", "--tag", "even"],
    ["ls", "-q", "--removed"],
    ["show", "run 7"],
    ["best", "loss"],
    ["experiments"],
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    done = python(MAKE, cwd=folder, RUNLOG_CACHE=folder / "cache")
    assert done.returncode == 0, done.stderr
    assert runlog_cli("check", cwd=folder).returncode == 0
    return folder / ".runlog"


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    shutil.copytree(made, tmp_path / "project" / ".runlog")
    return tmp_path / "project"


def answers(project: Path, cache: Path) -> list[tuple[int, str, str]]:
    """What each question comes to."""
    found = []
    for words in QUESTIONS:
        done = runlog_cli(*words, cwd=project, RUNLOG_CACHE=cache)
        found.append((done.returncode, done.stdout, done.stderr))
    return found


def nothing(cache: Path) -> None:
    """The cache is warm and right."""


def gone(cache: Path) -> None:
    shutil.rmtree(cache)


def emptied(cache: Path) -> None:
    for path in files_below(cache):
        os.truncate(path, 0)


def garbled(cache: Path) -> None:
    for path in files_below(cache):
        path.write_bytes(b"\xff" * path.stat().st_size)


def halved(cache: Path) -> None:
    for path in files_below(cache):
        os.truncate(path, path.stat().st_size // 2)


def spotted(cache: Path) -> None:
    """What a failing disk does: most is sound, and a sector in it is not."""
    _spoil(cache, 1 / 3)


def spotted_further_on(cache: Path) -> None:
    _spoil(cache, 3 / 5)


def spotted_at_the_end(cache: Path) -> None:
    _spoil(cache, 1)


def _spoil(cache: Path, where: float) -> None:
    for path in files_below(cache):
        data = bytearray(path.read_bytes())
        sector = min(round(len(data) * where), len(data) - 1) // SECTOR * SECTOR
        for place in range(sector, min(sector + SECTOR, len(data))):
            data[place] ^= 0x55
        path.write_bytes(bytes(data))


def a_file(cache: Path) -> None:
    shutil.rmtree(cache)
    cache.write_text("no folder")


def below_a_link_to_nowhere(cache: Path) -> None:
    shutil.rmtree(cache)
    cache.symlink_to("/proc/nowhere")


@pytest.mark.parametrize(
    "spoil",
    [
        nothing,
        gone,
        emptied,
        garbled,
        halved,
        spotted,
        spotted_further_on,
        spotted_at_the_end,
        a_file,
        below_a_link_to_nowhere,
    ],
    ids=lambda spoil: spoil.__name__,
)
def test_whatever_becomes_of_the_cache(project: Path, tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    cache = tmp_path / "cache"
    without = tree(project)
    first = answers(project, cache)
    assert {status for status, _, _ in first} == {0}
    spoil(cache)
    assert answers(project, cache) == first
    assert tree(project) == without, "the store holds something of the cache"


def test_a_cache_that_cannot_be_written(project: Path, tmp_path: Path) -> None:
    first = answers(project, tmp_path / "cache")
    (tmp_path / "closed").mkdir(mode=0o555)
    script = f"{WITHOUT_POWERS}\nimport sys\nfrom runlog.cli import main\nsys.exit(main())\n"
    for words, expected in zip(QUESTIONS, first, strict=True):
        done = python(script, *words, cwd=project, RUNLOG_CACHE=tmp_path / "closed")
        assert (done.returncode, done.stdout, done.stderr) == expected
    assert list((tmp_path / "closed").iterdir()) == []


def test_what_changes_behind_the_cache_is_seen(project: Path, tmp_path: Path) -> None:
    """A run that was copied in, one that is gone, and words that another machine said: all without runlog's knowing."""
    cache = tmp_path / "cache"
    answers(project, cache)
    folders = sorted((project / ".runlog").glob("experiments/*/2*"))
    shutil.move(folders[0], tmp_path / "moved")
    gone_id = folders[0].name
    word = {"at": "2037-01-01T00:00:00.000000Z", "tag": "from", "value": "elsewhere"}
    document = {"format": 1, "run": folders[1].name, "writer": "20370101-000000-k3f9x2", "records": 1, "process": None}
    document |= {"last_sign_at": word["at"], "points": 0, "metrics": {}, "entries": [word]}
    (folders[1] / "entries-20370101-000000-k3f9x2.1.json").write_text(json.dumps(document))
    assert runlog_cli("ls", "-q", "--tag", "from=elsewhere", cwd=project, RUNLOG_CACHE=cache).stdout.split() == [folders[1].name]
    assert gone_id not in runlog_cli("ls", "-q", cwd=project, RUNLOG_CACHE=cache).stdout
    shutil.move(tmp_path / "moved", folders[0])
    assert gone_id in runlog_cli("ls", "-q", cwd=project, RUNLOG_CACHE=cache).stdout
    assert answers(project, cache) == answers(project, tmp_path / "another cache")
