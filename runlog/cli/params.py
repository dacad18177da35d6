"""`runlog params`."""

from __future__ import annotations

import typer

from runlog.cli.options import Among

SETTINGS = {"epilog": 'Example: eval "python train.py $(runlog params @best:loss --flags)"'}


def command(
    filters: Among,
    run: str = typer.Argument("@last", metavar="RUN", help="A piece of the id, a name, @last or @best:METRIC."),
    names: list[str] = typer.Argument(None, metavar="[NAME...]", help="Print the values of these alone."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
    shell: bool = typer.Option(False, "--shell", help="Print lines for eval, as RUNLOG_PARAM_ALPHA=0.1."),
    flags: bool = typer.Option(False, "--flags", help="Print options for a program, as --alpha 0.1, for eval."),
) -> None:
    """Print the params of a run: name=value, a line each."""
    from runlog.cli import writing
    from runlog.cli.meant import one
    from runlog.cli.opening import in_place_of_run, open_store
    from runlog.cli.options import at_most_one
    from runlog.render import shell as lines
    from runlog.render.values import param_value
    from runlog.runs.params import choose
    from runlog.tracking.command.flags import as_typed
    from runlog.tracking.command.words import as_word, shared, variables

    at_most_one(json=json, shell=shell, flags=flags)
    store = open_store()
    with in_place_of_run(store, "params", [run, *(names or [])], lambda newest: newest.params):
        chosen = one(store, run, filters)
    found = choose(chosen, names or [])
    if json:
        writing.write_json(found)
    elif shell:
        named, left_out = variables(found)
        writing.write(lines.assignments(named))
        writing.say("".join(f"note: {problem}\n" for problem in shared(found)))
        writing.say(f"too long for a variable: {', '.join(left_out)}\n" if left_out else "")
    elif flags:
        typed = as_typed(chosen.record.command.get("argv", ()), found)
        writing.write(lines.flags({name: as_word(value) for name, value in found.items()}, typed))
    elif names:
        writing.write("".join(f"{value if isinstance(value, str) else param_value(value)}\n" for value in found.values()))
    else:
        writing.write("".join(f"{name}={param_value(value)}\n" for name, value in found.items()))
