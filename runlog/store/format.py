"""Each document of the store: record to bytes and back. docs/format.md describes what this file writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, cast, get_args

from runlog.errors import BadName, BadValue, Damaged, UnknownFormat
from runlog.records import STATES, Birth, Entry, Kind, Metric, Process, Said
from runlog.store import layout
from runlog.store.shapes import shaped

FORMAT = 1
DEEPEST = 100  # lists and objects in each other; a reader must not run out of stack
# What reading a document raises that is not what it should be.
MALFORMED = (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError, BadName)
_KINDS = set(get_args(Kind))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def time_text(ns: int) -> str:
    """Nanoseconds after 1970 as UTC text with microseconds."""
    moment = _EPOCH + timedelta(microseconds=ns // 1000)
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def time_ns(text: object) -> int:
    """The other way round."""
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is not a time")
    return _time_ns(text)


@lru_cache(maxsize=256)  # what is logged together has one time
def _time_ns(text: str) -> int:
    moment = datetime.fromisoformat(text)
    since = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)) - _EPOCH
    return (since.days * 86400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000


_SIMPLE = frozenset({str, int, float, bool, type(None)})
_FLOATS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def plain(value: Any, depth: int = 0) -> Any:
    """A value as JSON can hold it: the three floats it lacks become objects."""
    if depth > DEEPEST:
        raise BadValue(f"a value is nested more than {DEEPEST} levels deep")
    if isinstance(value, float):
        if value != value:
            return {"float": "NaN"}
        return {"float": "Infinity" if value > 0 else "-Infinity"} if value in (float("inf"), float("-inf")) else value
    if isinstance(value, dict):
        inner = {key: plain(item, depth + 1) for key, item in value.items()}
        return {"dict": inner} if value.keys() in ({"float"}, {"dict"}) else inner
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    return value


def unplain(value: Any, depth: int = 0) -> Any:
    """The value that `plain` was given."""
    if depth > DEEPEST:
        raise ValueError(f"a value is nested more than {DEEPEST} levels deep")
    if type(value) in _SIMPLE:
        return value
    if isinstance(value, dict):
        if value.keys() == {"float"}:
            return _FLOATS[value["float"]]
        inner = value["dict"] if value.keys() == {"dict"} else value
        return {key: unplain(item, depth + 1) for key, item in inner.items()}
    if isinstance(value, list):
        return [unplain(item, depth + 1) for item in value]
    return value


def dump(document: Mapping[str, Any]) -> bytes:
    """A document: indented for people one level deep, one line for each thing below."""
    lines = []
    for key, value in document.items():
        lines.append(f" {_quoted(key)}: {_block(value)}")
    # Half a letter, as in the name of a file that is not UTF-8, becomes a question mark.
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode("utf-8", "replace")


_line = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_quoted = json.encoder.encode_basestring


def _block(value: Any) -> str:
    if isinstance(value, dict) and value:
        return "{\n" + ",\n".join([f"  {_quoted(key)}: {_line(item)}" for key, item in value.items()]) + "\n }"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"  {_line(item)}" for item in value) + "\n ]"
    return _line(value)


def load(name: str, data: bytes) -> dict[str, Any]:
    """The object in a document; what is no object, or of another format, is refused in words."""
    try:
        text = data.decode()
        document = json.loads(text)
        if "\\u" in text:
            json.dumps(document, ensure_ascii=False).encode()  # half a letter, which no text can hold
    except (ValueError, RecursionError) as error:
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
        raise UnknownFormat(f"{name} has format {found}, older than any that was released")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _maybe_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _float(value: object) -> float:
    if type(value) is float:
        return value
    number = unplain(value)
    if not isinstance(number, int | float) or isinstance(number, bool):
        raise TypeError(f"{number!r} is not a number")
    return float(number)


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r} is not a whole number")
    return value


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is not an object")
    return value


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
        raise Damaged(f"{name} is not an experiment's document: {_reason(error)}", hint="runlog check") from error


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
            id=_text(document["id"]),
            experiment=layout.check_experiment(document["experiment"]),
            name=_run_name(document.get("name")),
            created_at=time_ns(document["created_at"]),
            parent=_maybe_text(document.get("parent")),
            note=_maybe_text(document.get("note")),
            params={layout.check_key("param", key): unplain(value) for key, value in document.get("params", {}).items()},
            tags={layout.check_key("tag", key): _text(value) for key, value in document.get("tags", {}).items()},
            command=shaped("command", _object(document.get("command") or {})),
            process=read_process(document.get("process") or {}),
            host=_object(document.get("host") or {}),
            code=shaped("code", _object(document.get("code") or {})),
            environment=shaped("environment", _object(document.get("environment") or {})),
            origin=shaped("origin", _object(document.get("origin") or {})),
        )
    except MALFORMED as error:
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
        pid=_whole(document.get("pid") or 0),
        started=_whole(document.get("started") or 0),
        host=_text(document.get("host") or ""),
        boot=_text(document.get("boot") or ""),
        namespace=_text(document.get("namespace") or ""),
        user=_text(document.get("user") or ""),
    )


def marker_document(folder: str, process: Process) -> bytes:
    return dump({"format": FORMAT, "run": folder, "process": process_object(process)})


def read_marker(name: str, data: bytes) -> tuple[str, Process]:
    """(folder of the run, process) of a marker in the store's live folder."""
    document = load(name, data)
    try:
        return _text(document["run"]), read_process(document.get("process") or {})
    except MALFORMED as error:
        raise Damaged(f"{name} is not a marker of a run: {_reason(error)}", hint="runlog check") from error


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
                return checked(Entry(at, known, value, unplain(document["value"])))
            return checked(Entry(at, known, "", unplain(value)))
    return None


