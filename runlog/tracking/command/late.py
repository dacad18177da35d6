"""What a program left in the background goes on writing when the run has ended."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from runlog.tracking.command import passing


@dataclass(frozen=True, slots=True)
class Late:
    """A source that somebody else still has open, and where it leads."""

    source: int
    sink: int | None  # none when what leads there could not be written
    added_returns: bool  # the source is a terminal that makes CR LF of a newline, and so does the sink


def leave_behind(late: Sequence[Late]) -> None:
    """A process that goes on passing on; without one, whoever writes would be told that nobody listens. Nothing of it is kept.

    It is no fork of this one, which may have threads, and has buffers and handlers that must be heeded once only.
    """
    if not late:
        return
    null = _unused_standard_files({item.sink for item in late})
    actions = [
        *((os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in null),
        # On itself: so it is inherited.
        *((os.POSIX_SPAWN_DUP2, item.source, item.source) for item in late),
    ]
    words = [f"{item.source}:{item.sink or 0}:{item.added_returns:d}" for item in late]
    try:
        program = [sys.executable, "-I", "-S", passing.__file__, *words]
        os.posix_spawn(sys.executable, program, os.environ, file_actions=actions, setsid=True)
    except (OSError, TypeError, ValueError, NotImplementedError):  # as where a Python in a program does not know its file
        pass  # then they learn it
    finally:
        for item in late:
            os.close(item.source)


def _unused_standard_files(sinks: set[int | None]) -> list[int]:
    return [number for number in (0, 1, 2) if number not in sinks]
