"""One run of the benchmarks: where it may write and how long it may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bench:
    """`scratch` is on the filesystem of the repository, so that what is measured is a disk and not memory."""

    scratch: Path
    quick: bool = False

    def folder(self, name: str) -> Path:
        """A new folder: nothing is measured on what an earlier row left."""
        for number in range(1, 1_000_000):
            path = self.scratch / f"{name}-{number}"
            if not path.exists():
                path.mkdir()
                return path
        raise FileExistsError(name)

    def rounds(self, usual: int) -> int:
        return max(2, usual // 5) if self.quick else usual

    def size(self, usual: int) -> int:
        return max(1, usual // 10) if self.quick else usual

    def once(self, name: str, make: Callable[[Path], None]) -> Path:
        """A folder that several rows read and the first of them fills."""
        path = self.scratch / name
        if not path.exists():
            filling = self.folder(name)
            make(filling)
            filling.rename(path)
        return path
