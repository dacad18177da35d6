"""What runlog says before it is asked to do anything: its help and its version. Read from what is known of every command, for
importing them all would take longer than to read the answer."""

from __future__ import annotations

import os
import shutil
import textwrap

from runlog.cli.grammar import Signature, signatures
from runlog.cli.topics import TOPICS, page

_GROUPS = {
    "Track": ("run", "start", "finish", "log"),
    "Look": ("ls", "show", "compare", "best", "metrics", "logs", "watch", "params", "artifacts", "which", "export"),
    "Rebuild": ("diff", "checkout", "reproduce"),
    "Models": ("model", "gate", "lineage"),
    "Describe": ("tag", "note", "rename", "move", "experiments"),
    "Script": ("wait", "exists", "stop"),
    "Keep": ("rm", "restore", "gc", "check", "init", "completion"),
}
_MORE = f"runlog help COMMAND explains one of them, runlog help TOPIC what belongs to all: {', '.join(list(TOPICS)[:-1])}."
_TO_BEGIN = {
    "runlog run --param alpha=0.1 -- python train.py": "run a program and track it",
    "runlog ls": "list the runs",
    "runlog compare <run-ids>": "set runs side by side",
}


def greeting() -> str:
    """For whoever types nothing but the name."""
    from runlog import config

    root = config.find_store()
    there = root is not None and os.path.exists(root / config.FORMAT_FILE)
    width = _width()
    nowhere = "There are no runs here yet: the first runlog run makes a place for them."
    where = f"The runs are in {root}.\n" if there else _wrapped(nowhere, width)
    helped = "runlog --help lists all commands, runlog help run explains one."
    begin = _wrapped("runlog keeps experiments in plain folders. To begin:", width)
    return f"{begin}\n{_to_begin(width)}\n{_wrapped(helped, width)}{where}"


def _to_begin(width: int) -> str:
    """Commands and what they do: side by side, or where a line is too short, below each other and still to be pasted."""
    first = max(map(len, _TO_BEGIN)) + 4
    if first + 2 + max(map(len, _TO_BEGIN.values())) <= width:
        return "".join(f"  {command:<{first}}{about}\n" for command, about in _TO_BEGIN.items())
    lines = []
    for command, about in _TO_BEGIN.items():
        lines.append(" \\\n".join(textwrap.wrap(command, width - 2, initial_indent="  ", subsequent_indent="    ")))
        lines.append("\n".join(textwrap.wrap(about, width, initial_indent="      ", subsequent_indent="      ")))
    return "".join(f"{line}\n" for line in lines)


def _width() -> int:
    """Of a page: that of the screen, but no line is longer than one likes to read, or shorter than a word."""
    return max(20, min(shutil.get_terminal_size((80, 24)).columns, 100))


def version() -> str:
    from runlog import __version__

    return f"runlog {__version__}\n"


def version_document() -> str:
    """The same for programs, with what else a report of a fault should say."""
    import json
    import platform

    from runlog import __version__
    from runlog.store.document import FORMAT

    found = {"runlog": __version__, "store_format": FORMAT, "python": platform.python_version(), "system": platform.platform()}
    return json.dumps(found, indent=2) + "\n"


def help_page() -> str:
    """All commands with a word about each, in groups."""
    known = signatures()
    width = _width()
    first = max(len(name) for name in known if " " not in name) + 4
    usage = "Usage: runlog [-C DIR] [--store DIR] COMMAND [ARGUMENTS]"
    parts = [_wrapped(usage, width), "\n", _wrapped(f"{known[''].about}.", width)]
    for title, names in _groups(known).items():
        parts.append(f"\n{title}:\n")
        parts += [_item(name, known[name].about, first, width) for name in names]
    parts.append("\nOptions:\n")
    parts += [
        _item(" ".join((", ".join(option.names), option.metavar)).strip(), option.about, 16, width)
        for option in dict.fromkeys(known[""].options.values())
    ]
    example = "Example: runlog run --param alpha=0.1 -- python train.py"
    parts += ["\n", _wrapped(example, width), "\n", _wrapped(_MORE, width)]
    return "".join(parts)


def topic_page(topic: str) -> str:
    """What belongs to no command alone."""
    return page(topic, _width())


def _wrapped(text: str, width: int) -> str:
    return "".join(f"{line}\n" for line in textwrap.wrap(text, width))


def _groups(known: dict[str, Signature]) -> dict[str, list[str]]:
    groups = {title: [name for name in names if name in known] for title, names in _GROUPS.items()}
    placed = {"", *(name for names in groups.values() for name in names)}
    rest = [name for name in known if name not in placed and " " not in name]
    return groups | ({"More": rest} if rest else {})


def _item(name: str, about: str, first: int, width: int) -> str:
    lines = textwrap.wrap(about, max(20, width - first))
    return "".join(f"{f'  {name}' if not number else '':<{first}}{line}\n" for number, line in enumerate(lines))
