"""What the program of a run printed, and goes on printing."""

from __future__ import annotations

import time
from collections.abc import Iterator

from runlog.errors import NotFound
from runlog.runs.waiting import Vigil
from runlog.store.output import STDERR, STDOUT, TERMINAL, OutputFile
from runlog.store.stored import StoredRun

# How long to sleep when there was nothing new: a person does not see the first, and the machine not the last.
_FIRST_S, _LAST_S = 0.02, 0.3


class Output:
    """The output of a run, from its beginning or from a place near the end."""

    def __init__(self, run: StoredRun, stdout: bool = True, stderr: bool = True) -> None:
        self._run = run
        if run.record.emptied:
            raise NotFound(f"what run {run.id} printed was dropped by gc while the run was in the trash")
        names = [*((TERMINAL, STDOUT) if stdout else ()), *((STDERR,) if stderr else ())]
        self.files = [OutputFile(run.path, name) for name in names]
        if not stdout and not self.files[0].exists() and OutputFile(run.path, TERMINAL).exists():
            raise NotFound(f"run {run.id} wrote to a terminal, where both streams are one", hint=f"runlog logs {run.id}")

    @property
    def empty(self) -> bool:
        """Whether nothing was printed yet."""
        return not any(file.exists() for file in self.files)

    def follow(self) -> Iterator[tuple[str, bytes]]:
        """(file, bytes) as they come, until the run is over."""
        vigil = Vigil(self._run)
        pause = _FIRST_S
        while True:
            over = vigil.end() is not None
            # Asked first: what was printed before the end is then found in any case.
            heard = False
            for file in self.files:
                while block := file.read():
                    heard = True
                    yield file.name, block
            if over:
                return
            pause = _FIRST_S if heard else min(pause * 1.5, _LAST_S)
            time.sleep(pause)
