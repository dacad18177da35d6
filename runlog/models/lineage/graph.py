"""All runs of a store and what ties them: asked node by node, for most of it is in nobody's lineage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from runlog.models.inrun import models_in
from runlog.models.lineage.contents import EMPTY, Contents, hash_of_model, is_model
from runlog.models.lineage.node import Edge, Node
from runlog.records import Input, RunRecord
from runlog.render.values import size
from runlog.store.registry.version import Version


class Graph:
    """Nodes are named `run:ID`, `model:ID/PATH`, `file:SHA256` and `code:TREE`; an edge leads from what was before to what came
    of it. Bytes that several runs made are called as `at` did, if that is one of them, and a model that was registered several
    times is called by its versions in the order in which they are given."""

    def __init__(
        self, runs: Mapping[str, RunRecord], versions: Sequence[Version], also: Mapping[str, int], at: str | None = None
    ) -> None:
        self._runs = runs
        self._at = at
        self.contents = Contents(runs, also)
        self._versions: dict[str, list[Version]] = defaultdict(list)
        self._registered: dict[str, list[str]] = defaultdict(list)
        self._holding: dict[str, list[str]] = {}
        for version in versions:
            self._versions[f"{version.run}/{version.path}"].append(version)
            self._registered[version.run].append(f"{version.run}/{version.path}")
        self._parts: dict[str, list[str]] = defaultdict(list)
        self._copies: dict[str, list[str]] = defaultdict(list)
        self._codes: dict[str, RunRecord] = {}
        for run in sorted(runs.values(), key=lambda run: (run.created_at, run.id)):
            if code := _code_name(run):
                self._codes.setdefault(code, run)
            if run.parent:
                self._parts[run.parent].append(run.id)
            if isinstance(original := run.origin.get("reproduces"), str):
                self._copies[original].append(run.id)

    def node(self, name: str) -> Node:
        """What there is to say of a node."""
        kind, _, key = name.partition(":")
        match kind:
            case "run":
                return self._run(name, key)
            case "model":
                return self._model(name, key)
            case "code":
                return self._code(name)
            case _:
                return self._file(name, key)

    def _run(self, name: str, run_id: str) -> Node:
        run = self._runs.get(run_id)
        if run is None:
            return Node(name, "run", run_id, "not in this store", run_id)
        words = [run.experiment, run.state, *(["in the trash"] if run.removed else [])]
        return Node(name, "run", f"{run_id} {run.name or ''}".rstrip(), ", ".join(words), run_id)

    def _model(self, name: str, place: str) -> Node:
        run_id, _, path = place.partition("/")
        versions = self._versions.get(place, [])
        labels = tuple(version.label for version in versions)
        run = self._runs.get(run_id)
        sha = hash_of_model(run, path) if run else None
        words = [", ".join(_standing(version)) for version in versions]
        if len(versions) == 1:
            return Node(name, "model", labels[0], words[0], run_id, path, sha, labels)
        each = [f"{label} ({said})" if said else label for label, said in zip(labels, words, strict=True)]
        return Node(name, "model", ", ".join(each) or place, "", run_id, path, sha, labels)

    def _code(self, name: str) -> Node:
        code = self._codes[name].code
        commit = code.get("commit")
        label = str(commit)[:7] if commit else f"files {str(code.get('tree'))[:7]}"
        branch = [f"on {code['branch']}"] if code.get("branch") else []
        changed = ["with changes"] if code.get("dirty") else []
        return Node(name, "code", label, ", ".join([*branch, *changed]), None, code.get("folder"))

    def _file(self, name: str, sha: str) -> Node:
        makers, users = self.contents.makers(sha), self.contents.users(sha)
        if makers:
            first = next((made for made in makers if made.run == self._at), makers[0])
            return Node(name, "artifact", f"{first.run}/{first.path}", size(first.bytes), first.run, first.path, sha)
        used = users[-1].input if users else Input("", "", 0, sha, 1, 0)
        words = [used.path] if used.path != used.name else []
        words += [f"{used.files} files"] if used.files > 1 else []
        return Node(name, "data", used.name or sha[:8], ", ".join([*words, size(used.bytes)]), None, used.path, sha)

    def above(self, name: str) -> list[Edge]:
        """What it comes from."""
        kind, _, key = name.partition(":")
        if kind == "run":
            return self._above_run(name, self._runs.get(key))
        if kind == "model":
            return [Edge(f"run:{key.partition('/')[0]}", name, "made")]
        if kind == "code":
            return []
        return [Edge(f"run:{run}", name, "made") for run in dict.fromkeys(made.run for made in self.contents.makers(key))]

    def _above_run(self, name: str, run: RunRecord | None) -> list[Edge]:
        if run is None:
            return []
        found = [Edge(f"run:{run.parent}", name, "parent")] if run.parent else []
        if isinstance(original := run.origin.get("reproduces"), str):
            found.append(Edge(f"run:{original}", name, "reproduced"))
        if code := _code_name(run):
            found.append(Edge(code, name, "ran"))
        inputs = sorted(run.inputs.values(), key=lambda used: used.name)
        return found + [Edge(source, name, "used") for used in inputs for source in self.holding(used.sha256)]

    def below(self, name: str) -> list[Edge]:
        """What came of it."""
        kind, _, key = name.partition(":")
        if kind == "run":
            return self._below_run(name, key)
        if kind == "code":
            return [Edge(name, f"run:{run.id}", "ran") for run in self._runs.values() if _code_name(run) == name]
        sha = self.node(name).sha256 if kind == "model" else key
        users = self.contents.users(sha) if sha and sha != EMPTY else []
        return [Edge(name, f"run:{run}", "used") for run in dict.fromkeys(used.run for used in users)]

    def _below_run(self, name: str, run_id: str) -> list[Edge]:
        run = self._runs.get(run_id)
        places = [f"{run_id}/{model.path}" for model in models_in(run)] if run else []
        made = [f"model:{place}" for place in (*places, *self._registered.get(run_id, ()))]
        counting = [sha for sha in self.contents.made_by(run_id) if run_id == self._at or self.contents.is_used(sha)]
        made += [node for sha in counting for node in self.holding(sha) if node.startswith("file:")]
        found = [Edge(name, node, "made") for node in dict.fromkeys(made)]
        found += [Edge(name, f"run:{part}", "parent") for part in self._parts.get(run_id, ())]
        return found + [Edge(name, f"run:{copy}", "reproduced") for copy in self._copies.get(run_id, ())]

    def holding(self, sha: str) -> list[str]:
        """The nodes that stand for some bytes: the models of which these are the folder, else the bytes themselves."""
        if sha not in self._holding:
            models = [made for made in self.contents.makers(sha) if is_model(self._runs.get(made.run), made.path)]
            self._holding[sha] = [f"model:{made.run}/{made.path.rstrip('/')}" for made in models] or [f"file:{sha}"]
        return self._holding[sha]


def _standing(version: Version) -> list[str]:
    """What a version is, in words."""
    words = [version.stage] if version.stage else []
    return [*words, *version.aliases, *(["in the trash"] if version.removed else [])]


def _code_name(run: RunRecord) -> str | None:
    tree = run.code.get("tree") or run.code.get("commit")
    return f"code:{tree}" if tree else None
