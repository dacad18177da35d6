"""The command table, and the edge where errors become one line and an exit status."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from runlog import config
from runlog.cli import front
from runlog.cli.edge import status_of, tell
from runlog.cli.grammar import ALIASES, signatures
from runlog.cli.topics import TOPICS
from runlog.cli.unfolding import command_with_groups
from runlog.errors import NotFound, UsageError, reason_of

# Command and the module that holds it. A module is imported when its command is used or listed. A module with a table GROUP
# of its own, from name to function and settings, is a group of subcommands; the first of them is what the bare group does.
COMMANDS = {
    "run": "runlog.cli.run",
    "ls": "runlog.cli.ls",
    "show": "runlog.cli.show",
    "compare": "runlog.cli.compare",
    "diff": "runlog.cli.diff",
    "reproduce": "runlog.cli.reproduce",
    "best": "runlog.cli.best",
    "logs": "runlog.cli.logs",
    "watch": "runlog.cli.watch",
    "metrics": "runlog.cli.metrics",
    "artifacts": "runlog.cli.artifacts",
    "params": "runlog.cli.params",
    "which": "runlog.cli.which",
    "export": "runlog.cli.export",
    "gate": "runlog.cli.gate",
    "lineage": "runlog.cli.lineage",
    "model": "runlog.cli.model",
    "checkout": "runlog.cli.checkout",
    "log": "runlog.cli.log",
    "start": "runlog.cli.start",
    "finish": "runlog.cli.finish",
    "wait": "runlog.cli.wait",
    "exists": "runlog.cli.exists",
    "tag": "runlog.cli.tag",
    "note": "runlog.cli.note",
    "rename": "runlog.cli.rename",
    "move": "runlog.cli.move",
    "stop": "runlog.cli.stop",
    "rm": "runlog.cli.rm",
    "restore": "runlog.cli.restore",
    "gc": "runlog.cli.gc",
    "experiments": "runlog.cli.experiments",
    "check": "runlog.cli.check",
    "init": "runlog.cli.init",
    "completion": "runlog.cli.completion",
}


_NARROW = 52
# So many commands are named to who typed their beginning.
_FEW = 3
# What other programs have a command for.
_ELSEWHERE = {"status": "ls --status running", "ps": "ls --status running", "version": "--version"}


class _Group(TyperGroup):
    """A group that knows the other names of its commands, and the nearest of a misspelt one."""

    path = "runlog"

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return super().get_command(ctx, ALIASES.get(cmd_name, cmd_name))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        names = self.list_commands(ctx)
        if args and ALIASES.get(args[0], args[0]) not in names:
            _fail(2, f"there is no command {self._called(args[0])!r}", self._instead(args, names))
        return super().resolve_command(ctx, args)

    def _instead(self, args: list[str], names: list[str]) -> str | None:
        from runlog.query.syntax import did_you_mean, nearest

        begun = _begun(args, names)
        if len(begun) > 1:
            return did_you_mean([f"{self.path} {name}" for name in begun])
        known = [*names, *(alias for alias, name in ALIASES.items() if name in names)]
        meant = self.meant(args[0])
        near = [meant] if meant else begun or nearest(args[0], known, 1) or [self.without_command(args[0])]
        return f"{self.path} {near[0]}"

    def meant(self, word: str) -> str | None:
        """What was plainly meant, though no command is called so."""
        return None

    def without_command(self, word: str) -> str:
        """What was meant by a word that is like no command."""
        return "--help"

    def _called(self, word: str) -> str:
        return f"{self.path} {word}".removeprefix("runlog ")


class _Lazy(_Group):
    """A group that imports a command's module only when it is needed."""

    def get_help(self, ctx: Any) -> str:
        return front.help_page().rstrip("\n")

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def meant(self, word: str) -> str | None:
        from runlog.query.syntax import nearest

        if word.startswith("@"):
            return f"show {word}"
        asks = "help" in sys.argv[1:2]
        topics = nearest(word, TOPICS, 1) if asks or word not in _ELSEWHERE else []
        return f"help {topics[0]}" if topics else None if asks else _ELSEWHERE.get(word)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        name = ALIASES.get(cmd_name, cmd_name)
        return _build(name) if name in COMMANDS else None


def _begun(args: list[str], names: list[str]) -> list[str]:
    """The few commands whose beginning was typed; of those the one that has the word that follows as a command of its own."""
    begun = [name for name in names if name.startswith(args[0])] if len(args[0]) > 1 else []
    groups = [f"{name} {args[1]}" for name in begun if args[1:] and f"{name} {args[1]}" in signatures()]
    return groups[:1] or (begun if len(begun) <= _FEW else [])


def _build(name: str) -> Any:
    module = importlib.import_module(COMMANDS[name])
    if hasattr(module, "GROUP"):
        return _build_group(name, module)
    app = _app()
    app.command(name, **getattr(module, "SETTINGS", {}))(command_with_groups(module.command))
    return typer.main.get_command(app)


