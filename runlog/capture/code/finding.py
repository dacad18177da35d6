"""The code of a run that begins now, wherever it is kept."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from runlog.capture.code.found import MOST_NAMED, Found, Remarks, plain
from runlog.capture.code.git import Distrusted, Foreign, Git, GitFailed, NoGit, NoRepository, Repository, TooSlow, find_repository
from runlog.capture.code.status import read_status
from runlog.capture.code.worktree import Shutter, Snapshot, hold, read_settings, take, without_store
from runlog.capture.secrets import without_credentials

if TYPE_CHECKING:
    from runlog.capture.code.plain import PlainFolder

_TRIES = 3


def find_code(folder: str, project: str, store: str, command: Sequence[str], rooms: ExitStack) -> Found:
    """What a run in a folder runs.

    `project` is what to capture where there is no git, `command` what the run runs. The answer can be read until `rooms` close.
    """
    remarks = Remarks()
    for attempt in range(_TRIES):
        try:
            repository = find_repository(folder)
            _must_be_ours(repository, folder)
            return _of_git(repository, Shutter(os.path.realpath(store), rooms))
        except Foreign:
            return _of_folder(folder, folder, store, command, remarks)
        except NoRepository:
            return _of_folder(folder, project, store, command, remarks)
        except (NoGit, Distrusted, TooSlow) as error:
            remarks.notes.append(error.why)
            return _of_folder(folder, project, store, command, remarks)
        except GitFailed as error:
            # Somebody may have been at work at just this moment.
            if attempt == _TRIES - 1:
                remarks.notes.append(error.why)
    return _of_folder(folder, project, store, command, remarks)


def _must_be_ours(repository: Repository, folder: str) -> None:
    """Refuse a repository that has nothing to do with the folder, as one of settings in somebody's home does."""
    if repository.prefix:
        at_home = os.path.realpath(repository.top) == os.path.realpath(os.path.expanduser("~"))
        if at_home or Git(folder).attempt("check-ignore", "-q", ".").returncode == 0:
            raise Foreign("the repository around does not know this folder")


def uncommitted(folder: str, store: str) -> list[str] | None:
    """Every path by which the work tree around a folder differs from its commit; none where there is no work tree."""
    try:
        repository = find_repository(folder)
        _must_be_ours(repository, folder)
    except (NoRepository, NoGit):
        return None
    status = without_store(read_status(repository.git), repository.top, os.path.realpath(store))
    differing = {*status.staged, *status.changed, *status.gone, *status.unmerged, *status.modules, *status.untracked}
    return sorted({*differing, *status.nested})


def _of_git(repository: Repository, shutter: Shutter) -> Found:
    settings = read_settings(repository.git)
    snapshot = take(repository, settings, shutter)
    hold(snapshot)
    commit = repository.commit

    def committed() -> Any:
        return Snapshot(repository, snapshot.git, snapshot.status, commit or "", [], Remarks(), {}, {}).files()

    return Found(
        about={
            "kind": "git",
            "tree": snapshot.tree,
            "folder": plain(repository.prefix.rstrip("/")) or ".",
            "commit": commit,
            "branch": snapshot.status.branch,
            **_remote(settings, snapshot.status.branch),
            "dirty": snapshot.dirty,
            **_changed(snapshot.changed),
            **_modules(snapshot),
            **snapshot.remarks.document(),
        },
        tree=snapshot.tree,
        commit=commit,
        files=snapshot.files,
        sizes=snapshot.sizes,
        contents=snapshot.contents,
        files_of_commit=committed if commit else None,
    )


def _remote(settings: Mapping[str, str], branch: str | None) -> dict[str, str]:
    """Where the repository comes from: what the branch follows, else `origin`, else any."""
    remotes = {key[7:-4]: url for key, url in settings.items() if key.startswith("remote.") and key.endswith(".url")}
    name = settings.get(f"branch.{branch}.remote", "origin")
    url = remotes.get(name) or remotes.get("origin") or next(iter(remotes.values()), "")
    return {"remote": plain(without_credentials(url))} if url else {}


def _changed(paths: list[str]) -> dict[str, Any]:
    return {"changed": [plain(path) for path in paths[:MOST_NAMED]], "changed_count": len(paths)} if paths else {}


def _modules(snapshot: Snapshot) -> dict[str, Any]:
    found = {path: (commit, False) for path, commit in snapshot.modules.items()}
    found |= {path: (module.commit, module.dirty) for path, module in snapshot.inner.items()}
    told = [{"path": plain(path), "commit": commit, "dirty": dirty} for path, (commit, dirty) in sorted(found.items())]
    return {"submodules": told} if told else {}


def _of_folder(folder: str, project: str, store: str, command: Sequence[str], remarks: Remarks) -> Found:
    from runlog.capture.code.plain import PlainFolder

    top, found = _project([project, folder], store, remarks) or (folder, None)
    if found is None:
        remarks.notes.append("the folder holds too much to be a project, so only the files of the command were captured")
        found = PlainFolder(folder, store, remarks, _scripts(folder, command))
    below = os.path.relpath(os.path.realpath(folder), os.path.realpath(top))
    about = {"kind": "files", "tree": found.tree, "folder": plain(below), **remarks.document()}
    return Found(about, found.tree, files=found.files, sizes=found.sizes, contents=found.contents)


def _project(places: Sequence[str], store: str, remarks: Remarks) -> tuple[str, PlainFolder] | None:
    """The first of some folders that can be a project, and its files."""
    from runlog.capture.code.plain import PlainFolder, TooMany

    for place in dict.fromkeys(map(os.path.realpath, places)):
        seen = Remarks()
        try:
            if place not in {"/", os.path.realpath(os.path.expanduser("~"))}:
                found = PlainFolder(place, os.path.realpath(store), seen)
                remarks.add(seen)
                return place, found
        except TooMany:
            continue
    return None


def _scripts(folder: str, command: Sequence[str]) -> list[str]:
    """The source files that a command names, as far as they lie below the folder."""
    from runlog.capture.code.sources import is_source_name

    named = (os.path.normpath(word) for word in command)
    here = (
        word for word in named if not os.path.isabs(word) and not word.startswith("..") and is_source_name(os.path.basename(word))
    )
    return sorted({word for word in here if os.path.isfile(os.path.join(folder, word))})
