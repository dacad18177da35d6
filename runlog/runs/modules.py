"""Submodules whose own repository is gone: the store still has their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from runlog.capture.code.found import File
from runlog.capture.code.git import Git
from runlog.errors import Damaged, NotFound
from runlog.records import Code
from runlog.store.code.snapshots import MODULE, Chain
from runlog.store.store import Store


@dataclass(frozen=True, slots=True)
class Modules:
    """The files of submodules that the repository knows by name only."""

    chain: Chain | None = None
    files: Mapping[str, File] = field(default_factory=dict)
    lost: tuple[str, ...] = ()  # which nobody has

    def content(self, path: str) -> bytes | None:
        return self.chain.content(path) if self.chain else None

    def close(self) -> None:
        if self.chain:
            self.chain.close()


def find_modules(store: Store, code: Code, places: Mapping[str, tuple[Git | None, File]]) -> Modules:
    """What the store has of the submodules among some places whose bytes no repository has."""
    bare = [path for path, (git, file) in places.items() if file.mode == MODULE and git is None]
    if not bare:
        return Modules()
    try:
        chain = Chain(store.root, code.snapshot or "")
    except (Damaged, NotFound):
        return Modules(lost=tuple(bare))
    folders = tuple(f"{path}/" for path in bare)
    return Modules(chain, {path: file for path, file in chain.files.items() if path.startswith(folders)})
