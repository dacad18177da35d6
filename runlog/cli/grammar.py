"""What the command line looks like, for those who must know without importing a command."""

from __future__ import annotations

from typing import NamedTuple

from runlog.cli.signatures import TEXT

ALIASES = {"list": "ls", "delete": "rm", "remove": "rm"}
_EVERYWHERE = "--store"


class Option(NamedTuple):
    """An option by all its names; what stands for its value in the help, or nothing for one that takes none."""

    names: tuple[str, ...]
    metavar: str
    about: str
    repeats: bool


class Signature(NamedTuple):
    """What a command takes: options by name, and what its arguments are called."""

    about: str
    options: dict[str, Option]
    arguments: list[str]

    def expected(self, given: int) -> list[str]:
        """What the next argument may be after some others. `RUN...` stands for one or more."""
        places = {0}
        for _ in range(given):
            places = {
                after
                for place in places
                for after in ((place, place + 1) if self.arguments[place].endswith("...") else (place + 1,))
                if after < len(self.arguments)
            }
        return [self.arguments[place].removesuffix("...") for place in sorted(places) if self.arguments]


def signatures() -> dict[str, Signature]:
    """Every command by its words; the empty one is `runlog` itself, whose option --store every command takes too."""
    found = _read(TEXT)
    for signature in found.values():
        signature.options.setdefault(_EVERYWHERE, found[""].options[_EVERYWHERE])
    return found


def own_options(command: str) -> dict[str, Option]:
    """Of one command, without those that every command takes. All of them are not read for it."""
    begin = TEXT.index(f"command runlog {command} |")
    return _read(TEXT[begin : TEXT.find("\ncommand ", begin)])[command].options


def _read(text: str) -> dict[str, Signature]:
    found: dict[str, Signature] = {}
    signature = Signature("", {}, [])
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "command":
            path, about = rest.split(" | ", 1)
            signature = found[path.removeprefix("runlog").strip()] = Signature(about, {}, [])
        elif kind == "argument":
            signature.arguments.append(rest)
        else:
            names, metavar, repeats, about = rest.split(" | ", 3)
            option = Option(tuple(names.split()), metavar, about, repeats == "repeats")
            signature.options.update(dict.fromkeys(option.names, option))
    return found
