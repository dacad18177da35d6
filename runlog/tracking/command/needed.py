"""Whether a run would only say again what an earlier one has said."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runlog import config
from runlog.capture import secrets
from runlog.errors import StoreError
from runlog.records import Birth, RunRecord
from runlog.runs.inputs import check_input, check_inputs
from runlog.store.store import Store
from runlog.tracking import coding
from runlog.tracking.command.program import Ready, Request
from runlog.tracking.paths import seen_from, working_folder


def find_same(request: Request, ready: Ready) -> RunRecord | None:
    """The newest finished run of the same code, params, inputs and command; none when it has to be run. What is not known of a
    run, as its code, is not the same. Secrets are not told apart."""
    root = config.find_store()
    if root is None or not config.capture_wanted() or not os.path.exists(root / config.FORMAT_FILE):
        return None
    store = Store.open(root)
    store.recover()
    code = coding.code(store, ready.command)
    if not code.get("tree"):
        return None
    wanted = {
        "code": code["tree"],
        "params": secrets.withheld({**ready.params, **ready.flags})[0],
        "command": _without_secrets(ready.typed),
        "cwd": seen_from(store.root.parent, working_folder()),
        "options": request.options(),
    }
    for folder in store.run_dirs():
        try:
            if _wanted(folder.birth()) != wanted:
                continue
            record = folder.record()
        except StoreError:
            continue
        if _is_over(record, request) and _same_inputs(store, record, ready.inputs):
            return record
    return None


def _wanted(birth: Birth) -> dict[str, Any]:
    command = birth.command
    words = command.get("typed") or command.get("argv") or ()
    return {
        "code": birth.code.get("tree"),
        "params": birth.params,
        "command": _without_secrets([str(word) for word in words]),
        "cwd": command.get("cwd"),
        "options": command.get("options") or {},
    }


def _without_secrets(words: list[str]) -> list[str]:
    return secrets.withheld_words(list(words))[0]


def _is_over(record: RunRecord, request: Request) -> bool:
    asked = request.experiment
    return record.state == "finished" and not record.removed and asked in {None, record.experiment}


def _same_inputs(store: Store, record: RunRecord, given: Mapping[str, str]) -> bool:
    """All that it used is as it was, and what is named now is what it used."""
    for name, path in given.items():
        if name not in record.inputs or check_input(Path(os.path.abspath(path)), record.inputs[name], store).condition != "same":
            return False
    rest = [found for found in check_inputs(store, record) if found.name not in given]
    return all(found.condition == "same" for found in rest)
