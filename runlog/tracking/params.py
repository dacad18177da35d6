"""The params that a program was given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from runlog.errors import RunlogError
from runlog.store.store import Store
from runlog.tracking.active import given_run
from runlog.tracking.discretion import given as given_secrets
from runlog.tracking.warning import warn


def params(**defaults: Any) -> dict[str, Any]:
    """The parameters given to this process by `runlog run --param`, typed, over the defaults named here.

    What was only read off the program's own flags is among them where a default is named, for the program has its flags anyway.
    """
    given = given_run()
    if given is None:
        return dict(defaults)
    try:
        birth = Store.open(Path(given["store"])).run_dir(given["run"]).birth()
    except (OSError, RunlogError) as error:
        warn(f"cannot read the parameters of run {given['run']}: {error}")
        return dict(defaults)
    flags = set(birth.command.get("flags", ())) - defaults.keys()
    whole = {**birth.params, **given_secrets(birth.id)}
    found = {key: value for key, value in whole.items() if key not in flags}
    return {**defaults, **{key: _like(value, defaults.get(key)) for key, value in found.items()}}


def _like(value: Any, default: Any) -> Any:
    """`--param alpha=1` for a default of 0.1 is 1.0, and `--param name=5` for a text is "5"."""
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(default, str) and isinstance(value, int | float):
        return json.dumps(value)  # as it was typed: true, not True
    return value