def _build_group(name: str, module: Any) -> Any:
    class Group(_Group):
        path = f"runlog {name}"

        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            bare = not args or (args[0].startswith("-") and args[0] not in {"-h", "--help"})
            return super().parse_args(ctx, [first, *args] if bare else args)

        def without_command(self, word: str) -> str:
            return f"{first} {word}" if signatures()[f"{name} {first}"].arguments else "--help"

    first = next(iter(module.GROUP))
    group = _app(cls=Group, name=name, **module.SETTINGS)
    for word, (function, settings) in module.GROUP.items():
        group.command(word, **settings)(command_with_groups(function))
    group.callback()(lambda: None)
    return typer.main.get_command(group)


def command_paths() -> list[list[str]]:
    """Every command as typed, those of groups after their group."""
    found = []
    for name, place in COMMANDS.items():
        found.append([name])
        found += [[name, word] for word in getattr(importlib.import_module(place), "GROUP", ())]
    return found


def command_of(words: list[str]) -> Any:
    """What Click knows of a command; without words, of the whole command line."""
    if not words:
        return typer.main.get_command(app)
    built = _build(words[0])
    return built.commands[words[1]] if words[1:] else built


def _app(**settings: Any) -> typer.Typer:
    return typer.Typer(pretty_exceptions_enable=False, add_completion=False, rich_markup_mode=None, **settings)


def _narrow() -> int | None:
    """The width of a help page on a screen that is narrower than Typer believes in."""
    import shutil

    columns = shutil.get_terminal_size((80, 24)).columns
    return max(20, columns - 2) if columns < _NARROW else None


app = _app(
    cls=_Lazy,
    invoke_without_command=True,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "terminal_width": _narrow()},
)


@app.callback()
def root(
    context: typer.Context,
    folders: list[str] = typer.Option([], "-C", metavar="DIR", help="Go to this folder first."),
    store: str = typer.Option("", "--store", metavar="DIR", help="The store to use instead of the nearest .runlog."),
    version: bool = typer.Option(False, "--version", help="Print the version and leave; with --json more of it."),
    json: bool = typer.Option(False, "--json", hidden=True),
) -> None:
    """Track experiments in plain folders: any program, no server, no account."""
    if version:
        sys.stdout.write(front.version_document() if json else front.version())
        raise typer.Exit
    if json:
        raise UsageError("--json belongs to a command or to --version", hint="runlog ls --json")
    for folder in folders:
        _go_to(folder)
    if store:
        os.environ["RUNLOG_STORE"] = str(config.from_here(store))
    if context.invoked_subcommand is None:
        sys.stdout.write(front.greeting())


def _go_to(folder: str) -> None:
    """What follows, and the program that is run, is done there. As with git, the second of two is seen from the first."""
    try:
        os.chdir(folder)
    except OSError as error:
        raise NotFound(f"cannot go to {folder!r}: {reason_of(error)}") from None
    os.environ["PWD"] = os.getcwd()


def run() -> int:
    """Run the command line; its exit status."""
    status = status_of(_answer)
    return status_of(lambda: _stop_shell(status)) if status else status


def _stop_shell(status: int) -> int:
    """A shell that evaluates what `start` prints must not go on as if there were a run."""
    arguments = _store_first(sys.argv[1:])
    command, *options = [*arguments[_place_of_command(arguments) :], ""]
    if command == "start" and "--json" not in options and not sys.stdout.isatty():
        sys.stdout.write("false\n")
    return status


def _answer() -> object:
    # Typer's own door makes a 1 of a pipe that nobody reads, which is what a gate says that was not met.
    command = typer.main.get_command(app)
    try:
        with command.make_context("runlog", _help_last(_store_first(sys.argv[1:]))) as context:
            return command.invoke(context)
    except typer.Exit as leaving:
        return int(leaving.exit_code)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except Exception as error:
        if not callable(getattr(error, "format_message", None)):
            raise
        from runlog.cli.misuse import misuse

        raise misuse(error, sys.argv[1:]) from None


def _store_first(arguments: list[str]) -> list[str]:
    """`--store DIR` means the same before and after the command's name; what follows `--` belongs to the user's program."""
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if "run" in own and "--" not in arguments:
        return arguments
    for place, word in enumerate(own):
        length = 2 if word == "--store" else 1 if word.startswith("--store=") else 0
        if length and place + length <= len(own):
            rest = arguments[:place] + arguments[place + length :]
            return [*arguments[place : place + length], *rest]
    return arguments


def _help_last(arguments: list[str]) -> list[str]:
    """`runlog help COMMAND` is `runlog COMMAND --help`. What follows the command's name is no part of the question: behind `run`
    it would be a program."""
    place = _place_of_command(arguments)
    if arguments[place : place + 1] != ["help"]:
        return arguments
    asked = [word for word in arguments[place + 1 :] if word not in {"help", "-h", "--help"}]
    is_group = any(path.startswith(f"{asked[0]} ") for path in signatures()) if asked else False
    return [*arguments[:place], *asked[: 2 if is_group else 1], "--help"]


def _place_of_command(arguments: list[str]) -> int:
    place = 0
    while arguments[place:] and arguments[place].startswith(("--store", "-C")):
        place += 2 if arguments[place] in {"--store", "-C"} else 1
    return place


def _fail(status: int, message: str, hint: str | None) -> None:
    tell(status, message, hint)
    raise typer.Exit(status)
