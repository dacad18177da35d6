"""`runlog tag`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from runlog.cli.once import Once
from runlog.cli.options import AMONG_MANY, Doing, Filters, InOneLine, Lacking

if TYPE_CHECKING:
    from runlog.cli.meant import Meant
    from runlog.store.store import Store
    from runlog.store.stored import StoredRun

_EXAMPLE = "runlog tag @last model=xgb reviewed --rm broken"
SETTINGS = {"epilog": f"Example: {_EXAMPLE}", "cls": Once}


def command(
    filters: Annotated[Filters, Lacking("tag", "removed"), InOneLine(AMONG_MANY)],
    given: list[str] = typer.Argument(
        None,
        metavar="[RUN...] [K=V...]",
        help="Runs first, then tags. A tag without a value may follow one with, or stand alone at the end.",
        show_default=False,
    ),
    more: list[str] = typer.Option(
        [], "--tag", "-t", metavar="K[=V]", help="A tag that cannot be taken for a run; repeat for more."
    ),
    taken_off: list[str] = typer.Option([], "--rm", metavar="K", help="Take this tag off; repeat for more."),
    doing: Doing = Doing(),
) -> int:
    """Tag runs; a run alone shows its tags."""
    from runlog.cli.meant import Meant, check_named
    from runlog.cli.opening import open_store

    names, bare = _divided(given or [], more, bool(taken_off), filters.choose)
    check_named(names, filters, _EXAMPLE)
    store = open_store()
    _check_bare(store, bare, bool(names))
    tags = _tags([*bare, *more], taken_off)
    meant = Meant(store, filters)
    if tags or taken_off:
        return _tag(meant, names, tags, taken_off, doing)
    _show(meant, names)
    return 0


def _tags(given: list[str], taken_off: list[str]) -> dict[str, str]:
    from runlog.errors import UsageError

    tags = {key: value for key, _, value in (word.partition("=") for word in given)}
    both = [key for key in taken_off if key in tags]
    if both:
        raise UsageError(f"tag {both[0]!r} cannot be set and taken off at once", hint="runlog tag --help")
    return tags


def _tag(meant: Meant, names: list[str], tags: dict[str, str], taken_off: list[str], doing: Doing) -> int:
    from runlog.cli import writing
    from runlog.cli.doing import do_to_each
    from runlog.cli.several import label
    from runlog.runs.edit import tag

    told = [f"{key}={value}" if value else key for key, value in tags.items()]
    deed = " ".join([*told, *(f"-{key}" for key in taken_off)])

    def act(run: StoredRun) -> str:
        absent = tag(run, tags, taken_off)
        writing.say("".join(f"note: {label(run)} had no tag {key!r}\n" for key in absent))
        return f"tagged {label(run)}: {' '.join([*told, *(f'-{key}' for key in taken_off if key not in absent)])}"

    def would(run: StoredRun) -> str:
        return f"would tag {label(run)}: {deed}"

    def question(many: str) -> str:
        return f"tag {many}: {deed}"

    return do_to_each(meant, names, doing, question, act, would, lambda word: _found(meant, word, names))


def _found(meant: Meant, word: str, names: list[str]) -> StoredRun:
    """The run that is meant; what follows another and is none may have been meant as a tag."""
    from runlog.errors import NotFound, UsageError

    try:
        run = meant.one(word)
        if meant.fitting is not None and not word.startswith("@") and word not in {run.id, run.id[-6:], run.name}:
            hint = f"runlog tag {run.id} ..., or {word}= for a tag of all that fit"
            raise UsageError(f"{word!r} may be a tag, or a piece of the id of run {run.id}", hint=hint)
        return run
    except NotFound as error:
        if word not in names[1:]:
            raise
        raise NotFound(error.message, hint=f"runlog tag {names[0]} --tag {word}") from None


def _divided(given: list[str], more: list[str], takes_off: bool, has_filters: bool) -> tuple[list[str], list[str]]:
    """The words that name runs, and those that are tags. Tags begin with the first word that has an `=`; where none has, and
    no option says what to do, the last of several words is a bare tag, as is a single one where filters say which runs."""
    from runlog.errors import UsageError

    valued = [place for place, word in enumerate(given) if "=" in word]
    if valued and valued[0] == 0 and not has_filters:
        # Here --tag gives tags; whoever meant those that runs have already is told how to say so.
        which = f"-w 'tags.{more[0].replace('=', ' = ')}'" if more else "@last"
        raise UsageError(f"no run is named before the tag {given[0]!r}", hint=f"runlog tag {which} {given[0]}")
    if valued:
        return given[: valued[0]], given[valued[0] :]
    if more or takes_off or len(given) == (0 if has_filters else 1):
        return given, []
    return given[:-1], given[-1:]


def _check_bare(store: Store, tags: list[str], are_named: bool) -> None:
    """Refuse a word in the place of a tag that is plainly a run: the tag was forgotten, or the order."""
    from runlog.cli.meant import check_no_run
    from runlog.errors import UsageError

    ids = {run.id for run in store.run_dirs()} if tags else set()
    tails = {run_id[-6:] for run_id in ids}
    for word in tags:
        if word == "-" or word.startswith("@") or word in ids or word in tails:
            raise UsageError(f"{word!r} is a run, in the place of a tag", hint="runlog tag RUN... key=value")
    if tags and not are_named:
        check_no_run(store, tags[0], "a tag", f"runlog tag RUN... {tags[0]}, or {tags[0]}= for all that fit")


def _show(meant: Meant, names: list[str]) -> None:
    from runlog.cli import writing
    from runlog.cli.opening import one_word
    from runlog.errors import UsageError
    from runlog.render.table import Table

    if not names:
        raise UsageError("there is no tag", hint=_EXAMPLE)
    run = meant.one(one_word(names[0]))
    if run.tags:
        writing.write_table(Table(("tag", "value"), tuple(sorted(run.tags.items()))))
    else:
        writing.say(f"run {run.id} has no tags: runlog tag {run.id[-6:]} key=value\n")
