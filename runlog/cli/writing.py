"""How every command writes its answer: aligned on a terminal, tab-separated in a pipe, or as the options say."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runlog.cli import edge
from runlog.cli.options import Output, at_most_one
from runlog.render import table as tables
from runlog.render.columns import shown_lines

say = edge.say


def on_terminal() -> bool:
    return sys.stdout.isatty()


def width() -> int:
    """Columns of the terminal."""
    import shutil

    return shutil.get_terminal_size((80, 24)).columns


def colour() -> bool:
    """Whether colours are wanted: on a terminal, unless NO_COLOR says no."""
    return on_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write(text: str) -> None:
    """An answer: every letter of it for a program, and for a person none that the terminal would obey."""
    sys.stdout.write(shown_lines(text) if on_terminal() else text)


def draw(text: str) -> None:
    """The same for what has colours of its own."""
    sys.stdout.write(for_eyes(text))


def for_eyes(text: str) -> str:
    """What may go to a terminal of a text with colours; all of it elsewhere."""
    return shown_lines(text, colours=True) if on_terminal() else text


def write_now(text: str) -> None:
    """What the terminal is to obey, or what another program said: for whoever is waiting for it."""
    sys.stdout.write(text)
    sys.stdout.flush()


def write_bytes(blocks: Iterable[bytes]) -> None:
    """Bytes as they are, in order with what was written before."""
    sys.stdout.flush()
    for block in blocks:
        sys.stdout.buffer.write(block)
        sys.stdout.buffer.flush()


def remark(text: str) -> None:
    """The same in sentences, a line each: on a terminal they are broken between words, and go on further in."""
    if sys.stderr.isatty():
        import textwrap

        lines = [
            textwrap.wrap(line, max(20, width()), subsequent_indent="  ", break_on_hyphens=False) for line in text.splitlines()
        ]
        text = "".join(f"{part}\n" for parts in lines for part in parts)
    say(text)


def chosen(output: Output) -> str:
    """The one form that was asked for, or the empty text."""
    return at_most_one(**output._asdict())


def for_screen(output: Output) -> bool:
    """Whether the answer is an aligned table for somebody in front of a terminal."""
    return on_terminal() and not chosen(output)


def for_programs(output: Output) -> bool:
    """Whether every digit of ids and numbers counts; in a table for a pull request it does not."""
    return not output.md and not for_screen(output)


def write_answer(
    table: tables.Table,
    documents: Sequence[Mapping[str, Any]],
    output: Output,
    *,
    either_way: bool = False,
) -> None:
    """A table for people, or its documents for programs."""
    form = chosen(output)
    if form in {"json", "jsonl"}:
        write_documents(documents, output)
    elif form == "csv":
        write(tables.csv(table))
    elif form == "md":
        from runlog.render.markdown import for_pull_request, markdown

        write(for_pull_request(table) if either_way else markdown(table))
    else:
        write_table(table, either_way=either_way)


def write_documents(documents: Sequence[Mapping[str, Any]], output: Output, *, alone: bool = False) -> None:
    """Documents for programs, as a list or a line each; `alone` is one that is no list."""
    if chosen(output) == "jsonl":
        write("".join(f"{_encoded(document, None)}\n" for document in documents))
    else:
        write_json(documents[0] if alone else list(documents))


def write_stream(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    documents: Iterable[Mapping[str, Any]],
    output: Output,
) -> None:
    """As `write_answer` does in a pipe, for more rows than one wants to hold. Only the rows or the documents are asked for."""
    form = chosen(output)
    if form == "json":
        between = "[\n"
        for document in documents:
            write(f"{between}  {_encoded(document, None)}")
            between = ",\n"
        write("[]\n" if between == "[\n" else "\n]\n")
    elif form == "jsonl":
        for document in documents:
            write(f"{_encoded(document, None)}\n")
    elif form == "csv":
        import csv
        from types import SimpleNamespace

        writer = csv.writer(SimpleNamespace(write=write), lineterminator="\n")
        writer.writerow(headings)
        writer.writerows(rows)
    elif form == "md":
        from runlog.render.markdown import markdown

        write(markdown(tables.Table(tuple(headings), tuple(map(tuple, rows)))))
    else:
        write("\t".join(headings) + "\n")
        for row in rows:
            write("\t".join(row) + "\n")


def write_table(table: tables.Table, *, either_way: bool = False) -> None:
    """Aligned on a terminal, where `either_way` may show rows as columns; tab-separated in a pipe."""
    if on_terminal():
        picture = tables.folded if either_way else tables.pretty
        draw(picture(table, width(), colour()))
    else:
        write(tables.plain(table))


def write_json(value: Any) -> None:
    """JSON for programs; what JSON cannot hold is written as the store writes it."""
    write(_encoded(value, 2) + "\n")


def _encoded(value: Any, indent: int | None) -> str:
    from runlog.store.document import plain

    text = json.dumps(plain(value), indent=indent, ensure_ascii=False)
    # What a terminal would obey can be said in JSON without it, and is the same text.
    return re.sub(r"[^\n\t -~]", lambda found: _escaped(found[0]), text) if on_terminal() else text


def _escaped(letter: str) -> str:
    return letter if shown_lines(letter) == letter else json.dumps(letter)[1:-1]
