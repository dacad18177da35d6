"""Each document of the store: record to bytes and back. docs/format.md describes what this file writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, get_args

from runlog.errors import BadName
from runlog.records import STATES, Birth, Entry, Kind, Metric, Process, Said
from runlog.store import layout
from runlog.store.document import (
    FORMAT,
    MALFORMED,
    dump,
    load,
    malformed,
    plain,
    read_float,
    read_maybe_text,
    read_object,
    read_text,
    read_whole,
    time_ns,
    time_text,
    unplain,
)
from runlog.store.shapes import shaped

_KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}


def store_document() -> bytes:
    return dump({"format": FORMAT, "kind": "runlog store"})


def experiment_document(name: str) -> bytes:
    return dump({"format": FORMAT, "name": name})


def read_experiment(name: str, data: bytes) -> str:
    """The name an experiment's folder stands for."""
    document = load(name, data)
    try:
        return layout.check_experiment(document["name"])
    except MALFORMED as error:
        raise malformed(name, "is not an experiment's document", error) from error


def birth_document(birth: Birth) -> bytes:
    return dump(
        {
            "format": FORMAT,
            "id": birth.id,
            "experiment": birth.experiment,
            "name": birth.name,
            "created_at": time_text(birth.created_at),
            "parent": birth.parent,
            "note": birth.note,
            "params": {key: plain(value) for key, value in birth.params.items()},
            "tags": birth.tags,
            "command": birth.command,
            "process": process_object(birth.process),
            "host": birth.host,
            **_captured(birth),
        }
    )


def _captured(birth: Birth) -> dict[str, Any]:
    """What was captured at the start; nothing where nothing was."""
    parts = {"code": birth.code, "environment": birth.environment, "origin": birth.origin}
    return {key: part for key, part in parts.items() if part}


def read_birth(name: str, data: bytes) -> Birth:
    document = load(name, data)
    try:
        return Birth(
            id=read_text(document["id"]),
            experiment=layout.check_experiment(document["experiment"]),
            name=_run_name(document.get("name")),
            created_at=time_ns(document["created_at"]),
            parent=read_maybe_text(document.get("parent")),
            note=read_maybe_text(document.get("note")),
            params={layout.check_key("param", key): unplain(value) for key, value in document.get("params", {}).items()},
            tags={layout.check_key("tag", key): read_text(value) for key, value in document.get("tags", {}).items()},
            command=shaped("command", read_object(document.get("command") or {})),
            process=read_process(document.get("process") or {}),
            host=read_object(document.get("host") or {}),
            code=shaped("code", read_object(document.get("code") or {})),
            environment=shaped("environment", read_object(document.get("environment") or {})),
            origin=shaped("origin", read_object(document.get("origin") or {})),
        )
    except MALFORMED as error:
        raise malformed(name, "is not a run's birth document", error) from error


def process_object(process: Process) -> dict[str, Any]:
    return {
        "pid": process.pid,
        "started": process.started,
        "host": process.host,
        "boot": process.boot,
        "namespace": process.namespace,
        "user": process.user,
    }


def read_process(document: dict[str, Any]) -> Process:
    get = document.get
    return Process(
        read_whole(get("pid") or 0),
        read_whole(get("started") or 0),
        read_text(get("host") or ""),
        read_text(get("boot") or ""),
        read_text(get("namespace") or ""),
        read_text(get("user") or ""),
    )


def marker_document(folder: str, process: Process) -> bytes:
    return dump({"format": FORMAT, "run": folder, "process": process_object(process)})


def read_marker(name: str, data: bytes) -> tuple[str, Process]:
    """(folder of the run, process) of a marker in the store's live folder."""
    document = load(name, data)
    try:
        return read_text(document["run"]), read_process(document.get("process") or {})
    except MALFORMED as error:
        raise malformed(name, "is not a marker of a run", error) from error


def entry_object(entry: Entry) -> dict[str, Any]:
    """One line of the diary: the kind names the key, or the value where there is no key."""
    if entry.key:
        return {"at": time_text(entry.at), entry.kind: entry.key, "value": plain(entry.value)}
    return {"at": time_text(entry.at), entry.kind: plain(entry.value)}


def read_entry(document: dict[str, Any]) -> Entry | None:
    """The entry, or none when a later runlog of this format said something unknown here."""
    at = time_ns(document["at"])
    for word, value in document.items():
        kind = _KINDS.get(word)
        if kind is not None:
            key, content = (value, document["value"]) if "value" in document else ("", value)
            return checked(Entry(at, kind, key, unplain(content)))
    return None


def checked(entry: Entry) -> Entry:
    """The entry, if its key and value are what its kind must have; whoever reads it need not ask again."""
    if entry.kind == "artifact":
        if layout.check_artifact_path(entry.key) != entry.key:
            raise BadName(f"artifact path {entry.key!r} is not written as paths in a store are")
    elif entry.kind in _KEYED:
        layout.check_key(entry.kind, entry.key)
    else:
        read_text(entry.key)
    if check := _VALUES.get(entry.kind):
        check(entry.value)
    return entry


