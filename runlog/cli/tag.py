"""`runlog tag`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from runlog.cli.once import Once
from runlog.cli.options import AMONG_MANY, Doing, Filters, InOneLine, Lacking

if TYPE_CHECKING:
    from runlog.cli.meant import Meant
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
    from runlog.cli import writing
    from runlog.cli.doing import do_to_each
    from runlog.cli.meant import Meant, check_named, check_no_run
    from runlog.cli.opening import one_word, open_store
    from runlog.cli.several import label
    from runlog.runs.edit import tag

    names, bare = _divided(given or [], more, bool(taken_off), filters.choose)
    check_named(names, filters, _EXAMPLE)
    store = open_store()
    meant = Meant(store, filters)
    _check_bare(bare, {run.id for run in store.run_dirs()} if bare else set())
    if bare and not names:
        check_no_run(store, bare[0], "a tag", f"runlog tag RUN... {bare[0]}, or {bare[0]}= for all that fit")
    tags = dict(_pair(word) for word in (*bare, *more))
    both = [key for key in taken_off if key in tags]
    if both:
        from runlog.errors import UsageError

        raise UsageError(f"tag {both[0]!r} cannot be set and taken off at once", hint="runlog tag --help")
    if not tags and not taken_off:
        if not names:
            from runlog.errors import UsageError

            raise UsageError("there is no tag", hint=_EXAMPLE)
        _show(meant.one(one_word(names[0])))
        return 0
    told = [f"{key}={value}" if value else key for key, value in tags.items()]
    deed = " ".join([*told, *(f"-{key}" for key in taken_off)])

    def act(run: StoredRun) -> str:
        absent = tag(run, tags, taken_off)
        writing.say("".join(f"note: {label(run)} had no tag {key!r}\n" for key in absent))
        return f"tagged {label(run)}: {' '.join([*told, *(f'-{key}' for key in taken_off if key not in absent)])}"

    def question(many: str) -> str:
        return f"tag {many}: {deed}"

    def would(run: StoredRun) -> str:
        return f"would tag {label(run)}: {deed}"

    return do_to_each(meant, names, doing, question, act, would, lambda word: _found(meant, word, names))


def _found(meant: Meant, word: str, names: list[str]) -> StoredRun:
    """The run that is meant; what follows another and is none may have been meant as a tag."""
    from runlog.errors import NotFound

    try:
        return meant.one(word)
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


def _check_bare(tags: list[str], ids: set[str]) -> None:
    """Refuse a word in the place of a tag that is plainly a run: the tag was forgotten, or the order."""
    from runlog.errors import UsageError

    tails = {run_id[-6:] for run_id in ids}
    for word in tags:
        if word == "-" or word.startswith("@") or word in ids or word in tails:
            raise UsageError(f"{word!r} is a run, in the place of a tag", hint="runlog tag RUN... key=value")


def _pair(word: str) -> tuple[str, str]:
    key, _, value = word.partition("=")
    return key, value


def _show(run: StoredRun) -> None:
    from runlog.cli import writing
    from runlog.render.table import Table

    if run.tags:
        writing.write_table(Table(("tag", "value"), tuple(sorted(run.tags.items()))))
    else:
        writing.say(f"run {run.id} has no tags: runlog tag {run.id[-6:]} key=value\n")
