"""Git as a program: asked plainly, in surroundings that are the same everywhere, and never for long.

It runs no hook, starts no daemon, takes no lock on what it only reads, asks nobody for a password and fetches nothing.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from runlog.errors import reason_of

PATIENCE_S = 60
_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.splitIndex": "false",  # else a copy of an index leaves its shared part in the repository
    "core.safecrlf": "false",
    "core.fsync": "committed",  # an object is on the disk before anything speaks of it
    "core.quotePath": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "submodule.recurse": "false",
    "log.showSignature": "false",
}
_SET = [word for key, value in _SETTINGS.items() for word in ("-c", f"{key}={value}")]
_FIXED = {
    "LC_ALL": "C",
    "LANGUAGE": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_PAGER": "cat",
}
# What tells git which settings there are and where it may look. Everything else may come from a hook or an alias that we
# run under, and speaks of another repository or another index.
_KEPT = (
    *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_"),
    *("GIT_CONFIG_VALUE_", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_EXEC_PATH"),
)


class GitFailed(Exception):
    """Git did not do what it was asked; `why` is what it said, in one line."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class NoGit(GitFailed):
    """There is no git on this machine."""


class NoRepository(GitFailed):
    """The folder lies in no work tree."""


class Foreign(NoRepository):
    """The repository around has nothing to do with the folder."""


class TooSlow(GitFailed):
    """Git was still at work when nobody wanted to wait any more."""


class Distrusted(GitFailed):
    """The repository belongs to somebody else, and git will not touch it."""


class Git(NamedTuple):
    """Git, in one folder."""

    folder: str
    variables: tuple[tuple[str, str], ...] = ()

    def with_index(self, path: str) -> Git:
        """The same, working on another index."""
        return self._replace(variables=(*self.variables, ("GIT_INDEX_FILE", path)))

    def with_objects(self, folder: str, real: str) -> Git:
        """The same, writing objects elsewhere: the repository can only be read."""
        more = ("GIT_OBJECT_DIRECTORY", folder), ("GIT_ALTERNATE_OBJECT_DIRECTORIES", os.path.join(real, "objects"))
        return self._replace(variables=(*self.variables, *more))

    def ask(self, *words: str, stdin: bytes = b"") -> bytes:
        """What git answers."""
        done = self.attempt(*words, stdin=stdin)
        if done.returncode != 0:
            raise _failure(words[0], done.stderr)
        return done.stdout

    def line(self, *words: str, stdin: bytes = b"") -> str:
        """An answer of one line."""
        return os.fsdecode(self.ask(*words, stdin=stdin)).rstrip("\n")

    def attempt(self, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """What git answers, and how it left."""
        try:
            return subprocess.run(
                self._command(words), input=stdin, capture_output=True, check=False, env=self._environment(), timeout=PATIENCE_S
            )
        except subprocess.TimeoutExpired:
            raise TooSlow(f"git {words[0]} took longer than {PATIENCE_S} s") from None
        except OSError as error:
            raise _not_started(error) from error

    def contents(self, ids: Iterable[str]) -> Iterator[bytes]:
        """The contents of some objects, one after the other."""
        with tempfile.TemporaryFile() as asked:
            asked.write(os.fsencode("".join(f"{name}\n" for name in ids)))
            asked.seek(0)
            with self._start("cat-file", "--batch", stdin=asked.fileno()) as process:
                yield from _batch(process)

    def sizes(self, ids: Iterable[str]) -> list[int | None]:
        """How many bytes some objects have; none for those that are not there."""
        asked = os.fsencode("".join(f"{name}\n" for name in ids))
        answers = self.ask("cat-file", "--batch-check=%(objectsize)", stdin=asked).split(b"\n")[:-1]
        return [int(answer) if answer.isdigit() else None for answer in answers]

    @contextlib.contextmanager
    def _start(self, *words: str, stdin: int) -> Iterator[subprocess.Popen[bytes]]:
        quiet = subprocess.DEVNULL
        try:
            process = subprocess.Popen(
                self._command(words), stdin=stdin, stdout=subprocess.PIPE, stderr=quiet, env=self._environment()
            )
        except OSError as error:
            raise _not_started(error) from error
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def _command(self, words: Iterable[str]) -> list[str]:
        return ["git", "-C", self.folder, *_SET, *words]

    def _environment(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key.startswith(_KEPT)}
        return {**inherited, **_FIXED, **dict(self.variables)}


def _batch(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    assert process.stdout is not None
    while head := process.stdout.readline():
        words = head.split()
        if len(words) != 3:
            raise GitFailed(f"git has no object {words[0].decode() if words else '?'}")
        size = int(words[2])
        data = process.stdout.read(size + 1)
        if len(data) != size + 1:
            raise GitFailed("git cat-file ended early")
        yield data[:-1]


def _not_started(error: OSError) -> GitFailed:
    if isinstance(error, FileNotFoundError) and error.filename == "git":
        return NoGit("git is not installed")
    return GitFailed(f"git cannot be started: {reason_of(error)}")


def _way_out(told: str) -> str:
    """The command by which git would trust it, in its own words, for it quotes the path."""
    command = "git config --global --add safe.directory"
    return next((line.strip() for line in told.splitlines() if line.strip().startswith(command)), command)


def _failure(verb: str, stderr: bytes) -> GitFailed:
    told = os.fsdecode(stderr)
    if "dubious ownership" in told or "unsafe repository" in told:
        return Distrusted(f"git does not trust this repository, which belongs to another user: {_way_out(told)}")
    if "not a git repository" in told or "must be run in a work tree" in told:
        return NoRepository("there is no git work tree here")
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return GitFailed(f"git {verb}: {((fatal or lines or ['it failed'])[0]).partition(': ')[2] or (lines or ['it failed'])[0]}")


class Repository(NamedTuple):
    """A work tree of git, and where its things are."""

    git: Git  # in the top folder
    top: str
    private: str  # the folder of git's files of this work tree
    shared: str  # the same of all work trees together
    prefix: str  # where in it we stand: "" or "sub/folder/"
    commit: str | None  # none when there is no commit yet
    tree: str | None


def find_repository(folder: str) -> Repository:
    """The work tree that a folder lies in."""
    if not _may_be_inside(folder):
        raise NoRepository("there is no git work tree here")
    asked = ("--git-common-dir", "--absolute-git-dir", "--show-prefix", "--show-toplevel", "HEAD", "HEAD^{tree}")
    done = Git(folder).attempt("rev-parse", *asked)
    lines = os.fsdecode(done.stdout).split("\n")
    # Without a commit git prints all but the last two, and complains.
    if len(lines) < 5 or not os.path.isdir(lines[3]):
        raise _failure("rev-parse", done.stderr)
    shared, private, prefix, top = lines[:4]
    commit, tree = (lines[4], lines[5]) if done.returncode == 0 else (None, None)
    return Repository(Git(top), top, private, os.path.join(folder, shared), prefix, commit, tree)


def _may_be_inside(folder: str) -> bool:
    """Whether it is worth while to start git: there is a `.git` here or above."""
    here = os.path.abspath(folder)
    while not os.path.lexists(os.path.join(here, ".git")):
        above = os.path.dirname(here)
        if above == here:
            return False
        here = above
    return True
