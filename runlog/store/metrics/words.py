"""From the bytes of a log or a door to what its writer said."""

from __future__ import annotations

from runlog.records import Said
from runlog.store.format import read_process
from runlog.store.metrics.columns import summarize
from runlog.store.metrics.door import read_door
from runlog.store.metrics.reading import Contents, read_log


def contents_of(writer: str, kind: str, data: bytes) -> Contents:
    """What stands in a log, or in a door."""
    return read_door(writer, data) if kind == "jsonl" else read_log(f"{writer}.log", data)


def said_in(writer: str, contents: Contents) -> Said:
    """The words of a writer, with its points in order and summed up."""
    for columns in contents.columns.values():
        columns.sort()
    process = next((read_process(e.value["process"]) for e in contents.entries if e.kind == "open"), None)
    return Said(
        writer=writer,
        records=contents.records,
        process=process,
        entries=tuple(contents.entries),
        metrics={name: summarize(columns) for name, columns in sorted(contents.columns.items())},
        points=sum(len(columns.steps) for columns in contents.columns.values()),
        last_sign=contents.last_sign,
        rejected=len(contents.rejected),
        gaps=contents.gaps,
    )
