"""`runlog logs`."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

import typer

from runlog.cli.options import Among

if TYPE_CHECKING:
    from runlog.runs.output import Output
    from runlog.store.output import OutputFile

SETTINGS = {"epilog": "Example: runlog logs @last -f -n 20"}
# So many lines may still change when several progress bars are drawn at once.
_HEIGHT = 64


def command(
    filters: Among,
    run: str = typer.Argument("@last", metavar="RUN", help="A piece of the id, a name, @last or @best:METRIC."),
    follow: bool = typer.Option(False, "--follow", "-f", help="Go on until the run ends."),
    lines: int = typer.Option(None, "--lines", "-n", metavar="N", min=0, help="Only the last N lines of each stream."),
    stdout: bool = typer.Option(False, "--stdout", help="Only what went to standard output."),
    stderr: bool = typer.Option(False, "--stderr", help="Only what went to standard error."),
    raw: bool = typer.Option(False, "--raw", help="Print every byte. Else a progress bar is shown as it was in the end."),
) -> None:
    """Print what the program of a run printed."""
    from runlog.cli import writing
    from runlog.cli.meant import one
    from runlog.cli.opening import open_store
    from runlog.runs.output import Output

    found = one(open_store(), run, filters)
    both = stdout == stderr
    output = Output(found, stdout or both, stderr or both)
    if output.empty and not follow:
        writing.say(f"run {found.id} has no output: runlog run keeps what a program prints\n")
    elif follow:
        _follow(output, lines, raw)
    else:
        files = [file for file in output.files if file.exists()]
        for file in files:
            if len(files) > 1 and writing.on_terminal():
                writing.write(f"==> {file.name.removesuffix('.log')} <==\n")
            _print(file, lines, raw)


def _print(file: OutputFile, lines: int | None, raw: bool) -> None:
    from runlog.cli import writing

    if raw:
        if lines is not None:
            file.go_back(lines)
        writing.write_bytes(iter(file.read, b""))
    elif lines is None:
        screen = _Screen(_HEIGHT)
        for block in iter(file.read, b""):
            writing.write_now(screen.show(block))
        writing.write_now(screen.close())
    else:
        writing.write_now("".join(_last_lines(file, lines)))


def _last_lines(file: OutputFile, lines: int) -> list[str]:
    """The last lines as they are shown. Many lines of a file may come to few, where bars were drawn again and again."""
    window = lines + _HEIGHT
    while True:
        whole = file.go_back(window)
        screen = _Screen(_HEIGHT)
        shown = "".join([screen.show(block) for block in iter(file.read, b"")]) + screen.close()
        found = re.findall(r"[^\n]*\n|[^\n]+", shown)
        if whole or len(found) >= lines:
            return found[-lines:] if lines else []
        window *= 4


def _follow(output: Output, lines: int | None, raw: bool) -> None:
    """All there is, and then what comes: on a terminal byte by byte, so that bars move; elsewhere line by line."""
    from runlog.cli import writing

    if lines is not None:
        for file in output.files:
            file.go_back(lines)
    live = raw
    if not raw and writing.on_terminal():
        for file in output.files:
            screen = _Screen(_HEIGHT)
            for block in iter(file.read, b""):
                writing.write_now(screen.show(block))
            writing.write_now(screen.close())
        live = True
    screens = {file.name: _Screen(0) for file in output.files}
    for name, block in output.follow():
        if live:
            writing.write_bytes([block])
        else:
            writing.write_now(screens[name].show(block))
    for screen in screens.values():
        writing.write_now(screen.close())


class _Screen:
    """One stream as it looks."""

    def __init__(self, height: int) -> None:
        from runlog.cli import writing
        from runlog.render.frames import Frames

        self._frames = Frames(colour=writing.colour(), height=height)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def show(self, block: bytes) -> str:
        return self._frames.feed(self._decoder.decode(block))

    def close(self) -> str:
        return self._frames.feed(self._decoder.decode(b"", final=True)) + self._frames.close()
