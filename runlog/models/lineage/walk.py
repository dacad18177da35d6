"""From one node to all that it comes from, or that came of it. A node is shown once in full, as near to the beginning as it
lies, and referred to everywhere else: so circles end, and a depth cuts off what is far and nothing else."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from runlog.models.lineage.graph import Graph
from runlog.models.lineage.node import Edge, How, Line, Lineage, Node

_Steps = Callable[[str], list[Edge]]


class _Reached(NamedTuple):
    """All nodes within reach with their depth, and the edges that lead on from each."""

    depths: dict[str, int]
    edges: dict[str, list[Edge]]


class _Step(NamedTuple):
    """A node that is yet to be drawn."""

    name: str
    how: How
    depth: int
    rails: tuple[bool, ...]
    left_out: int = 0


def walk(graph: Graph, root: str, depth: int | None, most: int | None, ways: tuple[bool, bool] = (True, True)) -> Lineage:
    """The lineage of a node: as deep as `depth`, and of one kind of tie `most` at a time. `ways` are up and down."""
    up = _reach(graph.above, root, depth, _source) if ways[0] else _Reached({root: 0}, {})
    down = _reach(graph.below, root, depth, _target) if ways[1] else _Reached({root: 0}, {})
    names = dict.fromkeys([*up.depths, *down.depths])
    nodes = {name: graph.node(name) for name in names}
    edges = dict.fromkeys(edge for reached in (up, down) for found in reached.edges.values() for edge in found)
    inside = tuple(edge for edge in edges if edge.source in nodes and edge.target in nodes)
    trees = (_draw(up, root, nodes, most, _source), _draw(down, root, nodes, most, _target))
    return Lineage(nodes[root], *trees, tuple(nodes.values()), inside)


def _source(edge: Edge) -> str:
    return edge.source


def _target(edge: Edge) -> str:
    return edge.target


def _reach(steps: _Steps, root: str, depth: int | None, end: Callable[[Edge], str]) -> _Reached:
    """Breadth first, so that each node is met where it is nearest."""
    reached = _Reached({root: 0}, {})
    waiting = deque([root])
    while waiting:
        name = waiting.popleft()
        edges = reached.edges[name] = list(dict.fromkeys(steps(name)))
        if depth is not None and reached.depths[name] >= depth:
            continue
        for edge in edges:
            if end(edge) not in reached.depths:
                reached.depths[end(edge)] = reached.depths[name] + 1
                waiting.append(end(edge))
    return reached


def _draw(reached: _Reached, root: str, nodes: dict[str, Node], most: int | None, end: Callable[[Edge], str]) -> tuple[Line, ...]:
    """The tree line by line, without recursion: a chain of runs may be long."""
    lines: list[Line] = []
    drawn = {root}
    waiting = list(reversed(_steps(reached, root, 0, (), most, end)))
    while waiting:
        step = waiting.pop()
        if step.left_out:
            lines.append(Line(None, step.how, step.rails, left_out=step.left_out))
            continue
        beyond = [end(edge) for edge in reached.edges.get(step.name, ())]
        here = step.depth == reached.depths[step.name] and step.name not in drawn
        below = _steps(reached, step.name, step.depth, step.rails, most, end) if here else []
        lines.append(
            Line(
                nodes[step.name],
                step.how,
                step.rails,
                seen="" if here or not beyond else "above" if step.name in drawn else "below",
                is_cut=here and any(name not in reached.depths for name in beyond),
            )
        )
        if here:
            drawn.add(step.name)
            waiting += reversed(below)
    return tuple(lines)


def _steps(
    reached: _Reached, name: str, depth: int, rails: tuple[bool, ...], most: int | None, end: Callable[[Edge], str]
) -> list[_Step]:
    """What is drawn below a node, the last of it without a rail. Of many of one kind the rest is a number."""
    found: list[_Step] = []
    counts: dict[How, int] = {}
    for edge in reached.edges.get(name, ()):
        if end(edge) not in reached.depths:
            continue
        counts[edge.how] = counts.get(edge.how, 0) + 1
        if most is None or counts[edge.how] <= most:
            found.append(_Step(end(edge), edge.how, depth + 1, ()))
    found += [_Step("", how, depth + 1, (), count - most) for how, count in counts.items() if most is not None and count > most]
    return [step._replace(rails=(*rails, at < len(found) - 1)) for at, step in enumerate(found)]
