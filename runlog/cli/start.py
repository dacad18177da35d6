"""`runlog start`."""

from __future__ import annotations

import typer

SETTINGS = {"epilog": 'Example: eval "$(runlog start --trap --experiment e --param a=1)"'}


def command(
    param: list[str] = typer.Option([], "--param", "-p", metavar="K=V", help="A param. Read as JSON, else as text."),
    params_file: list[str] = typer.Option(
        [], "--params-file", metavar="FILE", help="Params from a JSON, YAML or TOML file; - is standard input."
    ),
    tag: list[str] = typer.Option([], "--tag", "-t", metavar="K[=V]", help="A tag; repeat for more."),
    experiment: str | None = typer.Option(None, "--experiment", "-e", metavar="NAME", help="The experiment the run belongs to."),
    name: str | None = typer.Option(None, "--name", "-n", metavar="NAME", help="A name for the run."),
    note: str = typer.Option("", "--note", "-m", metavar="TEXT", help="What this run is about."),
    trap: bool = typer.Option(False, "--trap", help="Print traps, too, that end the run when the script ends."),
    fish: bool = typer.Option(False, "--fish", help="Print lines for fish: runlog start --fish | source"),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Begin a run that spans several commands.

    Prints what the shell needs to know: whatever it starts from then on logs into the run, until `runlog finish`. In a script
    --trap ends it with the script: with its status, or as killed by the signal that ended it. The traps are EXIT, HUP, INT, PIPE
    and TERM. They take the place of those that the script has, as later ones take theirs, so --trap belongs at the top; only
    what bash or zsh was to do at EXIT already is still done, after that. After KILL or `exec`, or where runlog is not in PATH at
    the end, the run goes on. When no run can be begun, `false` is printed, at which `set -e` ends the script.
    """
    import sys

    from runlog.cli import writing
    from runlog.cli.options import at_most_one
    from runlog.render.shell import exports
    from runlog.render.traps import traps
    from runlog.tracking import script
    from runlog.tracking.command.words import read_params, read_tag

    at_most_one(trap=trap, fish=fish, json=json)
    begun = script.begin(
        experiment,
        name,
        read_params(params_file, param, "runlog start --param alpha=0.1"),
        dict(read_tag(text) for text in tag),
        note or None,
        ["runlog", *sys.argv[1:]],
    )
    writing.say("".join(f"note: {problem}\n" for problem in begun.problems))
    if json:
        writing.write_json({"id": begun.id, "path": str(begun.path), "environment": begun.environment})
        return
    writing.write(exports(begun.environment, fish) + (traps(begun.id, begun.environment["RUNLOG_STORE"] or "") if trap else ""))
    if writing.on_terminal():
        way = "runlog start --fish | source" if fish else 'eval "$(runlog start)"'
        writing.say(f"run {begun.id} goes on until: runlog finish {begun.id}\nhint: {way} lets the shell know of it\n")
