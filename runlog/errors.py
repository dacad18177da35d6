"""Everything runlog refuses to do, as one tree.

RunlogError                 70  a bug in runlog when raised bare
├── UsageError               2  the call or command line makes no sense
├── NotFound                 3  nothing has that name
├── Conflict                 4  several things have that name, or it is taken
├── BadInput                 5  a value or a file cannot be used
│   ├── BadName                 a name no store may hold
│   ├── BadValue                a value no store may hold
│   └── BadQuery                a filter that cannot be read
├── StoreError               6  the store cannot be read or written
│   ├── NotAStore               the folder is no runlog store
│   ├── UnknownFormat           written by another generation of runlog
│   └── Damaged                 a file of the store is not what it must be
└── OutsideError             7  git, a remote or another program failed

Each class has a stable `code` for scripts, an exit status, and where possible a hint that is a command to type.
"""

from __future__ import annotations

from typing import ClassVar


class RunlogError(Exception):
    """Something runlog could not do: a message in one sentence, and the next command to type."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 70
    meaning: ClassVar[str] = "A bug in runlog. Please report it with the command that caused it."

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} (hint: {self.hint})" if self.hint else self.message


class UsageError(RunlogError):
    code = "usage"
    status = 2
    meaning = "The call or the command line makes no sense as it stands: also an option whose value is not what it takes."


class NotFound(RunlogError):
    code = "not-found"
    status = 3
    meaning = "No run, experiment, metric or artifact has that name."


class Conflict(RunlogError):
    code = "conflict"
    status = 4
    meaning = "The name fits several things, or is already taken."


class BadInput(RunlogError):
    code = "bad-input"
    status = 5
    meaning = "A file, or data that was given, cannot be used."


class BadName(BadInput):
    code = "bad-name"
    meaning = "The name is empty, too long, or holds characters that no name may have."


class BadValue(BadInput):
    code = "bad-value"
    meaning = "The value cannot be stored: a metric must be a number, a document must be plain data."


class BadQuery(BadInput):
    code = "bad-query"
    meaning = "The filter cannot be read. The second line of the message points at the place."


class StoreError(RunlogError):
    code = "store"
    status = 6
    meaning = "The store cannot be read or written: permissions, a full disk, a file where a folder must be."


class NotAStore(StoreError):
    code = "not-a-store"
    meaning = "The folder that was named is not a runlog store, and runlog will not make it one."


class UnknownFormat(StoreError):
    code = "unknown-format"
    meaning = "The store was written by another generation of runlog."


class Damaged(StoreError):
    code = "damaged"
    meaning = "A file of the store is not what it must be. `runlog check` tells what, `--repair` sets it aside."


class OutsideError(RunlogError):
    code = "outside"
    status = 7
    meaning = "Git, a remote or another program failed."


def all_errors(root: type[RunlogError] = RunlogError) -> list[type[RunlogError]]:
    """The tree in drawing order."""
    found = [root]
    for child in root.__subclasses__():
        found.extend(all_errors(child))
    return found


def reason_of(error: OSError) -> str:
    """What the system says of it, as the end of a sentence."""
    return (error.strerror or str(error)).lower()


def store_error(doing: str, error: OSError) -> StoreError:
    """What the system refused, in words: `cannot write run.json: no space left on device`."""
    reason = (error.strerror or type(error).__name__).lower()
    return StoreError(f"cannot {doing}: {reason}")
