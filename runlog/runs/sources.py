"""The code of a run, or of the work tree as it is now, to be read file by file: where the repository is, from there, else from
the store."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from runlog import config
from runlog.capture.code import again
from runlog.capture.code.finding import find_code
from runlog.capture.code.found import File
from runlog.errors import NotFound
from runlog.records import Code, RunRecord
from runlog.runs.modules import find_modules
from runlog.store.code.snapshots import MODULE, Chain
from runlog.store.store import Store

# Some of the files with their bytes, in any order; none where the bytes are not to be had.
Read = Callable[[Iterable[str]], Iterator[tuple[str, bytes | None]]]


@dataclass(frozen=True, slots=True)
class Source:
    """Files by path, and a way to read them for as long as the rooms they came with are open."""

    tree: str | None
    files: Mapping[str, File] = field(default_factory=dict)
    read: Read = lambda paths: ((path, None) for path in paths)
    notes: tuple[str, ...] = ()


def captured_code(run: RunRecord) -> tuple[Code, str]:
    """The code that a run began with, and its tree; why there is none."""
    code = Code.of(run.code)
    if code is None or code.tree is None:
        why = f": {code.notes[0]}" if code and code.notes else ""
        raise NotFound(f"the code of run {run.id} was not captured{why}", hint=f"runlog show {run.id}")
    return code, code.tree


def of_run(store: Store, run: RunRecord, rooms: ExitStack) -> Source:
    """The code that a run began with. NotFound when nobody has it any more."""
    code, tree = captured_code(run)
    held = again.find_held([os.getcwd(), str(store.root.parent)], tree, code.commit)
    notes = (
        *(f"left out: {path} ({why})" for path, why in code.left_out.items()),
        *(f"withheld: {path}" for path in code.withheld),
    )
    if held is not None:
        return _of_repository(store, held, code, rooms, notes)
    if code.snapshot is None:
        raise NotFound(f"the store has no copy of the code of run {run.id}, and the repository is not here")
    return _of_store(store, code, rooms, notes)


def _of_repository(store: Store, held: again.Held, code: Code, rooms: ExitStack, notes: tuple[str, ...]) -> Source:
    places = held.places()
    modules = find_modules(store, code, places)
    rooms.callback(modules.close)
    files = {path: file for path, (_, file) in places.items()} | dict(modules.files)
    notes += tuple(f"the repository of submodule {path} is gone" for path in modules.lost)

    def read(paths: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        wanted = [path for path in paths if files[path].mode != MODULE]
        yield from again.contents(places, (path for path in wanted if path not in modules.files))
        yield from ((path, modules.content(path)) for path in wanted if path in modules.files)

    return Source(code.tree, files, read, notes)


def _of_store(store: Store, code: Code, rooms: ExitStack, notes: tuple[str, ...]) -> Source:
    chain = Chain(store.root, code.snapshot or "")
    rooms.callback(chain.close)
    beyond = again.find_commit([os.getcwd(), str(store.root.parent)], chain.commit) or {} if chain.commit else {}
    files = {path: file for path, (_, file) in beyond.items() if path not in chain.removed}
    files |= chain.files
    if chain.commit and not beyond:
        notes = (*notes, f"the store has only what differs from commit {chain.commit[:12]}, which is not here")

    def read(paths: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        for path in paths:
            if files[path].mode == MODULE:
                continue
            if path in chain.files:
                yield path, chain.content(path)
            else:
                yield from again.contents(beyond, [path])

    return Source(code.tree, files, read, notes)


def of_now(store: Store, command: Sequence[str], rooms: ExitStack) -> Source:
    """The code as it is in the work tree, or the project folder, around us."""
    folder = Path.cwd()
    found = find_code(str(folder), str(config.project_top(folder)), str(store.root), command, rooms)

    def read(paths: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        wanted = [path for path in paths if files[path].mode != MODULE]
        yield from zip(wanted, found.contents(wanted), strict=True)

    files = found.files() if found.tree else {}
    return Source(found.tree, files, read, tuple(found.about.get("notes", ())))
