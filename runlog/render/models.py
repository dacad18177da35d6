"""Models and their versions as tables, pages and documents."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from runlog.render.runs import pairs_of
from runlog.render.table import Table, plain, pretty
from runlog.render.values import age, any_value, iso, number


class Version(Protocol):
    """What is shown of a version."""

    @property
    def model(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def id(self) -> str: ...
    @property
    def run(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def registered_at(self) -> int: ...
    @property
    def by(self) -> str: ...
    @property
    def stage(self) -> str | None: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...
    @property
    def tags(self) -> dict[str, str]: ...
    @property
    def description(self) -> str | None: ...
    @property
    def removed(self) -> bool: ...
    @property
    def conflicts(self) -> tuple[str, ...]: ...
    @property
    def word(self) -> str: ...
    @property
    def label(self) -> str: ...


class Model(Protocol):
    """What is shown of a model."""

    @property
    def name(self) -> str: ...
    @property
    def versions(self) -> Sequence[Version]: ...
    @property
    def living(self) -> Sequence[Version]: ...
    @property
    def description(self) -> str | None: ...
    @property
    def tags(self) -> dict[str, str]: ...
    @property
    def conflicts(self) -> tuple[str, ...]: ...

    def holder(self, word: str) -> Version | None: ...


class Event(Protocol):
    """What is shown of something that happened."""

    @property
    def at(self) -> int: ...
    @property
    def by(self) -> str: ...
    @property
    def version(self) -> str | None: ...
    @property
    def what(self) -> str: ...
    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str: ...
    @property
    def why(self) -> str | None: ...


def _when(at: int, relative: bool) -> str:
    return age(time.time() - at / 1e9) if relative else iso(at)


def listing(models: Sequence[Model], relative: bool) -> Table:
    """A model a row: how many versions, and which of them means what."""
    headings = ("model", "versions", "latest", "staging", "production", "aliases", "registered", "description")
    table = Table(headings, tuple(_row(model, relative) for model in models), frozenset({1}), first=(0, 4, 2))
    return _without_empty(table, {"aliases", "description"}) if relative else table


def trash_listing(models: Sequence[Model], relative: bool) -> Table:
    """A version in the trash a row, with the words that it had."""
    headings = ("version", "stage", "aliases", "run", "path", "registered", "description")
    gone = [version for model in models for version in model.versions if version.removed]
    rows = tuple(
        (
            version.label,
            version.stage or "",
            " ".join(version.aliases),
            version.run,
            version.path,
            _when(version.registered_at, relative),
            any_value(version.description),
        )
        for version in gone
    )
    table = Table(headings, rows, first=(0, 3, 1))
    return _without_empty(table, {"description"}) if relative else table


def _without_empty(table: Table, may_go: Collection[str]) -> Table:
    """The table without those columns in which nothing stands."""
    cells = list(zip(table.headings, *table.rows, strict=True))
    kept = [column for column in cells if column[0] not in may_go or any(column[1:])]
    headings, *rows = zip(*kept, strict=True)
    return Table(headings, tuple(rows), table.right, first=table.first)  # all of these stand left of what may go


def _row(model: Model, relative: bool) -> tuple[str, ...]:
    versions = model.living or model.versions
    held = [model.holder(stage) for stage in ("staging", "production")]
    aliases = [f"{alias}={version.word}" for version in versions for alias in version.aliases]
    newest = versions[-1]
    return (
        model.name,
        str(len(model.living)),
        newest.word,
        *(version.word if version else "" for version in held),
        " ".join(aliases),
        _when(max(version.registered_at for version in versions), relative),
        any_value(model.description),
    )


def versions_table(versions: Sequence[Version], relative: bool, ids: Mapping[str, str]) -> Table:
    """A version a row; runs as `ids` shows them."""
    headings = ("version", "stage", "aliases", "run", "path", "registered", "by", "tags", "description")
    rows = [
        (
            version.word,
            version.stage or "",
            " ".join(version.aliases),
            ids.get(version.run, version.run),
            version.path,
            _when(version.registered_at, relative),
            any_value(version.by),
            _tags(version.tags),
            any_value(version.description),
        )
        for version in versions
    ]
    table = Table(headings, tuple(rows), first=(0, 1))
    return _without_empty(table, {"aliases", "tags", "description"}) if relative else table


def _tags(tags: Mapping[str, str]) -> str:
    return " ".join(f"{key}={any_value(value)}" if value else key for key, value in tags.items())


def model_page(model: Model, table: Table, width: int | None) -> str:
    """A model with its versions; for a screen of some width, or without one for a pipe."""
    about = {"model": model.name, "tags": _tags(model.tags), "description": model.description or ""}
    parts = [pairs_of({key: value for key, value in about.items() if value}, columns=width)]
    parts.append(plain(table) if width is None else pretty(table, width, False))
    parts += ["conflicts\n" + "".join(f"  {text}\n" for text in model.conflicts)] if model.conflicts else []
    return "\n".join(parts)


def version_page(version: Version, place: str, metrics: Mapping[str, float], width: int | None, damage: str = "") -> str:
    """All that is known of a version; for a screen of some width, or without one for a pipe."""
    about = {
        "model": version.label,
        "stage": version.stage or "",
        "aliases": " ".join(version.aliases),
        "trash": "it is in the trash" if version.removed else "",
        "description": version.description or "",
        "tags": _tags(version.tags),
        "run": version.run,
        "path": version.path,
        "folder": place,
        "damage": damage,
        "digest": version.digest,
        "registered": f"{iso(version.registered_at)} by {version.by}",
        "id": version.id,
    }
    parts = [pairs_of({key: value for key, value in about.items() if value}, columns=width)]
    parts += ["metrics\n" + pairs_of({key: number(value) for key, value in metrics.items()}, "  ", width)] if metrics else []
    parts += ["conflicts\n" + "".join(f"  {text}\n" for text in version.conflicts)] if version.conflicts else []
    return "\n".join(parts)


def history_table(events: Sequence[Event], relative: bool) -> Table:
    """What happened to a model, a row each."""
    headings = ("at", "by", "version", "what", "from", "to", "why")
    rows = (
        (_when(event.at, relative), any_value(event.by), event.version or "", event.what, *_ends(event), any_value(event.why))
        for event in events
    )
    return Table(headings, tuple(rows))


def _ends(event: Event) -> tuple[str, str]:
    return any_value(event.before), any_value(event.after)


def event_document(model: str, event: Event) -> dict[str, Any]:
    """Something that happened, as `--json` shows it."""
    return {
        "at": iso(event.at),
        "by": event.by,
        "model": model,
        "version": event.version,
        "what": event.what,
        "from": event.before or None,
        "to": event.after or None,
        "why": event.why,
    }


def version_document(version: Version) -> dict[str, Any]:
    """A version as `--json` shows it."""
    return {
        "model": version.model,
        "version": version.number,
        "id": version.id,
        "selector": version.label,
        "stage": version.stage,
        "aliases": list(version.aliases),
        "run": version.run,
        "path": version.path,
        "digest": version.digest,
        "registered_at": iso(version.registered_at),
        "by": version.by,
        "tags": version.tags,
        "description": version.description,
        "removed": version.removed,
        "conflicts": list(version.conflicts),
    }


def model_document(model: Model) -> dict[str, Any]:
    """A model as `--json` shows it."""
    return {
        "model": model.name,
        "description": model.description,
        "tags": model.tags,
        "staging": _word(model, "staging"),
        "production": _word(model, "production"),
        "aliases": {alias: version.word for version in model.living for alias in version.aliases},
        "conflicts": list(model.conflicts),
        "versions": [version_document(version) for version in model.versions],
    }


def _word(model: Model, stage: str) -> str | None:
    version = model.holder(stage)
    return version.word if version else None
