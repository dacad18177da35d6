"""Each document of the store: record to bytes and back. docs/format.md describes what this file writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast, get_args

from runlog.errors import Damaged, UnknownFormat
from runlog.records import Birth, Entry, Kind, Metric, Process, Said

FORMAT = 1
_KINDS = set(get_args(Kind))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def time_text(ns: int) -> str:
    """Nanoseconds after 1970 as UTC text with microseconds."""
    return (_EPOCH + timedelta(microseconds=ns // 1000)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def time_ns(text: object) -> int:
    """The other way round."""
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is not a time")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND * 1000


_FLOATS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def plain(value: Any) -> Any:
    """A value as JSON can hold it: the three floats it lacks become objects."""
    if isinstance(value, float):
        if value != value:
            return {"float": "NaN"}
        return {"float": "Infinity" if value > 0 else "-Infinity"} if value in (float("inf"), float("-inf")) else value
    if isinstance(value, dict):
        inner = {key: plain(item) for key, item in value.items()}
        return {"dict": inner} if value.keys() in ({"float"}, {"dict"}) else inner
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def unplain(value: Any) -> Any:
    """The value that `plain` was given."""
    if isinstance(value, dict):
        if value.keys() == {"float"}:
            return _FLOATS[value["float"]]
        inner = value["dict"] if value.keys() == {"dict"} else value
        return {key: unplain(item) for key, item in inner.items()}
    if isinstance(value, list):
        return [unplain(item) for item in value]
    return value


def dump(document: Mapping[str, Any]) -> bytes:
    """A document: indented for people one level deep, one line for each thing below."""
    lines = []
    for key, value in document.items():
        lines.append(f" {json.dumps(key)}: {_block(value)}")
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


_line = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def _block(value: Any) -> str:
    if isinstance(value, dict) and value:
        return "{\n" + ",\n".join(f"  {_line(key)}: {_line(item)}" for key, item in value.items()) + "\n }"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"  {_line(item)}" for item in value) + "\n ]"
    return _line(value)


def load(name: str, data: bytes) -> dict[str, Any]:
    """The object in a document; what is no object, or of another format, is refused in words."""
    try:
        document = json.loads(data)
    except ValueError as error:
        what = "is empty" if not data.strip(b"\0 \n") else "is not valid JSON"
        raise Damaged(f"{name} {what}", hint="runlog check") from error
    if not isinstance(document, dict):
        raise Damaged(f"{name} holds no object", hint="runlog check")
    check_format(name, document.get("format"))
    return document


def check_format(name: str, found: object) -> None:
    """Refuse a format this runlog does not know, and say which way out there is."""
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise Damaged(f"{name} does not say its format", hint="runlog check")
    if found > FORMAT:
        raise UnknownFormat(
            f"{name} has format {found}, newer than format {FORMAT} which this runlog knows",
            hint="pip install -U runlog",
        )
    if found < FORMAT:
        raise UnknownFormat(f"{name} has format {found}, older than any that was released", hint="runlog check")


def store_document() -> bytes:
    return dump({"format": FORMAT, "kind": "runlog store"})


def experiment_document(name: str) -> bytes:
    return dump({"format": FORMAT, "name": name})


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
            "params": _plain_values(birth.params),
            "tags": birth.tags,
            "command": birth.command,
            "process": process_object(birth.process),
            "host": birth.host,
        }
    )


def _plain_values(values: dict[str, Any]) -> dict[str, Any]:
    return {key: plain(value) for key, value in values.items()}


def read_birth(name: str, data: bytes) -> Birth:
    document = load(name, data)
    try:
        return Birth(
            id=_text(document["id"]),
            experiment=_text(document["experiment"]),
            name=document.get("name"),
            created_at=time_ns(document["created_at"]),
            parent=document.get("parent"),
            note=document.get("note"),
            params={_text(key): unplain(value) for key, value in document.get("params", {}).items()},
            tags={_text(key): _text(value) for key, value in document.get("tags", {}).items()},
            command=dict(document.get("command") or {}),
            process=read_process(document.get("process") or {}),
            host=dict(document.get("host") or {}),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Damaged(f"{name} is not a run's birth document: {_reason(error)}", hint="runlog check") from error


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
    return Process(
        pid=int(document.get("pid") or 0),
        started=int(document.get("started") or 0),
        host=str(document.get("host") or ""),
        boot=str(document.get("boot") or ""),
        namespace=str(document.get("namespace") or ""),
        user=str(document.get("user") or ""),
    )


def entry_object(entry: Entry) -> dict[str, Any]:
    """One line of the diary: the kind names the key, or the value where there is no key."""
    if entry.key:
        return {"at": time_text(entry.at), entry.kind: entry.key, "value": plain(entry.value)}
    return {"at": time_text(entry.at), entry.kind: plain(entry.value)}


def read_entry(document: dict[str, Any]) -> Entry | None:
    """The entry, or none when a later runlog of this format said something unknown here."""
    at = time_ns(document["at"])
    for kind, value in document.items():
        if kind in _KINDS:
            known = cast("Kind", kind)
            if "value" in document:
                return Entry(at, known, _text(value), unplain(document["value"]))
            return Entry(at, known, "", unplain(value))
    return None


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
            writer=_text(document["writer"]),
            records=int(document["records"]),
            process=read_process(process) if process else None,
            entries=tuple(entry for item in document.get("entries", ()) if (entry := read_entry(item))),
            metrics={_text(key): read_metric(item) for key, item in document.get("metrics", {}).items()},
            points=int(document.get("points", 0)),
            last_sign=time_ns(document["last_sign_at"]),
            rejected=int(document.get("rejected", 0)),
            gaps=int(document.get("gaps", 0)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Damaged(f"{name} is not an entries document: {_reason(error)}", hint="runlog check") from error


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
    return Metric(
        count=int(document["count"]),
        first=float(unplain(document["first"])),
        last=float(unplain(document["last"])),
        last_step=int(document["last_step"]),
        last_at=time_ns(document["last_at"]),
        min=_maybe_float(unplain(document.get("min"))),
        step_of_min=document.get("step_of_min"),
        max=_maybe_float(unplain(document.get("max"))),
        step_of_max=document.get("step_of_max"),
        first_step=int(document["first_step"]),
        first_at=time_ns(document["first_at"]),
    )


def _maybe_float(value: Any) -> float | None:
    return None if value is None else float(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _reason(error: Exception) -> str:
    return f"key {error} is missing" if isinstance(error, KeyError) else str(error)
