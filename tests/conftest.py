"""What every test gets: a cache of its own, and nothing of the caller's own runs."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Without the database of failures, which lies in the repository, where whoever runs the tests need not be able to write,
# and without deadlines, for whatever else the machine does may take longer than an example.
settings.register_profile("anywhere", database=None, deadline=None)
settings.load_profile("anywhere")

# Whoever started the tests may not listen to these, as `nohup` does; the programs of the tests must.
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

# In these folders tests train the same models, and load libraries that take long: one worker does so for all of them.
_TOGETHER = ("tests/models/flavors/", "tests/server/")


def pytest_sessionstart() -> None:
    """Programs of the tests find their store as everybody does, so there must be none above them."""
    place = Path(tempfile.gettempdir()).resolve()
    above = [folder for folder in (place, *place.parents) if (folder / ".runlog").exists()]
    if above:
        pytest.exit(f"there is a store in {above[0]}, above the folders that tests are run in: move it away", 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        group = next((folder for folder in _TOGETHER if folder in item.path.as_posix()), None)
        if group is not None:
            item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(autouse=True)
def own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    before = dict(os.environ)
    for key in list(os.environ):
        # Without PYTHONUNBUFFERED, as most people are: with it, what was not flushed is seen all the same.
        if key.startswith(("RUNLOG_", "SLURM_")) or key == "PYTHONUNBUFFERED":
            monkeypatch.delenv(key)
    monkeypatch.setenv("RUNLOG_CACHE", str(tmp_path / "runlog-cache"))
    # What a run captures of its surroundings takes time, and is the business of the tests that turn it on.
    monkeypatch.setenv("RUNLOG_CAPTURE", "off")
    yield
    # A command that runs in this process sets what its children shall see, which is nothing for the next test.
    os.environ.clear()
    os.environ.update(before)
