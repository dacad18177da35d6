"""runlog: an experiment tracker whose database is your filesystem.

Importing this loads nothing but the names below; each is fetched when it is first used.
"""

from __future__ import annotations

import atexit
import sys

TYPE_CHECKING = False  # type checkers know the name; typing itself would be most of what importing this costs

if TYPE_CHECKING:
    import os
    from typing import Any

    from runlog.errors import RunlogError as RunlogError
    from runlog.integrations.autologging import autolog as autolog
    from runlog.models.gate.door import gate as gate
    from runlog.store.store import Store as Store
    from runlog.store.stored import StoredRun as StoredRun
    from runlog.tracking.active import active_run as active_run
    from runlog.tracking.modeling import load_model as load_model
    from runlog.tracking.modeling import load_predictor as load_predictor
    from runlog.tracking.modeling import log_model as log_model
    from runlog.tracking.params import params as params
    from runlog.tracking.registering import alias_model as alias_model
    from runlog.tracking.registering import find_model as find_model
    from runlog.tracking.registering import promote_model as promote_model
    from runlog.tracking.registering import register_model as register_model
    from runlog.tracking.run import Run as Run
    from runlog.tracking.start import start_run as start_run
    from runlog.tracking.verbs import finish as finish
    from runlog.tracking.verbs import log_artifact as log_artifact
    from runlog.tracking.verbs import log_dict as log_dict
    from runlog.tracking.verbs import log_figure as log_figure
    from runlog.tracking.verbs import log_image as log_image
    from runlog.tracking.verbs import log_json as log_json
    from runlog.tracking.verbs import log_metric as log_metric
    from runlog.tracking.verbs import log_metrics as log_metrics
    from runlog.tracking.verbs import log_param as log_param
    from runlog.tracking.verbs import log_params as log_params
    from runlog.tracking.verbs import log_table as log_table
    from runlog.tracking.verbs import log_text as log_text
    from runlog.tracking.verbs import remove_tag as remove_tag
    from runlog.tracking.verbs import set_name as set_name
    from runlog.tracking.verbs import set_note as set_note
    from runlog.tracking.verbs import set_tag as set_tag
    from runlog.tracking.verbs import set_tags as set_tags
    from runlog.tracking.verbs import use_data as use_data
    from runlog.tracking.verbs import use_model as use_model

__version__ = "0.1.0"

_ROOMS = {
    "runlog.errors": ["RunlogError"],
    "runlog.integrations.autologging": ["autolog"],
    "runlog.models.gate.door": ["gate"],
    "runlog.store.store": ["Store"],
    "runlog.store.stored": ["StoredRun"],
    "runlog.tracking.active": ["active_run"],
    "runlog.tracking.run": ["Run"],
    "runlog.tracking.modeling": ["load_model", "load_predictor", "log_model"],
    "runlog.tracking.params": ["params"],
    "runlog.tracking.registering": ["alias_model", "find_model", "promote_model", "register_model"],
    "runlog.tracking.start": ["start_run"],
    "runlog.tracking.verbs": [
        "finish",
        "log_artifact",
        "log_dict",
        "log_figure",
        "log_image",
        "log_json",
        "log_metric",
        "log_metrics",
        "log_param",
        "log_params",
        "log_table",
        "log_text",
        "remove_tag",
        "set_name",
        "set_note",
        "set_tag",
        "set_tags",
        "use_data",
        "use_model",
    ],
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = ["__version__", "open_store"]
__all__.extend(_HOME)


def open_store(path: str | os.PathLike[str] | None = None) -> Store:
    """The store at `path`, or the one `RUNLOG_STORE` names, or the nearest above the current folder.

    What dead processes left unfinished in it is finished, where this process may write.
    """
    from runlog import config
    from runlog.errors import NotAStore
    from runlog.store.store import Store

    root = config.find_store(path)
    if root is None:
        raise NotAStore("there is no store here or in any folder above", hint="runlog init")
    store = Store.open(root)
    store.recover()
    return store


@atexit.register
def _end() -> None:
    # Said here and not with the first run: handlers that a program registers after this import come first, and may still log.
    ending = sys.modules.get("runlog.tracking.ending")
    if ending is not None:
        ending.at_exit()


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'runlog' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
