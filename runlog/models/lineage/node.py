"""What a lineage is made of."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["run", "model", "artifact", "data", "code"]
# Read from the source to the target: data was `used` by a run, code `ran` in it, a run `made` an artifact or a model, is the
# `parent` of another, or was `reproduced` by it.
How = Literal["used", "ran", "made", "parent", "reproduced"]


class Node(NamedTuple):
    """A thing with a past or a future. `label` names it for people, `about` says more in words."""

    id: str
    kind: Kind
    label: str
    about: str = ""
    run: str | None = None
    path: str | None = None
    sha256: str | None = None
    versions: tuple[str, ...] = ()


class Edge(NamedTuple):
    """The target would not be what it is without the source."""

    source: str
    target: str
    how: How


class Line(NamedTuple):
    """A line of a tree. `rails` tells for each level above whether more follows there; `seen` where its own branches are, if not
    here; `left_out` is a number of siblings that are not shown, in the place of a node."""

    node: Node | None
    how: How | None
    rails: tuple[bool, ...]
    seen: Literal["", "above", "below"] = ""
    is_cut: bool = False
    left_out: int = 0


class Lineage(NamedTuple):
    """Where a thing comes from and what came from it, as trees and as a graph."""

    root: Node
    up: tuple[Line, ...]
    down: tuple[Line, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
