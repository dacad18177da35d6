"""A run as people read it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import runlog
from runlog.errors import OutsideError


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_of_a_library_that_is_not_there_is_refused_in_words(
    library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with runlog.start_run(store=tmp_path / ".runlog") as run:
        run.log_metric("loss", 0.5)
    stored = runlog.open_store(tmp_path / ".runlog").run(run.id)
    assert len(getattr(stored, f"to_{library}")("loss")) == 1
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(OutsideError, match=f"a {library} frame needs {library}, which is not installed") as caught:
        getattr(stored, f"to_{library}")("loss")
    assert caught.value.hint == f"pip install {library}"
