"""What was said about experiments, beside their runs. Every word is a file of its own that is written once, so that copying
one store onto another loses none; the last word by time counts."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from runlog.capture.process import this_process
from runlog.errors import StoreError
from runlog.records import Direction, Entry, Experiment, Kind
from runlog.store import files, layout
from runlog.store.format import checked, experiment_document, experiment_words_document, read_experiment, read_experiment_words


class Names:
    """What experiments are called now. A name that was given up leads to the one that took its place.

    Reads a folder once for each name it is asked about: make a new one for each answer.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._now: dict[str, str] = {}

    def now(self, name: str) -> str:
        """The present name of an experiment that was once called so."""
        if name not in self._now:
            self._now[name] = self._follow(name)
        return self._now[name]

    def _follow(self, name: str) -> str:
        met = {name}
        while (following := self._renamed(name)) not in met:
            met.add(following)
            name = following
        return name

    def _renamed(self, name: str) -> str:
        words = read_words(self._store, layout.experiment_folder(name))
        return next((str(entry.value) for entry in reversed(words) if entry.kind == "name"), name)


def read_words(store: Path, folder: str) -> list[Entry]:
    """All that was said about an experiment in its own folder, in order of time. What cannot be read is passed over here and
    named by `check`."""
    said: list[tuple[str, Entry]] = []
    place = f"{layout.EXPERIMENTS}/{folder}/{layout.EXPERIMENT_WORDS}"
    if not files.is_folder(store / layout.EXPERIMENTS / folder) or not files.is_folder(store / place):
        return []
    for found in files.list_folder(store / place):
        writer = layout.parse_words_name(found.name)
        if writer:
            try:
                words = read_experiment_words(f"{place}/{found.name}", folder, files.read_file(Path(found.path)))
            except (StoreError, FileNotFoundError):
                continue
            said += [(writer, entry) for entry in words]
    return [entry for _, entry in sorted(said, key=lambda pair: (pair[1].at, pair[0]))]


def make(store: Path, name: str) -> bool:
    """See that an experiment has its folder and document; whether it had not. Any number of processes may do this at once."""
    folder = files.make_inside(store, f"{layout.EXPERIMENTS}/{layout.experiment_folder(name)}")
    if os.path.lexists(folder / layout.EXPERIMENT_FILE):
        return False
    files.write_new(folder / layout.EXPERIMENT_FILE, experiment_document(name))
    files.sync_folder(folder.parent)
    return True


def say(store: Path, name: str, words: Iterable[tuple[Kind, str, Any]], at: int | None = None) -> None:
    """Say something about the experiment that is or was called `name`; durable when this returns.

    It counts from now on even where a machine whose clock is ahead spoke before.
    """
    make(store, name)
    folder = layout.experiment_folder(name)
    moment = at or after(read_words(store, folder))
    entries = [checked(Entry(moment, kind, key, value)) for kind, key, value in words]
    place = files.make_inside(store, f"{layout.EXPERIMENTS}/{folder}/{layout.EXPERIMENT_WORDS}")
    files.write_new(place / layout.words_name(layout.new_id()), experiment_words_document(folder, this_process(), entries))
    files.sync_folder(place)
    files.sync_folder(place.parent)


def after(entries: Iterable[Entry]) -> int:
    """A moment that is later than all that was said: now, unless a clock elsewhere was ahead. A store keeps microseconds."""
    return max([time.time_ns(), *(entry.at + 1000 for entry in entries)])


def read_all(store: Path) -> list[Experiment]:
    """Every experiment that has a folder, by its present name."""
    names = Names(store)
    gathered: dict[str, dict[str, str]] = {}
    for folder in files.real_folders(store / layout.EXPERIMENTS):
        if not folder.startswith(layout.STAGING):
            name = _name_of(store, folder)
            if name is None:
                continue
            gathered.setdefault(names.now(name), {})[folder] = name
    return [_as_it_stands(store, name, gathered[name]) for name in sorted(gathered)]


def _name_of(store: Path, folder: str) -> str | None:
    """The name in an experiment's document; without a sound one, that of its folder. None of a folder in which nothing is: what
    should have been there did not fit on the disk, or its process was killed."""
    place = f"{layout.EXPERIMENTS}/{folder}/{layout.EXPERIMENT_FILE}"
    try:
        name = read_experiment(place, files.read_file(store / place))
    except FileNotFoundError:
        inside = files.list_folder(store / layout.EXPERIMENTS / folder)
        return folder if any(not entry.name.startswith(layout.STAGING) for entry in inside) else None
    except StoreError:
        return folder
    return name if layout.experiment_folder(name) == folder else folder


def _as_it_stands(store: Path, name: str, folders: dict[str, str]) -> Experiment:
    """An experiment out of the words in all folders that lead to it."""
    entries = [entry for folder in folders for entry in read_words(store, folder)]
    note: str | None = None
    directions: dict[str, Direction] = {}
    removed_at: int | None = None
    for entry in sorted(entries, key=lambda entry: entry.at):
        match entry.kind:
            case "note":
                note = entry.value
            case "direction" if entry.value is None:
                directions.pop(entry.key, None)
            case "direction":
                directions[entry.key] = entry.value
            case "removed":
                removed_at = entry.at if entry.value else None
            case _:
                pass
    return Experiment(name, tuple(sorted({name, *folders.values()})), note, directions, removed_at)
