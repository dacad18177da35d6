"""The code of a run in a folder of its own: a work tree of git where the repository is there, else plain files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runlog.capture.code import again
from runlog.capture.code.found import File
from runlog.capture.code.git import GitFailed
from runlog.errors import NotFound, OutsideError
from runlog.records import Code, RunRecord
from runlog.runs.modules import Modules, find_modules
from runlog.runs.sources import captured_code
from runlog.store import files
from runlog.store.code.snapshots import MODULE, Chain
from runlog.store.code.unpacking import Unpacking, clear, empty_folder
from runlog.store.store import Store


@dataclass(frozen=True, slots=True)
class CheckedOut:
    """What is in the folder now."""

    path: Path
    worktree: bool  # of git
    files: int
    missing: dict[str, str]  # path -> why it is not what it was


def checkout(store: Store, run: RunRecord, target: Path | None = None, *, plain: bool = False) -> CheckedOut:
    """Put the code of a run into a folder that is empty or not there yet. What goes wrong leaves nothing."""
    code, tree = captured_code(run)
    held = again.find_held(_places(store), tree, code.commit)
    folder = target or _place(store, run, held)
    work = held if held and held.commit and not plain else None
    try:
        return _fill(store, code, held, work, Path(os.path.abspath(folder)))
    except GitFailed as error:
        raise OutsideError(f"git could not check out run {run.id}: {error.why}", hint="git status") from error


def _places(store: Store) -> list[str]:
    """Where the repository may be: around us, and around the store."""
    return [os.getcwd(), str(store.root.parent)]


def _place(store: Store, run: RunRecord, held: again.Held | None) -> Path:
    """Beside the project, for inside of it the copy would be a part of the code of the next run."""
    project = Path(held.repository.top) if held else store.root.parent
    return project.parent / f"{project.name}-{run.id[-6:]}" if held else Path.cwd() / f"{project.name}-{run.id[-6:]}"


def _fill(store: Store, code: Code, held: again.Held | None, work: again.Held | None, folder: Path) -> CheckedOut:
    made = empty_folder(folder)
    try:
        if work is not None and not again.add_worktree(work, str(folder)):
            work = None
        missing, count, present = _unpack(store, code, held, folder)
        if work is not None:
            changed = set(code.changed)
            again.settle_worktree(work, str(folder), work.files_of_commit().keys() - present - changed)
        return CheckedOut(folder, work is not None, count, missing)
    except BaseException:
        if work is not None:
            again.remove_worktree(work, str(folder))
        clear(folder)
        if made:
            files.remove_empty(folder)
        raise


def _unpack(store: Store, code: Code, held: again.Held | None, folder: Path) -> tuple[dict[str, str], int, set[str]]:
    """(what is not as it was and why, how many files there are, their paths)."""
    unpacking = Unpacking(folder)
    missing = {path: "left out: " + why for path, why in code.left_out.items()}
    missing |= dict.fromkeys(code.withheld, "secret")
    source = _of_repository(store, held, code, missing) if held else _of_store(store, code, missing)
    present = set()
    for path, file, data in source:
        unpacking.put(path, file.mode, data)
        present.add(path)
    unpacking.close()
    return missing, unpacking.count, present


Source = Iterator[tuple[str, File, bytes]]


def _of_repository(store: Store, held: again.Held, code: Code, missing: dict[str, str]) -> Source:
    places = held.places()
    yield from ((path, file, b"") for path, (_, file) in places.items() if file.mode == MODULE)
    pointers = set(code.pointers)
    for path, data in again.contents(places, (path for path, (_, file) in places.items() if file.mode != MODULE)):
        whole = data
        if path in pointers and data.startswith(again.POINTER):
            whole = again.of_pointer(held.repository, data) or data
            if whole is data:
                missing[path] = "git LFS has it: git lfs pull"
        yield path, places[path][1], whole
    yield from _of_modules(find_modules(store, code, places), missing)


def _of_modules(modules: Modules, missing: dict[str, str]) -> Source:
    missing |= dict.fromkeys(modules.lost, "its repository is gone: git submodule update --init")
    try:
        for path, file in modules.files.items():
            data = b"" if file.mode == MODULE else modules.content(path)
            if modules.chain and path in modules.chain.absent:
                missing[path] = modules.chain.absent[path]
            if data is not None:
                yield path, file, data
    finally:
        modules.close()


def _of_store(store: Store, code: Code, missing: dict[str, str]) -> Source:
    if code.snapshot is None:
        raise NotFound("the store has no copy of the code, and the repository is not here", hint=_clone(code))
    chain = Chain(store.root, code.snapshot)
    try:
        yield from _of_commit(store, code, chain)
        for path, file in chain.files.items():
            data = b"" if file.mode == MODULE else chain.content(path)
            if path in chain.absent:
                missing[path] = chain.absent[path]
            if data is not None:
                yield path, file, data
        missing |= dict.fromkeys(code.pointers, "git LFS has it")
    finally:
        chain.close()


def _of_commit(store: Store, code: Code, chain: Chain) -> Source:
    """What is in the commit only, for the store has no room for it."""
    if chain.commit is None:
        return
    places = again.find_commit(_places(store), chain.commit)
    if places is None:
        raise NotFound(f"the store has only what differs from commit {chain.commit[:12]}, which is not here", hint=_clone(code))
    there = [path for path in places if path not in chain.files and path not in chain.removed]
    modes = {path: places[path][1] for path in there}
    yield from ((path, file, b"") for path, file in modes.items() if file.mode == MODULE)
    for path, data in again.contents(places, (path for path in there if modes[path].mode != MODULE)):
        yield path, modes[path], data


def _clone(code: Code) -> str:
    return f"git clone {code.remote}, and run this in the clone" if code.remote else "run this in the repository"
