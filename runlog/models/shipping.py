"""A model out of the store, with a word about where it comes from."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from runlog.capture.secrets import without_credentials
from runlog.errors import UsageError
from runlog.models.find import Found, quoted
from runlog.models.inrun import models_in
from runlog.records import RunRecord
from runlog.store.document import plain, time_text
from runlog.store.shipping import ARCHIVES, ship

PROVENANCE = "runlog.json"
_OTHER_ARCHIVES = {
    ".rar",
    ".7z",
    ".gz",
    ".bz2",
    ".tbz",
    ".tbz2",
    ".xz",
    ".txz",
    ".lzma",
    ".zst",
    ".tzst",
    ".lz4",
    ".z",
    ".whl",
    ".jar",
}


def export(found: Found, target: Path, *, replace: bool = False) -> Path:
    """Copy a model to a folder or archive (`.zip`, `.tar.gz`, `.tgz`, `.tar`) that needs nothing else; where it is then."""
    if found.run is None:
        raise UsageError(f"{found.path!r} lies in no store: it is a folder already", hint=f"cp -r {quoted(found.path)} ...")
    if not target.name.lower().endswith(ARCHIVES) and target.suffix.lower() in _OTHER_ARCHIVES:
        known = ", ".join(ARCHIVES)
        raise UsageError(
            f"{target.name!r} looks like an archive of a kind that is not written: it is one of {known}, or a folder"
        )
    model = next(model for model in models_in(found.run.record) if model.path == found.path)
    name = next(name for name in (PROVENANCE, *(f"runlog-{count}.json" for count in range(2, 1000))) if name not in model.files)
    data = json.dumps(plain(provenance(found, model.digest)), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    extra = (name, data.encode("utf-8", "replace"))
    at = found.version.registered_at if found.version else model.at
    ship(found.run.path, model.files, extra, target, top=default_name(found), at=at, replace=replace)
    return target


def default_name(found: Found) -> str:
    """What a model that was shipped is called."""
    called = f"{found.version.model}-{found.version.word}" if found.version else found.label.replace("/", "-")
    return re.sub(r"[^\w.~-]+", "-", called).strip("-.") or "model"


def provenance(found: Found, digest: str) -> dict[str, Any]:
    """Where a model comes from, for whoever has nothing but the folder. It names no machine and no path of one."""
    run, version = found.run, found.version
    return {
        "model": version.model if version else None,
        "version": version.number if version else None,
        "id": version.id if version else None,
        "stage": version.stage if version else None,
        "aliases": list(version.aliases) if version else [],
        "tags": version.tags if version else {},
        "description": version.description if version else None,
        "registered_at": time_text(version.registered_at) if version else None,
        "digest": digest,
        "run": _run(run.record) if run else None,
    }


def _run(run: RunRecord) -> dict[str, Any]:
    remote = run.code.get("remote")
    return {
        "id": run.id,
        "name": run.name,
        "experiment": run.experiment,
        "created_at": time_text(run.created_at),
        "params": run.params,
        "tags": run.tags,
        "metrics": {name: metric.last for name, metric in run.own_metrics.items()},
        "inputs": [{"name": used.name, "bytes": used.bytes, "sha256": used.sha256} for used in run.inputs.values()],
        "code": {
            "commit": run.code.get("commit"),
            "branch": run.code.get("branch"),
            "remote": without_credentials(remote) if isinstance(remote, str) else None,
            "dirty": bool(run.code.get("dirty")),
        },
    }
