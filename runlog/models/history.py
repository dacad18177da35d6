"""What happened to a model: who did what when, why, from what to what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from runlog.store.registry.documents import Act, Birth, Word
from runlog.store.registry.folder import Book, read_book
from runlog.store.registry.standing import Model, speaker, stand
from runlog.store.store import Store


class Event(NamedTuple):
    """One thing that was said of a version, or without one of the whole model."""

    at: int
    by: str
    version: str | None  # as it is called behind the model's name
    id: str | None
    what: str  # registered, stage, alias champion, tag team, description, number, removed, restored
    before: str
    after: str
    why: str | None


_Known = dict[tuple[str, str | None], Any]  # what was said last


def history(store: Store, model: Model, version: str | None = None) -> list[Event]:
    """All that was said of a model, or of the version with an id, in order of time."""
    book = read_book(store.root, model.name)
    words = {each.id: each.word for each in stand(book).versions}
    known: _Known = {("number", birth.id): birth.number for birth in book.births}
    events = [event for said in _in_order(book) for event in _events(said, words, known)]
    return [event for event in events if version is None or event.id == version]


def _in_order(book: Book) -> list[Birth | Act]:
    return sorted((*book.births, *book.acts), key=lambda said: (said.at, isinstance(said, Act), said.id))


def _events(said: Birth | Act, words: dict[str, str], known: _Known) -> Iterator[Event]:
    by = speaker(said.process.user, said.process.host)
    if isinstance(said, Birth):
        yield Event(said.at, by, words[said.id], said.id, "registered", "", f"{said.run}/{said.path}", None)
        return
    for word in said.words:
        of = _of(word, known)
        called = words.get(of or "", of)
        yield Event(said.at, by, called, of, *_told(word, words, known), said.why)


def _of(word: Word, known: _Known) -> str | None:
    """The version that an event belongs to; an alias that is taken off was that of the one it meant."""
    if word.matter == "alias" and word.version is None:
        before = known.get((f"alias {word.key}", None))
        return None if before is None else str(before)
    return word.version


def _told(word: Word, words: dict[str, str], known: _Known) -> tuple[str, str, str]:
    """(what, before, after)."""
    if word.matter == "removed":
        return ("removed" if word.value else "restored", "", "")
    if word.matter == "alias":
        key: tuple[str, str | None] = (f"alias {word.key}", None)
        before, known[key] = known.get(key), word.version
        return key[0], words.get(before or "", ""), words.get(word.version or "", "")
    what = {"tag": f"tag {word.key}", "note": "description"}.get(word.matter, word.matter)
    before, known[what, word.version] = known.get((what, word.version)), word.value
    none = "none" if word.matter == "stage" else ""
    return what, none if before is None else str(before), none if word.value is None else str(word.value)
