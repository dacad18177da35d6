"""What differs between two runs, as text in the manner of git, and as a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from runlog.render.shell import command
from runlog.render.values import any_value, number, param_value

_BOLD, _RED, _GREEN, _CYAN, _PLAIN = "\033[1m", "\033[31m", "\033[32m", "\033[36m", "\033[m"
_LINES = {"+": _GREEN, "-": _RED, "@": _CYAN}
_BAR = 40
# In the order of how likely they are the cause.
_BEFORE_CODE, _AFTER_CODE = ("params",), ("packages", "data", "environment", "command", "metrics")


class Change(Protocol):
    """One thing that differs."""

    @property
    def section(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def how(self) -> str: ...
    @property
    def before(self) -> Any: ...
    @property
    def after(self) -> Any: ...


class FileChange(Protocol):
    """How one file differs."""

    @property
    def path(self) -> str: ...
    @property
    def how(self) -> str: ...
    @property
    def added(self) -> int: ...
    @property
    def removed(self) -> int: ...
    @property
    def patch(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def before(self) -> str | None: ...
    @property
    def binary(self) -> bool: ...


class Difference(Protocol):
    """All that differs."""

    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str | None: ...
    @property
    def changes(self) -> Sequence[Any]: ...
    @property
    def code(self) -> Sequence[Any]: ...
    @property
    def artifacts(self) -> Sequence[Any]: ...
    @property
    def notes(self) -> Sequence[str]: ...
    @property
    def none(self) -> bool: ...


class _Ink:
    """Colours, or none."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, style: str, text: str) -> str:
        return f"{style}{text}{_PLAIN}" if self._colour and text else text


def page(found: Difference, *, stat: bool = False, colour: bool = False) -> str:
    """All of it; with `stat`, files are counted and not shown."""
    ink = _Ink(colour)
    parts = [ink(_BOLD, f"{found.before} -> {found.after or 'what is here now'}") + "\n"]
    parts += [_section(name, found.changes, ink) for name in _BEFORE_CODE]
    parts.append(_files("code", found.code, stat, ink))
    parts += [_section(name, found.changes, ink) for name in _AFTER_CODE]
    parts.append(_files("artifacts", found.artifacts, stat, ink))
    if found.none:
        parts.append("nothing differs that is known\n" if found.notes else "nothing differs\n")
    parts.append("".join(f"note: {note}\n" for note in found.notes))
    return _readable("\n".join(part for part in parts if part))


def patch(files: Sequence[FileChange], colour: bool = False) -> str:
    """Code as one patch, which git can apply; half letters stand for bytes that are no UTF-8."""
    return "".join(_painted(file.patch, _Ink(colour)) for file in files if not _is_told(file))


def without_patch(files: Sequence[FileChange]) -> list[str]:
    """What that patch does not hold."""
    return [f"not in the patch: {_named(file)} ({file.note})" for file in files if file.note]


def _is_told(file: FileChange) -> bool:
    """Whether a patch only says that bytes differ: git would refuse it."""
    return file.binary and "\nBinary files " in file.patch


def _readable(text: str) -> str:
    """A text for people and for JSON, which have no place for half letters."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _section(name: str, changes: Sequence[Change], ink: _Ink) -> str:
    mine = [change for change in changes if change.section == name]
    if not mine:
        return ""
    width = max(len(change.key) for change in mine)
    return f"{ink(_BOLD, name)}\n" + "".join(f"  {change.key:<{width}}  {_change(change, ink)}\n" for change in mine)


def _change(change: Change, ink: _Ink) -> str:
    before, after = _value(change.section, change.before), _value(change.section, change.after)
    if change.how == "added":
        return ink(_GREEN, f"+ {after}")
    if change.how == "removed":
        return ink(_RED, f"- {before}")
    return f"{ink(_RED, before)} -> {ink(_GREEN, after)}{_gap(change)}"


def _value(section: str, value: Any) -> str:
    if section == "metrics":
        return number(value)
    if section == "command" and isinstance(value, list):
        return command(value)
    return param_value(value) if section == "params" else any_value(value)


def _gap(change: Change) -> str:
    if change.section != "metrics" or change.before is None or change.after is None:
        return ""
    gap = change.after - change.before
    return f" ({gap:+.4g})" if gap == gap and abs(gap) != float("inf") else ""


def _files(name: str, files: Sequence[FileChange], stat: bool, ink: _Ink) -> str:
    if not files:
        return ""
    head = f"{ink(_BOLD, name)}  {_total(files)}\n"
    if stat:
        return head + "".join(_stat_lines(files, ink))
    told = [file for file in files if not file.patch]
    return (
        head
        + "".join(f"  {_named(file)}  {_said(file)}\n" for file in told)
        + "".join(_painted(file.patch, ink) for file in files)
    )


def _total(files: Sequence[FileChange]) -> str:
    added, removed = sum(file.added for file in files), sum(file.removed for file in files)
    parts = [_counted(len(files), "file")]
    parts += [f"{_counted(added, 'line')} added"] if added else []
    parts += [f"{_counted(removed, 'line')} removed"] if removed else []
    return ", ".join(parts)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _stat_lines(files: Sequence[FileChange], ink: _Ink) -> Iterator[str]:
    width = max(len(_named(file)) for file in files)
    most = max(file.added + file.removed for file in files)
    for file in files:
        count = file.added + file.removed
        if not count:
            yield f"  {_named(file):<{width}} | {_said(file)}\n"
            continue
        scale = min(1.0, _BAR / most)
        bar = ink(_GREEN, "+" * max(1, round(file.added * scale)) if file.added else "")
        bar += ink(_RED, "-" * max(1, round(file.removed * scale)) if file.removed else "")
        yield f"  {_named(file):<{width}} | {count} {bar}\n"


def _named(file: FileChange) -> str:
    return f"{file.before} => {file.path}" if file.before else file.path


def _said(file: FileChange) -> str:
    words = {"added": "new", "removed": "gone", "changed": "", "renamed": "moved", "mode": "other mode"}
    return ": ".join(part for part in (words[file.how], file.note) if part) or "differs"


def _painted(text: str, ink: _Ink) -> str:
    return "".join(_line(f"{line}\n", ink) for line in text.split("\n")[:-1])


def _line(line: str, ink: _Ink) -> str:
    body = line.rstrip("\n")
    heading = body.startswith(("diff --git", "+++ ", "--- ", "new file", "deleted file", "old mode", "new mode", "rename "))
    style = _BOLD if heading else _LINES.get(line[:1], "")
    return f"{ink(style, body)}\n" if style else line


def as_document(found: Difference) -> dict[str, Any]:
    """A difference as `--json` shows it."""
    return {
        "before": found.before,
        "after": found.after,
        "same": found.none,
        "changes": [
            {
                "section": change.section,
                "key": change.key,
                "how": change.how,
                "before": change.before,
                "after": change.after,
            }
            for change in found.changes
        ],
        "code": [_file_document(file) for file in found.code],
        "artifacts": [_file_document(file) for file in found.artifacts],
        "notes": list(found.notes),
    }


def _file_document(file: FileChange) -> dict[str, Any]:
    return {
        "path": file.path,
        "before": file.before,
        "how": file.how,
        "binary": file.binary,
        "added": file.added,
        "removed": file.removed,
        "note": file.note,
        "patch": _readable(file.patch),
    }
