"""The command line: the only room that prints and exits."""

from __future__ import annotations

import os
import sys
from gc import set_threshold

# Python looks for circles of dead objects after so many new ones: by itself after 700, again and again while a command imports
# what it needs, which makes none.
_OBJECTS = 50_000
_INTERRUPTED = 130


def script() -> None:
    """The console script. A quick answer leaves nothing to put in order; taking Python down would take a tenth of its time."""
    try:
        status = _quickly()
        is_quick = status is not None
        status = _thoroughly() if status is None else status
    except KeyboardInterrupt:  # while what it takes is still imported
        status, is_quick = _INTERRUPTED, True
    give_up_unwritten()
    if is_quick:
        os._exit(status)
    sys.exit(status)


def give_up_unwritten() -> None:
    """Give up what cannot be written, to a pipe that nobody reads or a full disk. Python would complain of it at the end, and
    leave with a status of its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def main() -> int:
    """What the console script does, for a process that goes on afterwards."""
    status = _quickly()
    return _thoroughly() if status is None else status


def _thoroughly() -> int:
    from runlog.cli.app import run

    return run()


def _quickly() -> int | None:
    """What is asked often, or is asked for nothing but an answer, goes a shorter way. None for anything else."""
    set_threshold(_OBJECTS)
    _open_missing_files()
    words = sys.argv[1:]
    match words:
        case ["log", *rest]:
            from runlog.cli.quick import log

            if log(rest):
                return 0
        case ["_complete", *rest]:
            from runlog.cli.complete import complete

            return complete(rest)
        case [] | ["--version"] | ["--help"] | ["-h"] | ["help"]:
            return _front(words)
        case ["help", topic]:
            return _topic(topic)
        case ["ls" | "list", *rest]:
            from runlog.cli.plain import options_of

            options = options_of("ls", rest)
            if options is not None:
                return _list(options)
    return None


def _open_missing_files() -> None:
    """Started without one of the standard files, the next file that is opened would be taken for it."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def _front(words: list[str]) -> int:
    from runlog.cli import front
    from runlog.cli.edge import status_of

    page = front.greeting if not words else front.version if words == ["--version"] else front.help_page
    return status_of(lambda: (sys.stdout.write(page()), None)[1])


def _topic(name: str) -> int | None:
    from runlog.cli.topics import TOPICS

    if name not in TOPICS:
        return None
    from runlog.cli import front
    from runlog.cli.edge import status_of

    return status_of(lambda: (sys.stdout.write(front.topic_page(name)), None)[1])


def _list(options: dict[str, object]) -> int:
    from runlog.cli import ls
    from runlog.cli.edge import status_of
    from runlog.cli.options import Columns, Filters, Output, group_of

    return status_of(lambda: ls.command(group_of(Filters, options), group_of(Output, options), group_of(Columns, options)))