def checked(entry: Entry) -> Entry:
    """The entry, if its key and value are what its kind must have; whoever reads it need not ask again."""
    if entry.kind == "artifact":
        if layout.check_artifact_path(entry.key) != entry.key:
            raise BadName(f"artifact path {entry.key!r} is not written as paths in a store are")
    elif entry.kind in _KEYED:
        layout.check_key(entry.kind, entry.key)
    else:
        _text(entry.key)
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
        _whole(value["exit_code"])
    _maybe_text(value.get("signal"))
    for text in _object(value.get("error") or {}).values():
        _text(text)
    for amount in _object(value.get("resources") or {}).values():
        _float(amount)


def _check_artifact(value: dict[str, Any]) -> None:
    _whole(value["bytes"])
    _text(value["sha256"])
    _maybe_text(value.get("note"))
    file = value.get("file")
    if file is not None and layout.check_artifact_path(file, layout.LONGEST_FILE) != file:
        raise BadName(f"artifact file {file!r} is not written as paths in a store are")


def _check_input(value: dict[str, Any]) -> None:
    _text(value["path"])
    _whole(value["bytes"])
    _text(value["sha256"])
    _whole(value.get("files", 1))


def _check_direction(value: object) -> None:
    if value not in {"max", "min", None}:
        raise ValueError(f"{value!r} is no direction")


def _run_name(value: object) -> str | None:
    return None if value is None else layout.check_name("run name", value)


_VALUES: dict[Kind, Callable[[Any], object]] = {
    "open": _check_open,
    "name": _run_name,
    "experiment": layout.check_experiment,
    "note": _maybe_text,
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
            writer=_text(document["writer"]),
            records=_whole(document["records"]),
            process=read_process(process) if process else None,
            entries=tuple(entry for item in document.get("entries", ()) if (entry := read_entry(item))),
            metrics={layout.check_key("metric", key): read_metric(item) for key, item in document.get("metrics", {}).items()},
            points=_whole(document.get("points", 0)),
            last_sign=time_ns(document["last_sign_at"]),
            rejected=_whole(document.get("rejected", 0)),
            gaps=_whole(document.get("gaps", 0)),
        )
    except MALFORMED as error:
        raise Damaged(f"{name} is not an entries document: {_reason(error)}", hint="runlog check") from error


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
        if _text(document["experiment"]) != folder:
            raise ValueError(f"it speaks of {document['experiment']!r}")
        return tuple(entry for item in document["entries"] if (entry := read_entry(item)))
    except MALFORMED as error:
        raise Damaged(f"{name} says nothing of an experiment: {_reason(error)}", hint="runlog check") from error


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
        _whole(document["count"]),
        _float(document["first"]),
        _float(document["last"]),
        _whole(document["last_step"]),
        time_ns(document["last_at"]),
        None if lowest is None else _float(lowest),
        None if at_lowest is None else _whole(at_lowest),
        None if highest is None else _float(highest),
        None if at_highest is None else _whole(at_highest),
        _whole(document["first_step"]),
        time_ns(document["first_at"]),
    )


def _reason(error: Exception) -> str:
    """What is wrong, in one short line whatever was found."""
    text = f"key {error} is missing" if isinstance(error, KeyError) else getattr(error, "message", str(error))
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:197]}..."
