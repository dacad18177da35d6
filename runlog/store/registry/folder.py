"""The folder of a model: what lies in it, and how more comes in."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from runlog.capture.process import this_process
from runlog.capture.secrets import withheld_word
from runlog.errors import StoreError
from runlog.store import files, layout
from runlog.store.registry.documents import (
    Act,
    Birth,
    Word,
    act_document,
    birth_document,
    checked,
    model_document,
    read_act,
    read_birth,
    read_model,
)

T = TypeVar("T")


class Book(NamedTuple):
    """All that the folder of a model says. What cannot be read is passed over here and named by `check`."""

    name: str
    births: tuple[Birth, ...]
    acts: tuple[Act, ...]  # in order of time
    highest: int  # number that somebody claimed
    unread: tuple[StoreError, ...] = ()

    @property
    def newest(self) -> tuple[str, ...]:
        """The acts that no other act has seen."""
        seen = {each for act in self.acts for each in act.saw}
        return tuple(sorted(act.id for act in self.acts if act.id not in seen))


def place_of(name: str) -> str:
    return f"{layout.MODELS}/{layout.experiment_folder(name)}"


def read_book(root: Path, name: str) -> Book:
    """What is known of a model; an empty book of one that nobody has registered."""
    return _read(root, layout.experiment_folder(name), name)


def read_books(root: Path) -> Iterator[Book]:
    """Every model of which there is a version, or a document that cannot be read."""
    if not files.is_folder(root / layout.MODELS):
        return
    for folder in files.real_folders(root / layout.MODELS):
        if not folder.startswith(layout.STAGING):
            book = _read(root, folder, None)
            if book.births or book.unread:
                yield book


def _read(root: Path, folder: str, name: str | None) -> Book:
    place = f"{layout.MODELS}/{folder}"
    if not files.is_folder(root / layout.MODELS) or not files.is_folder(root / place):
        return Book(name or folder, (), (), 0)
    unread: list[StoreError] = []
    births = _documents(root, f"{place}/{layout.VERSIONS}", layout.parse_version_file, folder, read_birth, unread)
    acts = _documents(root, f"{place}/{layout.MODEL_WORDS}", layout.parse_words_name, folder, read_act, unread)
    ordered = tuple(sorted(acts, key=lambda act: (act.at, act.id)))
    known = name or next((birth.model for birth in births), None) or _written_name(root, place) or folder
    return Book(known, tuple(births), ordered, _highest(root / place, births, ordered), tuple(unread))


def _documents(
    root: Path,
    place: str,
    is_ours: Callable[[str], object],
    folder: str,
    read: Callable[[str, str, bytes], T],
    unread: list[StoreError],
) -> list[T]:
    """What the files of a folder say; what is wrong with those that cannot be read is added to `unread`."""
    found: list[T] = []
    if not files.is_folder(root / place):
        return found
    for entry in files.list_folder(root / place):
        if is_ours(entry.name):
            try:
                found.append(read(f"{place}/{entry.name}", folder, files.read_file(Path(entry.path))))
            except FileNotFoundError:
                continue  # it was set aside at this moment
            except StoreError as error:
                unread.append(error)
    return found


def _written_name(root: Path, place: str) -> str | None:
    with contextlib.suppress(StoreError, FileNotFoundError):
        return read_model(f"{place}/{layout.MODEL_FILE}", files.read_file(root / place / layout.MODEL_FILE))
    return None


def _highest(place: Path, births: Sequence[Birth], acts: Sequence[Act]) -> int:
    claimed = [int(name) for name in files.list_names(place / layout.CLAIMS) if layout.is_claim(name)]
    given = [int(word.value) for act in acts for word in act.words if word.matter == "number"]
    return max([0, *claimed, *given, *(birth.number for birth in births)])


def moment(book: Book) -> int:
    """A moment later than all that was said of a model: now, unless a clock elsewhere was ahead. A store keeps microseconds."""
    spoken = [*(act.at for act in book.acts), *(birth.at for birth in book.births)]
    return max([time.time_ns(), *(at + 1000 for at in spoken)])


def make(root: Path, name: str) -> Path:
    """See that a model has its folder and document. Any number of processes may do this at once."""
    folder = files.make_inside(root, place_of(name))
    if not os.path.lexists(folder / layout.MODEL_FILE):
        files.write_new(folder / layout.MODEL_FILE, model_document(name))
        files.sync_folder(folder)
    return folder


def claim_number(root: Path, book: Book) -> int:
    """A number that no version of this store has, nor ever gets: ours alone. A crash now leaves a number that nobody has."""
    make(root, book.name)
    claims = files.make_inside(root, f"{place_of(book.name)}/{layout.CLAIMS}")
    number = book.highest + 1
    while not files.claim(claims / str(number)):
        number += 1
    return number


def add_version(root: Path, birth: Birth) -> None:
    """Put a version into its model's folder. It is durable when this returns; a crash before leaves nothing of it."""
    tags = {key: withheld_word("tag", key, value) for key, value in birth.tags.items()}
    birth = birth._replace(tags=tags, note=withheld_word("note", "", birth.note))
    _place(root, f"{place_of(birth.model)}/{layout.VERSIONS}", layout.version_file(birth.number, birth.id), birth_document(birth))


def say(root: Path, book: Book, words: Sequence[Word], why: str | None = None) -> Act:
    """Say something about a model and its versions in one document: all of it or nothing, and durable when this returns."""
    open_words = tuple(checked(word._replace(value=withheld_word(word.matter, word.key, word.value))) for word in words)
    reason = withheld_word("note", "", why)
    act = Act(layout.new_id(), moment(book), this_process(), book.newest, open_words, reason)
    folder = layout.experiment_folder(book.name)
    _place(root, f"{layout.MODELS}/{folder}/{layout.MODEL_WORDS}", layout.words_name(act.id), act_document(folder, act))
    return act


def _place(root: Path, below: str, name: str, data: bytes) -> None:
    folder = files.make_inside(root, below)
    files.write_new(folder / name, data)
    files.sync_folder(folder)
