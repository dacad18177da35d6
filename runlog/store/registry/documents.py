"""The documents of the registry: record to bytes and back. docs/format.md describes what this file writes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, cast, get_args

from runlog.errors import BadName
from runlog.records import Process
from runlog.store import layout
from runlog.store.document import FORMAT, MALFORMED, dump, load, malformed, read_maybe_text, read_text, time_ns, time_text
from runlog.store.format import process_object, read_process

Stage = Literal["staging", "production", "archived"]
STAGES: tuple[Stage, ...] = get_args(Stage)

# What one word may be about. The key is an alias or the name of a tag; the others have none.
Matter = Literal["stage", "alias", "tag", "note", "removed", "number"]
_MATTERS = set(get_args(Matter))


class Birth(NamedTuple):
    """A version as it was registered. Never changed afterwards."""

    id: str
    model: str
    number: int
    run: str
    path: str
    digest: str
    at: int
    process: Process
    tags: dict[str, str]
    note: str | None


class Word(NamedTuple):
    """One thing that was said of a version, or of the whole model."""

    matter: Matter
    version: str | None  # the id; none for the model, and for an alias that was taken off
    key: str
    value: Any


class Act(NamedTuple):
    """What somebody did at once: all of its words count, or none. `saw`: the newest acts that were known then."""

    id: str
    at: int
    process: Process
    saw: tuple[str, ...]
    words: tuple[Word, ...]
    why: str | None


def check_model(name: object) -> str:
    """The name of a model, which people will also meet as a folder, and before an `@`."""
    text = layout.check_name("model name", name)
    if text in {".", ".."} or "/" in text or "\\" in text:
        raise BadName(f"model name {text!r} reads as a path", hint="use '-' or '.' between the parts of a name")
    if "@" in text:
        raise BadName(f"model name {text!r} holds '@', behind which a version is named", hint="use '-' or '.'")
    if text == "-" or text.startswith("--"):
        raise BadName(f"model name {text!r} reads as an option")
    return layout.check_experiment(text)


def check_alias(name: object) -> str:
    """A word for a version that is no number, no stage, and not `latest`."""
    text = layout.check_name("alias", name)
    if any(letter in text for letter in "/\\@ "):
        raise BadName(f"alias {text!r} holds a blank, '/' or '@'", hint="use '-' or '.' between the parts of a name")
    if text in {*STAGES, "none", "latest"}:
        hint = f"runlog model promote MODEL VERSION --to {text}" if text != "latest" else None
        raise BadName(f"alias {text!r} means something already", hint=hint)
    if text.partition(".")[0].isdigit():
        raise BadName(f"alias {text!r} reads as a number", hint=f"say v{text}")
    return text


def model_document(name: str) -> bytes:
    return dump({"format": FORMAT, "name": name})


def read_model(name: str, data: bytes) -> str:
    """The name a model's folder stands for."""
    document = load(name, data)
    try:
        return check_model(document["name"])
    except MALFORMED as error:
        raise malformed(name, "is not a model's document", error) from error


def birth_document(birth: Birth) -> bytes:
    return dump(
        {
            "format": FORMAT,
            "model": birth.model,
            "number": birth.number,
            "id": birth.id,
            "run": birth.run,
            "path": birth.path,
            "digest": birth.digest,
            "registered_at": time_text(birth.at),
            "tags": birth.tags,
            "note": birth.note,
            "process": process_object(birth.process),
        }
    )


def read_birth(name: str, folder: str, data: bytes) -> Birth:
    document = load(name, data)
    try:
        birth = Birth(
            id=_id(document["id"]),
            model=check_model(document["model"]),
            number=_number(document["number"]),
            run=_id(document["run"]),
            path=_path(document["path"]),
            digest=read_text(document["digest"]),
            at=time_ns(document["registered_at"]),
            process=read_process(document.get("process") or {}),
            tags={layout.check_key("tag", key): read_text(value) for key, value in (document.get("tags") or {}).items()},
            note=read_maybe_text(document.get("note")),
        )
        if name.rpartition("/")[2] != layout.version_file(birth.number, birth.id):
            raise ValueError(f"it is number {birth.number}, id {birth.id}")
        if layout.experiment_folder(birth.model) != folder:
            raise ValueError(f"it is of {birth.model!r}, which belongs elsewhere")
    except MALFORMED as error:
        raise malformed(name, "is not a version's document", error) from error
    return birth


def act_document(folder: str, act: Act) -> bytes:
    return dump(
        {
            "format": FORMAT,
            "model": folder,
            "at": time_text(act.at),
            "process": process_object(act.process),
            "saw": list(act.saw),
            "why": act.why,
            "entries": [_word_object(word) for word in act.words],
        }
    )


def read_act(name: str, folder: str, data: bytes) -> Act:
    document = load(name, data)
    try:
        if read_text(document["model"]) != folder:
            raise ValueError(f"it speaks of {document['model']!r}")
        return Act(
            id=_id(name.rpartition("/")[2].removesuffix(".json")),
            at=time_ns(document["at"]),
            process=read_process(document.get("process") or {}),
            saw=tuple(_id(seen) for seen in document["saw"]),
            words=tuple(_words(document["entries"])),
            why=read_maybe_text(document.get("why")),
        )
    except MALFORMED as error:
        raise malformed(name, "is not an entry of a model", error) from error


def _word_object(word: Word) -> dict[str, Any]:
    """A line of the diary: the matter names the key, or the value where there is no key."""
    if word.matter == "alias":
        return {"alias": word.key, "version": word.version}
    if word.matter == "tag":
        return {"tag": word.key, "value": word.value, "version": word.version}
    return {word.matter: word.value, "version": word.version}


def _words(items: Iterable[dict[str, Any]]) -> Iterable[Word]:
    """The words of an act; what a later runlog of this format says besides is passed over."""
    for item in items:
        matter = next((key for key in item if key in _MATTERS), None)
        if matter is not None:
            yield checked(_word(cast("Matter", matter), item))


def _word(matter: Matter, item: dict[str, Any]) -> Word:
    version = None if item.get("version") is None else _id(item["version"])
    if matter in {"alias", "tag"}:
        return Word(matter, version, item[matter], item.get("value"))
    return Word(matter, version, "", item[matter])


def checked(word: Word) -> Word:
    """The word, if it is one that may be said; whoever reads it need not ask again."""
    match word.matter:
        case "alias":
            check_alias(word.key)
        case "tag":
            layout.check_key("tag", word.key)
            read_maybe_text(word.value)
        case "note":
            read_maybe_text(word.value)
        case "stage":
            if word.value not in {*STAGES, None}:
                raise ValueError(f"{word.value!r} is no stage")
        case "number":
            _number(word.value)
        case "removed":
            if not isinstance(word.value, bool):
                raise TypeError(f"{word.value!r} is neither true nor false")
    if word.version is None and word.matter in {"stage", "number", "removed"}:
        raise ValueError(f"{word.matter!r} is said of no version")
    return word


def _id(value: object) -> str:
    if not layout.is_id(read_text(value)):
        raise ValueError(f"{value!r} is no id")
    return str(value)


def _number(value: object) -> int:
    if type(value) is not int or not 0 < value < 1_000_000_000:
        raise ValueError(f"{value!r} is no number of a version")
    return value


def _path(value: object) -> str:
    text = read_text(value)
    if layout.check_artifact_path(text) != text:
        raise BadName(f"path {text!r} is not written as paths in a store are")
    return text
