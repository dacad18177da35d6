"""`runlog model ...`: what is said of models, and so written into the store."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from runlog.store.registry.standing import Model
    from runlog.store.registry.version import Version
    from runlog.store.store import Store
    from runlog.tracking.registering import Promoted

_MODEL = typer.Argument(..., metavar="MODEL", help="A model, by its name; or a version as NAME@3.", show_default=False)
_VERSION = typer.Argument("", metavar="[VERSION]", help="Its number, stage or alias.", show_default=False)


def register(
    run: str = typer.Argument(..., metavar="RUN", help="A piece of the id, a name, @last; or RUN/PATH.", show_default=False),
    name: str | None = typer.Option(None, "--name", "-n", metavar="MODEL", help="The model it is a version of."),
    path: str = typer.Option("", "--path", metavar="PATH", help="Which of several models of the run."),
    stage: str = typer.Option("", "--stage", metavar="STAGE", help="Promote it at once."),
    alias: list[str] = typer.Option([], "--alias", metavar="ALIAS", help="A word that means it from now on; repeat for more."),
    tag: list[str] = typer.Option([], "--tag", "-t", metavar="K[=V]", help="A tag; repeat for more."),
    note: str = typer.Option("", "--note", "-m", metavar="TEXT", help="What is to be known of it."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
    quiet: bool = typer.Option(False, "-q", "--quiet", help="Print the version only, as duration@3."),
) -> int:
    """Give the model of a run the next number under a name.

    Without --name that is the name under which it was logged or, where that is just 'model', the experiment of the run.
    """
    from runlog.cli import writing
    from runlog.cli.opening import one_word, open_store
    from runlog.errors import UsageError
    from runlog.models import registry
    from runlog.models.find import run_and_path
    from runlog.models.promote import read_stage
    from runlog.render.models import version_document

    to = read_stage(stage) if stage else None
    store = open_store()
    given = one_word(run)
    found, below = run_and_path(store, given)
    if below and path:
        raise UsageError(f"{given!r} names a model of the run, and --path {path} another")
    version = registry.register(
        store, found, name, path=path or below or None, aliases=alias, tags=_pairs(tag), note=note or None
    )
    done = _promoted(store, version, to) if to else None
    if done is not None:
        version = done.promotion.version
    if json:
        writing.write_json(version_document(version))
    elif quiet:
        writing.write(f"{version.label}\n")
    else:
        writing.write(f"registered {found.id}/{version.path} as {version.label}{_means(version)}\n")
    return _tell_failed(done)


def _means(version: Version) -> str:
    means = [*([f"in {version.stage}"] if version.stage else []), *(f"as {each}" for each in version.aliases)]
    return "".join(f", {each}" for each in means)


def _pairs(tags: list[str]) -> dict[str, str]:
    return {key: value for key, _, value in (tag.partition("=") for tag in tags)}


def promote(
    model: str = _MODEL,
    version: str = _VERSION,
    to: str = typer.Option(..., "--to", metavar="STAGE", help="staging, production, archived or none.", show_default=False),
    keep: bool = typer.Option(False, "--keep", help="Leave what held the stage there, too. It means the new one all the same."),
    move_to: str = typer.Option("archived", "--move-to", metavar="STAGE", help="Where what held the stage goes."),
    why: str = typer.Option("", "--why", "-m", metavar="TEXT", help="Why, for the history."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
    quiet: bool = typer.Option(False, "-q", "--quiet", help="Print nothing."),
) -> int:
    """Put a version into a stage; what held the stage moves on. Then run the on_promote commands of the settings."""
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.models.promote import read_stage
    from runlog.render.models import version_document

    store = open_store()
    found = _version(store, model, version, f"runlog model promote {model} 3 --to {to}")
    done = _promoted(store, found, read_stage(to), keep=keep, move_to=read_stage(move_to), why=why or None)
    if json:
        left = [{"version": move.version.word, "from": move.before, "to": move.after} for move in done.promotion.left]
        document = version_document(done.promotion.version)
        writing.write_json({**document, "from": done.promotion.before, "left": left, "changed": done.promotion.changed})
    elif not quiet:
        writing.write(_told(done))
    return _tell_failed(done)


def _promoted(
    store: Store, version: Version, to: str | None, keep: bool = False, move_to: str | None = "archived", why: str | None = None
) -> Promoted:
    """Promote; who presses Ctrl-C while a hook runs is told that the promotion stands."""
    from runlog.cli import writing
    from runlog.tracking.hooks import CutOff
    from runlog.tracking.registering import promote

    try:
        return promote(store, version, to, keep=keep, move_to=move_to, why=why)
    except CutOff as cut:
        writing.say(f"error: {cut}\n")
        raise


def _told(done: Promoted) -> str:
    label, after = done.promotion.version.label, done.promotion.after or "none"
    if not done.promotion.changed:
        return f"{label} is in {after} already\n"
    moved = "".join(f", {move.version.label} from {move.before} to {move.after or 'none'}" for move in done.promotion.left)
    return f"promoted {label} from {done.promotion.before or 'none'} to {after}{moved}\n"


def _tell_failed(done: Promoted | None) -> int:
    """Hooks that failed. The promotion stands."""
    from runlog.cli import writing

    for failure in done.failed if done else []:
        writing.say(f"error: hook {failure.command!r} {failure.problem}; the promotion stands\nhint: see {failure.file}\n")
    return 1 if done and done.failed else 0


def _version(store: Store, model: str, version: str, example: str, *, removed: bool = False) -> Version:
    """The version that two words mean, or one as NAME@3."""
    from runlog.errors import UsageError
    from runlog.models.find import find_version, split

    name, word = split(model)
    if word and version:
        raise UsageError(f"{model!r} names a version, and {version!r} another", hint=example)
    if not word and not version:
        raise UsageError(f"which version of {name!r} is not said", hint=example)
    return find_version(store, f"{name}@{version or word}", removed=removed)


def _what(store: Store, model: str, version: str = "", *, removed: bool = False) -> Model | Version:
    """A version, or a model as a whole where none is named."""
    from runlog.models.find import find_named, split

    name, word = split(model)
    return _version(store, model, version, model, removed=removed) if word or version else find_named(store, name)


def _version_first(model: str, words: list[str]) -> tuple[str, list[str]]:
    """A version that is named by its number before other words, and these. A model that is named with one takes no other."""
    named = "@" not in model and not model.startswith("models:/")
    if named and words and re.fullmatch(r"[0-9]+(\.[0-9a-z-]+)?", words[0]):
        return words[0], words[1:]
    return "", words


def _called(what: Model | Version) -> str:
    return str(getattr(what, "label", None) or getattr(what, "name", ""))


def alias(
    model: str = _MODEL,
    names: list[str] = typer.Argument(
        ..., metavar="[VERSION] ALIAS", help="Which version, unless MODEL says it; and the word.", show_default=False
    ),
    rm: bool = typer.Option(False, "--rm", help="Let the word mean nothing any more."),
) -> None:
    """Give a version a word that means it, as champion; the word moves from the version that had it."""
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.errors import UsageError
    from runlog.models import registry
    from runlog.models.find import find_named, split

    if len(names) > (1 if rm else 2):
        raise UsageError("an alias is one word for one version", hint="runlog model alias duration 3 champion")
    store = open_store()
    word = names[-1]
    if rm:
        found = find_named(store, split(model)[0])
        registry.drop_alias(store, found, word)
        writing.write(f"took alias {word} off {found.name}\n")
        return
    version = _version(store, model, names[0] if names[1:] else "", f"runlog model alias {model} 3 {word}")
    before = registry.alias(store, version, word)
    moved = f", before {before.label}" if before and before.id != version.id else ""
    writing.write(f"{version.model}@{word} is {version.label}{moved}\n")


def tag(
    model: str = _MODEL,
    tags: list[str] = typer.Argument(None, metavar="[VERSION] [K[=V]...]", help="Which version, by its number; tags to set."),
    taken_off: list[str] = typer.Option([], "--rm", metavar="K", help="Take this tag off; repeat for more."),
) -> None:
    """Tag a version, or the whole model; alone, show the tags."""
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.errors import UsageError
    from runlog.models import registry

    store = open_store()
    version, rest = _version_first(model, tags or [])
    found = _what(store, model, version)
    given = _pairs(rest)
    both = [key for key in taken_off if key in given]
    if both:
        raise UsageError(f"tag {both[0]!r} cannot be set and taken off at once", hint="runlog model tag --help")
    if not given and not taken_off:
        writing.write("".join(f"{key}={value}\n" if value else f"{key}\n" for key, value in found.tags.items()))
        return
    registry.tag(store, found, given, taken_off)
    told = [*(f"{key}={value}" if value else key for key, value in given.items()), *(f"-{key}" for key in taken_off)]
    writing.write(f"tagged {_called(found)}: {' '.join(told)}\n")


def describe(
    model: str = _MODEL,
    texts: list[str] = typer.Argument(
        None,
        metavar="[VERSION] [TEXT]",
        help="Which version, by its number; what it is about, - for stdin. Without, it is printed.",
    ),
    file: str = typer.Option("", "--file", "-F", metavar="FILE", help="Take the text from a file."),
    clear: bool = typer.Option(False, "--clear", help="Take the description back."),
) -> None:
    """Say in words what a model or a version is about, or print what was said."""
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.cli.texts import given
    from runlog.errors import UsageError
    from runlog.models import registry

    version, rest = _version_first(model, texts or [])
    if len(rest) > 1:
        raise UsageError(
            "a description is one word on the command line", hint=f"runlog model describe {model} 'how long a trip takes'"
        )
    store = open_store()
    found = _what(store, model, version)
    new = given(rest[0] if rest else None, file, clear)
    if new is None and not clear:
        writing.write(f"{found.description}\n" if found.description else "")
        return
    registry.describe(store, found, new)
    writing.write(f"{'took back the description of' if clear else 'described'} {_called(found)}\n")


def rm(
    model: str = _MODEL,
    version: str = _VERSION,
    force: bool = typer.Option(False, "--force", "-f", help="Even if it is in staging or production, or has an alias."),
    why: str = typer.Option("", "--why", "-m", metavar="TEXT", help="Why, for the history."),
) -> None:
    """Put a version, or all versions of a model, into the trash. The runs stay; no number is given again."""
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.models import registry

    store = open_store()
    gone = registry.remove(store, _what(store, model, version, removed=True), force, why or None)
    writing.write("".join(f"removed {each.label}\n" for each in gone))


def restore(model: str = _MODEL, version: str = _VERSION) -> None:
    """Take a version out of the trash; of a model, those that went there together last."""
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.models.restore import restore as restored

    store = open_store()
    done = restored(store, _what(store, model, version, removed=True))
    writing.write("".join(f"restored {each.label}{_means(each)}\n" for each in done.versions))
    for each in done.lost:
        writing.say(f"note: {each.version.label} is back; {each.word} is {each.holder.label} now\n")


def settle(
    model: str = _MODEL,
    version: str = typer.Argument(
        "", metavar="[VERSION]", help="The one that keeps the number, as 3.k3f9x2.", show_default=False
    ),
) -> None:
    """Let one of several versions keep a number that was given on several machines; the others get new ones."""
    from runlog.cli import writing
    from runlog.cli.opening import open_store
    from runlog.models import registry

    store = open_store()
    found = _version(store, model, version, f"runlog model settle {model} 3.k3f9x2")
    number = (version or model.rpartition("@")[2]).partition(".")[0]
    # What is typed tells which of several numbers it shall have; a number that it had long ago does not come back.
    done = registry.settle(store, found, int(number) if number.isdecimal() and found.answers_to(int(number)) else None)
    writing.write(f"{done.kept.label} keeps its number\n")
    writing.write("".join(f"{done.kept.model}@{each.first_number}.{each.id[-6:]} is {each.label} now\n" for each in done.moved))