_KEYED = {"param", "tag", "untag", "input", "direction"}


def _check_open(value: dict[str, Any]) -> None:
    read_process(value["process"])


def _check_end(value: dict[str, Any]) -> None:
    if value["state"] not in STATES:
        raise ValueError(f"a run cannot end as {value['state']!r}")
    if value.get("exit_code") is not None:
        read_whole(value["exit_code"])
    read_maybe_text(value.get("signal"))
    for text in read_object(value.get("error") or {}).values():
        read_text(text)
    for amount in read_object(value.get("resources") or {}).values():
        read_float(amount)


def _check_artifact(value: dict[str, Any]) -> None:
    read_whole(value["bytes"])
    read_text(value["sha256"])
    read_maybe_text(value.get("note"))
    file = value.get("file")
    if file is not None and layout.check_artifact_path(file, layout.LONGEST_FILE) != file:
        raise BadName(f"artifact file {file!r} is not written as paths in a store are")


def _check_input(value: dict[str, Any]) -> None:
    read_text(value["path"])
    read_whole(value["bytes"])
    read_text(value["sha256"])
    read_whole(value.get("files", 1))


def _check_direction(value: object) -> None:
    if value not in {"max", "min", None}:
        raise ValueError(f"{value!r} is no direction")


def _run_name(value: object) -> str | None:
    return None if value is None else layout.check_name("run name", value)


_VALUES: dict[Kind, Callable[[Any], object]] = {
    "open": _check_open,
    "name": _run_name,
    "experiment": layout.check_experiment,
    "note": read_maybe_text,
    "artifact": _check_artifact,
    "input": _check_input,
    "end": _check_end,
    "direction": _check_direction,
}


def said_document(run_id: str, said: Said) -> bytes:
    return dump(
        {
            "format": FORMAT,
            "run": run_id,
            "writer": said.writer,
            "records": said.records,
            "process": process_object(said.process) if said.process else None,
            "last_sign_at": time_text(said.last_sign),
            "points": said.points,
            "rejected": said.rejected,
            "gaps": said.gaps,
            "metrics": {name: metric_object(metric) for name, metric in said.metrics.items()},
            "entries": [entry_object(entry) for entry in said.entries],
        }
    )


def read_said(name: str, data: bytes) -> Said:
    document = load(name, data)
    try:
        process = document.get("process")
        return Said(
            writer=read_text(document["writer"]),
            records=read_whole(document["records"]),
            process=read_process(process) if process else None,
            entries=tuple([entry for item in document.get("entries", ()) if (entry := read_entry(item))]),
            metrics={layout.check_key("metric", key): read_metric(item) for key, item in document.get("metrics", {}).items()},
            points=read_whole(document.get("points", 0)),
            last_sign=time_ns(document["last_sign_at"]),
            rejected=read_whole(document.get("rejected", 0)),
            gaps=read_whole(document.get("gaps", 0)),
        )
    except MALFORMED as error:
        raise malformed(name, "is not an entries document", error) from error


def experiment_words_document(folder: str, process: Process, entries: Iterable[Entry]) -> bytes:
    return dump(
        {
            "format": FORMAT,
            "experiment": folder,
            "process": process_object(process),
            "entries": [entry_object(entry) for entry in entries],
        }
    )


def read_experiment_words(name: str, folder: str, data: bytes) -> tuple[Entry, ...]:
    document = load(name, data)
    try:
        if read_text(document["experiment"]) != folder:
            raise ValueError(f"it speaks of {document['experiment']!r}")
        return tuple(entry for item in document["entries"] if (entry := read_entry(item)))
    except MALFORMED as error:
        raise malformed(name, "says nothing of an experiment", error) from error


def metric_object(metric: Metric) -> dict[str, Any]:
    return {
        "count": metric.count,
        "last": plain(metric.last),
        "last_step": metric.last_step,
        "last_at": time_text(metric.last_at),
        "min": plain(metric.min),
        "step_of_min": metric.step_of_min,
        "max": plain(metric.max),
        "step_of_max": metric.step_of_max,
        "first": plain(metric.first),
        "first_step": metric.first_step,
        "first_at": time_text(metric.first_at),
    }


def read_metric(document: dict[str, Any]) -> Metric:
    # In the order of the fields: this is where most of the time goes when a store of many runs is read.
    lowest, highest = document.get("min"), document.get("max")
    at_lowest, at_highest = document.get("step_of_min"), document.get("step_of_max")
    return Metric(
        read_whole(document["count"]),
        read_float(document["first"]),
        read_float(document["last"]),
        read_whole(document["last_step"]),
        time_ns(document["last_at"]),
        None if lowest is None else read_float(lowest),
        None if at_lowest is None else read_whole(at_lowest),
        None if highest is None else read_float(highest),
        None if at_highest is None else read_whole(at_highest),
        read_whole(document["first_step"]),
        time_ns(document["first_at"]),
    )
