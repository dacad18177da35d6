"""How the commands that ask a model for predictions find and load it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runlog.models.loading import Predictor


def loaded(what: str, trust: bool) -> tuple[str, Predictor]:
    """What a model is called in messages, and the model. A folder on disk needs no store."""
    from runlog import config
    from runlog.cli.opening import open_store
    from runlog.models.find import find_model
    from runlog.models.loading import load_predictor
    from runlog.models.trust import is_trusted

    found = find_model(open_store() if config.find_store() else None, what)
    home = found.folder if found.run is None else found.run.path
    model = load_predictor(found.folder, trust=is_trusted(home, trust))
    model.must_predict()
    return found.label, model
