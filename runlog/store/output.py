"""What a program printed, as it lies in the folder of its run. The files grow while the program runs."""

from __future__ import annotations

import os
from pathlib import Path

from runlog.errors import Damaged
from runlog.store import files, layout

# On a terminal both streams are one.
TERMINAL, STDOUT, STDERR = "terminal.log", "stdout.log", "stderr.log"
_BLOCK = 1 << 18


class OutputFile:
    """One stream of a program, read from any place on. It need not be there yet: it is made with its first byte."""

    def __init__(self, run: Path, name: str) -> None:
        self.name = name
        self._path = run / layout.OUTPUT / name
        self._fd: int | None = None
        self._place = 0

    def exists(self) -> bool:
        return self._open() is not None

    def read(self) -> bytes:
        """The next block; nothing when there is none, or none yet."""
        fd = self._open()
        if fd is None:
            return b""
        block = os.pread(fd, _BLOCK, self._place)
        self._place += len(block)
        return block

    def go_back(self, lines: int) -> bool:
        """Read on from so many lines before the present end; whether that is the beginning."""
        fd = self._open()
        if fd is None:
            return True
        place = end = os.fstat(fd).st_size
        # The newline that ends the last line begins none.
        missing = lines + (place > 0 and os.pread(fd, 1, place - 1) == b"\n")
        while place > 0 and missing > 0:
            block = os.pread(fd, min(_BLOCK, place), max(0, place - _BLOCK))
            found = block.count(b"\n")
            if found < missing:
                missing -= found
                place -= len(block)
                continue
            at = len(block)
            for _ in range(missing):
                at = block.rindex(b"\n", 0, at)
            self._place = place - len(block) + at + 1
            return False
        self._place = end if lines == 0 else 0
        return self._place == 0

    def _open(self) -> int | None:
        if self._fd is None:
            if self._path.parent.is_symlink():
                raise Damaged(f"{layout.OUTPUT} is a symbolic link, and stores have none", hint="runlog check")
            try:
                self._fd = files.open_to_read(self._path)
            except FileNotFoundError:
                return None
        return self._fd

    def __del__(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
