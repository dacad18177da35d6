"""From what changed to a tree: blobs of the bytes as they are, on a copy of the index, hung on a private ref."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from runlog.capture.code.git import Git, GitFailed, Repository
from runlog.capture.code.untracked import Content

REFS = "refs/runlog"
_PLAIN_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+@=~,")
_TRIES = 3
_PATIENCE_S = 20


@dataclass(slots=True)
class Changes:
    """How the disk differs from the index."""

    files: dict[str, Content] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)  # path -> commit
    gone: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.files or self.modules or self.gone)


def write_tree(repository: Repository, git: Git, changes: Changes, room: str) -> str:
    """The tree of the disk; `room` is a folder to work in."""
    names = _write_blobs(git, repository.top, changes.files, room)
    index = os.path.join(room, "index")
    with contextlib.suppress(FileNotFoundError):
        shutil.copyfile(os.path.join(repository.private, "index"), index)
    none = "0" * len(repository.tree or next(iter(names.values()), "0" * 40))
    # What is gone first: a file may have made room for a folder.
    lines = [f"0 {none}\t{path}" for path in (*changes.gone, *(path for path in changes.files if path not in names))]
    lines += [f"{changes.files[path].mode} {name}\t{path}" for path, name in names.items()]
    lines += [f"160000 {commit}\t{path}" for path, commit in changes.modules.items()]
    ours = git.with_index(index)
    ours.ask("update-index", "-z", "--index-info", stdin=os.fsencode("".join(f"{line}\0" for line in lines)))
    return ours.line("write-tree", "--missing-ok")


def _write_blobs(git: Git, top: str, files: Mapping[str, Content], room: str) -> dict[str, str]:
    """The id of each file, whose bytes git now has; those that have vanished meanwhile are missing."""
    places: dict[str, str] = {}
    for number, (path, content) in enumerate(files.items()):
        places[path] = path
        if content.data is not None:
            places[path] = os.path.join(room, str(number))
            with open(places[path], "wb") as file:
                file.write(content.data)
    for attempt in range(_TRIES):
        present = {path: place for path, place in places.items() if os.path.lexists(os.path.join(top, place))}
        if not present:
            return {}
        asked = os.fsencode("".join(f"{_quoted(place)}\n" for place in present.values()))
        try:
            answer = git.line("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=asked)
            return dict(zip(present, answer.split("\n"), strict=True))
        except GitFailed:
            if attempt == _TRIES - 1:
                raise
    return {}


def _quoted(path: str) -> str:
    """A path as git reads it from a list of lines."""
    if _PLAIN_LETTERS.issuperset(path):
        return path
    shown = "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}" for byte in os.fsencode(path))
    return f'"{shown}"'


def keep(repository: Repository, git: Git, tree: str) -> str:
    """Hang a tree on its ref, so that nothing removes it; the commit that holds it. Several processes may do this at once."""
    found = kept(repository, tree)
    if found is None:
        commit = repository.commit if tree == repository.tree and repository.commit else _commit(git, tree, repository.commit)
        found = _hang(repository, git, tree, commit)
    return found


def keep_commit(repository: Repository, git: Git, commit: str) -> None:
    """Keep just this commit, where its tree hangs on another one already."""
    if kept(repository, commit) is None:
        _hang(repository, git, commit, commit)


def _hang(repository: Repository, git: Git, name: str, commit: str) -> str:
    """Give a commit a ref; the commit that has it. Created, and never moved: of several processes one is first."""
    begin = time.monotonic()
    for attempt in itertools.count(1):
        done = git.attempt("-c", "core.logAllRefUpdates=false", "update-ref", f"{REFS}/{name}", commit, "0" * len(commit))
        if done.returncode == 0:
            break
        at_work = _at_work(os.path.join(repository.shared, REFS, f"{name}.lock"))
        found = git.attempt("rev-parse", "--verify", "--quiet", f"{REFS}/{name}^{{commit}}")
        if found.returncode == 0:
            return found.stdout.decode().strip()
        if time.monotonic() - begin > _PATIENCE_S or (attempt >= _TRIES and not at_work):
            raise GitFailed(f"git update-ref: {os.fsdecode(done.stderr).strip().rpartition(': ')[2] or 'it failed'}")
        time.sleep(0.05)
    return commit


def _at_work(lock: str) -> bool:
    """Whether somebody may be making a ref at this moment. A lock that is old was left by a killed process."""
    try:
        return time.time() - os.lstat(lock).st_mtime < _PATIENCE_S
    except OSError:
        return False


def kept(repository: Repository, tree: str) -> str | None:
    """The commit that holds a tree already."""
    name = f"{REFS}/{tree}"
    with contextlib.suppress(OSError, ValueError), open(os.path.join(repository.shared, name), encoding="ascii") as file:
        found = file.read().strip()
        if len(found) == len(tree):
            return found
    with contextlib.suppress(OSError), open(os.path.join(repository.shared, "packed-refs"), "rb") as packed:
        before, found_there, _ = packed.read().partition(f" {name}\n".encode())
        if found_there:
            return before.rpartition(b"\n")[2].decode()
    return None


def _commit(git: Git, tree: str, parent: str | None) -> str:
    who = f"runlog <runlog> {int(time.time())} +0000"
    lines = [f"tree {tree}", *([f"parent {parent}"] if parent else []), f"author {who}", f"committer {who}", ""]
    text = "\n".join([*lines, "The work tree as a run found it", ""])
    return git.line("hash-object", "-t", "commit", "-w", "--stdin", stdin=text.encode())


def list_tree(git: Git, tree: str) -> Iterable[tuple[str, str, str]]:
    """(path, mode, id) of everything in a tree."""
    for line in os.fsdecode(git.ask("ls-tree", "-r", "-z", "--full-tree", tree)).split("\0")[:-1]:
        head, _, path = line.partition("\t")
        mode, _, name = head.split(" ")
        yield path, mode, name
