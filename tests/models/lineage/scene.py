"""Runs as records that used and made bytes, known by short words in the place of hashes."""

from __future__ import annotations

from typing import Any

from runlog.models.lineage.graph import Graph
from runlog.models.lineage.node import Line
from runlog.records import Artifact, Input, RunRecord
from tests.models.gate.scene import run as bare

Bytes = dict[str, tuple[str, int]]  # by name or path, the hash and when


def run(name: str, used: Bytes | None = None, made: Bytes | None = None, **more: Any) -> RunRecord:
    """A run that had inputs and logged artifacts."""
    inputs = {key: Input(key, f"data/{key}", 10, sha, 1, at) for key, (sha, at) in (used or {}).items()}
    artifacts = {path: Artifact(path, 10, sha, at, path) for path, (sha, at) in (made or {}).items()}
    return bare(name, inputs=inputs, artifacts=artifacts, id=name, **more)


def graph(*runs: RunRecord, also: dict[str, int] | None = None) -> Graph:
    return Graph({run.id: run for run in runs}, [], also or {})


def drawn(lines: tuple[Line, ...]) -> list[str]:
    """A tree in short: its depth as dots, the node, and what is said of it."""
    shown = []
    for line in lines:
        name = line.node.id if line.node else f"{line.left_out} more"
        mark = f" see {line.seen}" if line.seen else " ..." if line.is_cut else ""
        shown.append(f"{'.' * (len(line.rails) - 1)}{name}{mark}")
    return shown
