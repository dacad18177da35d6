"""Where a thing comes from, and what came from it: from data through code and runs to models, by what runs say of themselves."""

from __future__ import annotations

from itertools import chain

from runlog.models.find import all_models
from runlog.models.inrun import models_in
from runlog.models.lineage.graph import Graph
from runlog.models.lineage.node import Edge, Line, Lineage, Node
from runlog.models.lineage.walk import walk
from runlog.models.lineage.what import Finder, Target
from runlog.records import RunRecord
from runlog.store.catalog import Progress, ask
from runlog.store.store import Store

__all__ = ["Edge", "Line", "Lineage", "Node", "lineage"]


def lineage(
    store: Store,
    what: str,
    *,
    up: bool = True,
    down: bool = True,
    depth: int | None = None,
    most: int | None = None,
    progress: Progress | None = None,
) -> Lineage:
    """All that a thing comes from, and all that came of it, as far as runs tell. `most` is how many siblings of one kind the
    trees show."""
    found = ask(store, lambda catalog: list(chain(catalog.runs(None, False), catalog.runs(None, True))), progress, of_all=True)
    runs = {run.id: run for run in found}
    models = {model.name: model for removed in (False, True) for model in all_models(store, removed=removed)}
    target = Finder(store, runs, list(models.values())).find(what)
    versions = [version for model in models.values() for version in model.versions]
    at = target.node.removeprefix("run:") if target.node and target.node.startswith("run:") else target.run
    versions.sort(key=lambda version: version != target.version)
    graph = Graph(runs, versions, _sought(target, runs.get(at or "")), at)
    return walk(graph, target.node or graph.holding(target.sha256)[0], depth, most, (up, down))


def _sought(target: Target, run: RunRecord | None) -> dict[str, int]:
    """Bytes that count although nobody used them: those that are asked about, or all that a run made when it is asked about."""
    if target.node is None:
        return {target.sha256: target.files}
    if run is None:
        return {}
    models = tuple(f"{model.path}/" for model in models_in(run))
    return {artifact.sha256: 0 for path, artifact in run.artifacts.items() if not path.startswith(models)}
