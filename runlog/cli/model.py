"""`runlog model ...`: what is registered, where it lies, and how it leaves the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from runlog.cli import model_words as words
from runlog.cli.model_predict import predict
from runlog.cli.model_serve import serve
from runlog.cli.options import Output

if TYPE_CHECKING:
    from runlog.render.table import Table
    from runlog.store.registry.standing import Model
    from runlog.store.registry.version import Version
    from runlog.store.store import Store

SETTINGS = {"help": "Register models, promote, find and ship them.", "epilog": "Example: runlog model ls"}
_ANY = "NAME, NAME@3, NAME@production, a run, or RUN/PATH."


def ls(
    output: Output,
    model: str = typer.Argument("", metavar="[MODEL]", help="The versions of this one."),
    removed: bool = typer.Option(False, "--removed", help="What lies in the trash instead."),
) -> None:
    """List the registered models, or the versions of one."""
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.models.find import all_models, find_named
    from runlog.render.models import listing, model_document, trash_listing

    store = open_store()
    if model:
        _list_versions(find_named(store, model), removed, output)
        return
    found = all_models(store, removed=removed)
    if output.quiet:
        writing.write("".join(f"{each.name}\n" for each in found))
    elif not found and not writing.chosen(output):
        writing.say("no version of a model is in the trash\n" if removed else "no models yet: runlog model register RUN\n")
    else:
        shown = (trash_listing if removed else listing)(found, writing.for_screen(output))
        writing.write_answer(shown, [model_document(each) for each in found], output)
    _tell_conflicts([text for each in found for text in (f"{each.name}: {clash}" for clash in each.conflicts)])


def _list_versions(model: Model, removed: bool, output: Output) -> None:
    from runlog.cli import writing
    from runlog.render.models import version_document

    versions = [version for version in model.versions if version.removed == removed]
    if output.quiet:
        writing.write("".join(f"{version.label}\n" for version in versions))
    elif not versions and not writing.chosen(output):
        writing.say(f"{'no version' if removed else 'every version'} of {model.name} is in the trash\n")
    else:
        writing.write_answer(_table(versions, output), [version_document(version) for version in versions], output)
    _tell_conflicts(list(model.conflicts))


def _table(versions: list[Version], output: Output) -> Table:
    from runlog.cli import writing
    from runlog.render.ids import short_ids
    from runlog.render.models import versions_table

    exact = writing.for_programs(output)
    return versions_table(versions, writing.for_screen(output), {} if exact else short_ids({version.run for version in versions}))


def _tell_conflicts(conflicts: list[str]) -> None:
    from runlog.cli import writing

    writing.say("".join(f"conflict: {text}\n" for text in conflicts))


def show(
    what: str = typer.Argument(..., metavar="MODEL", help="A model, or a version as NAME@3.", show_default=False),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> int:
    """Show all that is known of a model or of a version, and whether its files are what was registered."""
    from runlog.cli.opening import open_store
    from runlog.models.find import find_named, find_version, split

    store = open_store()
    name, word = split(what)
    if word is None:
        _show_model(find_named(store, name), json)
        return 0
    return _show_version(store, find_version(store, what, removed=True), json)


def _show_model(model: Model, json: bool) -> None:
    from runlog.cli import writing
    from runlog.cli.options import group_of
    from runlog.render.models import model_document, model_page

    if json:
        writing.write_json(model_document(model))
    else:
        table = _table(list(model.living), group_of(Output, {}))
        writing.write(model_page(model, table, writing.width() if writing.on_terminal() else None))


def _show_version(store: Store, version: Version, json: bool) -> int:
    from runlog.cli import writing
    from runlog.cli.several import tell
    from runlog.errors import RunlogError
    from runlog.models.find import of_version, run_of
    from runlog.render.models import version_document, version_page

    metrics: dict[str, float] = {}
    folder, damage = "", None
    try:
        metrics = {name: metric.last for name, metric in run_of(store, version).record.own_metrics.items()}
        folder = str(of_version(store, version).folder)
    except RunlogError as error:
        damage = error
    if json:
        document = {**version_document(version), "folder": folder or None, "metrics": metrics}
        writing.write_json({**document, "damage": damage.message if damage else None})
    else:
        writing.write(version_page(version, folder, metrics, writing.width() if writing.on_terminal() else None))
    if damage is not None:
        tell(damage)
    return damage.status if damage else 0


def path(
    what: str = typer.Argument(..., metavar="MODEL", help=_ANY, show_default=False),
) -> None:
    """Print the folder of a model, for scripts. Its files are checked against their hashes before."""
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.models.find import find_model, is_path

    writing.write(f"{find_model(None if is_path(what) else open_store(), what).folder}\n")


def export(
    what: str = typer.Argument(..., metavar="MODEL", help=_ANY, show_default=False),
    target: Path = typer.Option(
        Path(), "--output", "-o", metavar="TARGET", help="A folder, or a .zip, .tar.gz, .tgz or .tar.", show_default=False
    ),
    force: bool = typer.Option(False, "--force", "-f", help="In place of what is there."),
) -> None:
    """Copy a model out of the store, to ship it: a folder or archive that needs nothing else.

    With it comes runlog.json, which says where the model is from. Without --output, a folder as duration-3 here.
    """
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.models import shipping
    from runlog.models.find import find_model

    found = find_model(open_store(), what)
    to = target if target != Path() else Path(shipping.default_name(found))
    shipping.export(found, to, replace=force)
    writing.write(f"{to}\n")


def history(
    output: Output,
    what: str = typer.Argument(..., metavar="MODEL", help="A model, or a version as NAME@3.", show_default=False),
) -> None:
    """Tell what happened to a model: who did what when, why, from what to what."""
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.models.find import find_named, find_version, split
    from runlog.models.history import history as told
    from runlog.render.models import event_document, history_table

    store = open_store()
    name, word = split(what)
    version = find_version(store, what, removed=True) if word else None
    events = told(store, find_named(store, name), version.id if version else None)
    if output.quiet:
        writing.write("".join(f"{event.what}\n" for event in events))
    else:
        table = history_table(events, writing.for_screen(output))
        writing.write_answer(table, [event_document(name, event) for event in events], output)


GROUP = {
    "ls": (ls, {"epilog": "Example: runlog model ls"}),
    "register": (words.register, {"epilog": "Example: runlog model register @last --name duration --note 'more trees'"}),
    "show": (show, {"epilog": "Example: runlog model show duration@1"}),
    "promote": (words.promote, {"epilog": "Example: runlog model promote duration 1 --to production"}),
    "path": (path, {"epilog": "Example: python predict.py $(runlog model path duration@production)"}),
    "export": (export, {"epilog": "Example: runlog model export duration@1 -o duration-1.tar.gz"}),
    "history": (history, {"epilog": "Example: runlog model history duration"}),
    "alias": (words.alias, {"epilog": "Example: runlog model alias duration 1 champion"}),
    "tag": (words.tag, {"epilog": "Example: runlog model tag duration@1 reviewed=yes"}),
    "describe": (words.describe, {"epilog": "Example: runlog model describe duration 'how long a trip takes'"}),
    "rm": (words.rm, {"epilog": "Example: runlog model rm duration 1"}),
    "restore": (words.restore, {"epilog": "Example: runlog model restore duration 1"}),
    "settle": (words.settle, {"epilog": "Example: runlog model settle duration 3.k3f9x2"}),
    "serve": (serve, {"epilog": "Example: runlog model serve duration@production --port 0"}),
    "predict": (predict, {"epilog": "Example: runlog model predict duration -i trips.csv -o out.parquet"}),
}
