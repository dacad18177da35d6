"""The history of the repository around us, by GitPython: for questions in which nobody minds the time that takes to import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runlog.capture.code.git import GitFailed, Repository, find_repository

if TYPE_CHECKING:
    from git import Repo


class History:
    """The commits of a repository. What git refuses raises GitFailed."""

    def __init__(self, folder: str) -> None:
        self._repository: Repository = find_repository(folder)
        self.prefix = self._repository.prefix  # where in the work tree the folder is

    def commit(self, name: str) -> str | None:
        """The id of a commit by any of its names."""
        from git import BadName, GitCommandError

        try:
            return str(self._open().commit(name).hexsha)
        except (BadName, GitCommandError, ValueError, IndexError):
            return None

    def reach(self, revisions: str) -> set[str]:
        """The ids of all commits of a range."""
        return self._listed(revisions, ())

    def touching(self, place: str) -> set[str]:
        """The ids of all commits, of whatever branch, that changed a file or folder."""
        return self._listed("--all", (place,))

    def _listed(self, revisions: str, paths: Sequence[str]) -> set[str]:
        from git import GitCommandError

        try:
            # In one piece: commits one by one leave pipes open when git refuses.
            words = ("--full-history",) if paths else ()
            return set(self._open().git.rev_list(revisions, *words, "--", *paths).split())
        except GitCommandError as error:
            said = str(error.stderr or error).strip().removeprefix("stderr: '").removesuffix("'")
            raise GitFailed(said.splitlines()[0].removeprefix("fatal: ") if said else "git refused") from error

    def _open(self) -> Repo:
        from git import Repo

        return Repo(self._repository.top)
