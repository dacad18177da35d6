"""A lineage as a tree, as a document, and as a picture that other programs draw."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from runlog.render.columns import shown

_SHAPES = {"run": ("([", "])"), "model": ("[[", "]]"), "artifact": ("[", "]"), "data": ("[(", ")]"), "code": (">", "]")}
_DOT_SHAPES = {"run": "box", "model": "component", "artifact": "note", "data": "cylinder", "code": "cds"}
# How two runs are tied must be said; of all else the kind of thing tells.
_UP = {"parent": "part of ", "reproduced": "reproduces "}
_DOWN = {"parent": "nested ", "reproduced": "reproduced by "}
_TIES = {"used": "used by", "ran": "ran in", "made": "made", "parent": "nested", "reproduced": "reproduced by"}

_BRANCHES = "│├└─"
_PLAINER = str.maketrans(_BRANCHES, "||`-")


class _Node(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def about(self) -> str: ...
    @property
    def run(self) -> str | None: ...
    @property
    def path(self) -> str | None: ...
    @property
    def sha256(self) -> str | None: ...
    @property
    def versions(self) -> tuple[str, ...]: ...


class _Edge(Protocol):
    @property
    def source(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def how(self) -> str: ...


class _Line(Protocol):
    @property
    def node(self) -> _Node | None: ...
    @property
    def how(self) -> str | None: ...
    @property
    def rails(self) -> tuple[bool, ...]: ...
    @property
    def seen(self) -> str: ...
    @property
    def is_cut(self) -> bool: ...
    @property
    def left_out(self) -> int: ...


class _Lineage(Protocol):
    @property
    def root(self) -> _Node: ...
    @property
    def up(self) -> Sequence[_Line]: ...
    @property
    def down(self) -> Sequence[_Line]: ...
    @property
    def nodes(self) -> Sequence[_Node]: ...
    @property
    def edges(self) -> Sequence[_Edge]: ...


def tree(found: _Lineage, short: Mapping[str, str], up: bool = True, down: bool = True, encoding: str = "utf-8") -> str:
    """What it comes from, and what came of it, for people. `short` says what runs are called; the branches are drawn with what
    the encoding has."""
    rails = _rails if _can_draw(encoding) else _plain_rails
    parts = [f"{_named(found.root, short)}\n"]
    if up:
        parts.append(
            _branches("comes from", found.up, _UP, short, rails) if found.up else "nothing is known of where it comes from\n"
        )
    if down:
        parts.append(
            _branches("led to", found.down, _DOWN, short, rails) if found.down else "nothing is known to have come of it\n"
        )
    return "\n".join(parts)


def _branches(
    heading: str,
    lines: Sequence[_Line],
    words: Mapping[str, str],
    short: Mapping[str, str],
    rails: Callable[[tuple[bool, ...]], str],
) -> str:
    return f"{heading}\n" + "".join(f"{rails(line.rails)}{_said(line, words, short)}\n" for line in lines)


def _rails(rails: tuple[bool, ...]) -> str:
    above = "".join("│  " if goes_on else "   " for goes_on in rails[:-1])
    return f"{above}{'├─' if rails[-1] else '└─'} "


def _plain_rails(rails: tuple[bool, ...]) -> str:
    return _rails(rails).translate(_PLAINER)


def _can_draw(encoding: str) -> bool:
    try:
        return bool(_BRANCHES.encode(encoding))
    except (UnicodeEncodeError, LookupError):
        return False


def _said(line: _Line, words: Mapping[str, str], short: Mapping[str, str]) -> str:
    if line.node is None:
        return f"and {line.left_out} more, which --all shows"
    elsewhere = f"  (see {line.seen})" if line.seen else "  ..." if line.is_cut else ""
    return f"{words.get(line.how or '', '')}{_named(line.node, short)}{elsewhere}"


def _named(node: _Node, short: Mapping[str, str]) -> str:
    label = node.label.replace(node.run, short.get(node.run, node.run)) if node.run else node.label
    return shown(f"{node.kind} {label}{f'  {node.about}' if node.about else ''}")


def as_document(found: _Lineage) -> dict[str, Any]:
    """The lineage as `--json` shows it: a graph, whose edges lead from what was before to what came of it."""
    nodes = [
        {
            "id": node.id,
            "kind": node.kind,
            "label": node.label,
            "about": node.about,
            "run": node.run,
            "path": node.path,
            "sha256": node.sha256,
            "versions": list(node.versions),
        }
        for node in found.nodes
    ]
    edges = [{"from": edge.source, "to": edge.target, "how": edge.how} for edge in found.edges]
    return {"root": found.root.id, "nodes": nodes, "edges": edges}


def mermaid(found: _Lineage) -> str:
    """A picture that GitHub and GitLab draw in Markdown."""
    places = {node.id: f"n{place}" for place, node in enumerate(found.nodes)}
    lines = ["flowchart TD"]
    for node in found.nodes:
        begin, end = _SHAPES[node.kind]
        about = f"<br/>{_in_mermaid(node.about)}" if node.about else ""
        lines.append(f'  {places[node.id]}{begin}"{node.kind} {_in_mermaid(node.label)}{about}"{end}')
    lines += [f"  {places[edge.source]} -->|{_TIES[edge.how]}| {places[edge.target]}" for edge in found.edges]
    lines.append(f"  style {places[found.root.id]} stroke-width:3px")
    return "".join(f"{line}\n" for line in lines)


def _in_mermaid(text: str) -> str:
    """What would end a label, or be read as a tag, by its number."""
    return re.sub(r"[#&<>\"`\\]", lambda found: f"#{ord(found[0])};", shown(text))


def dot(found: _Lineage) -> str:
    """A picture that Graphviz draws."""
    places = {node.id: f"n{place}" for place, node in enumerate(found.nodes)}
    lines = ["digraph lineage {", "  rankdir=TB;", '  node [fontname="sans-serif"];']
    for node in found.nodes:
        label = f"{node.kind} {_in_dot(node.label)}" + (f"\\n{_in_dot(node.about)}" if node.about else "")
        bold = ", penwidth=3" if node.id == found.root.id else ""
        lines.append(f'  {places[node.id]} [label="{label}", shape={_DOT_SHAPES[node.kind]}{bold}];')
    lines += [f'  {places[edge.source]} -> {places[edge.target]} [label="{_TIES[edge.how]}"];' for edge in found.edges]
    return "".join(f"{line}\n" for line in (*lines, "}"))


def _in_dot(text: str) -> str:
    return shown(text).replace("\\", "\\\\").replace('"', '\\"')
