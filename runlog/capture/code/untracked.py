"""Files that git was not told of: which of them belong to the code, and which are too large, too many, or secret."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from typing import NamedTuple

from runlog.capture.code.found import LeftOut, Remarks
from runlog.capture.code.sources import is_source_name
from runlog.capture.code.status import LINK
from runlog.capture.secrets import is_secret_file, redacted
from runlog.errors import reason_of

MOST_BYTES = 10 << 20  # of one file
MOST_IN_ALL = 100 << 20
MOST_FILES = 2000
_SEARCHED = 4 << 20  # a text that is longer is data


class Content(NamedTuple):
    """What is at a path: its mode, and its bytes where they are not just those of the file."""

    mode: str
    data: bytes | None = None


def untracked(top: str, paths: Iterable[str], remarks: Remarks) -> dict[str, Content]:
    """Those that are captured."""
    found: dict[str, Content] = {}
    total = 0
    # Code first, for there may be more data than there is room.
    ordered = sorted(paths, key=lambda path: (not is_source_name(os.path.basename(path)), path))
    for place, path in enumerate(ordered):
        if len(found) == MOST_FILES:
            more = len(ordered) - place
            remarks.notes.append(f"left out: {more} of {len(ordered)} files that git was not told of; {MOST_FILES} are captured")
            break
        try:
            info = os.lstat(os.path.join(top, path))
        except OSError:
            continue
        why = _refused(path, info, total)
        if why == "secret":
            remarks.withheld.append(path)
        elif why:
            remarks.left_out.append(LeftOut(path, info.st_size, why))
        else:
            content = read(top, path, info, remarks)
            if content is not None:
                total += info.st_size
                found[path] = content
    return found


def _refused(path: str, info: os.stat_result, total: int) -> str:
    if not (stat.S_ISREG(info.st_mode) or stat.S_ISLNK(info.st_mode)):
        return "neither a file nor a link"
    if is_secret_file(path):
        return "secret"
    if info.st_size > MOST_BYTES:
        return f"larger than {MOST_BYTES >> 20} MB"
    return f"more than {MOST_IN_ALL >> 20} MB that git was not told of" if total + info.st_size > MOST_IN_ALL else ""


def read(top: str, path: str, info: os.stat_result, remarks: Remarks) -> Content | None:
    """A file that nobody has committed, without the secrets in it."""
    whole = os.path.join(top, path)
    try:
        if stat.S_ISLNK(info.st_mode):
            return Content(LINK, os.readlink(os.fsencode(whole)))
        mode = "100755" if info.st_mode & 0o100 else "100644"
        if info.st_size > _SEARCHED:
            return Content(mode)
        with open(whole, "rb") as file:
            data = file.read()
    except OSError as error:
        remarks.left_out.append(LeftOut(path, info.st_size, f"cannot be read: {reason_of(error)}"))
        return None
    shown = without_secrets(data)
    if shown is not data:
        remarks.withheld.append(path)
        return Content(mode, shown)
    return Content(mode)


def without_secrets(data: bytes) -> bytes:
    """The same bytes, or those of a text from which what looks like a secret was taken."""
    if b"\0" in data[:8000] or len(data) > _SEARCHED:
        return data
    coding = "utf-8"
    try:
        text = data.decode(coding)
    except UnicodeDecodeError:
        coding = "latin-1"
        text = data.decode(coding)
    shown, kinds = redacted(text)
    return shown.encode(coding) if kinds else data
