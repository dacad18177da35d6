"""The verdict of a gate: for people, for a pull request, for CI."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

from runlog.records import RunRecord
from runlog.render.columns import padded, shown
from runlog.render.columns import width as shown_width
from runlog.render.markdown import escaped, markdown
from runlog.render.table import Table
from runlog.render.values import number

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEADINGS = ("check", "result", "value", "baseline", "limit", "why")
_BOLD, _RED, _PLAIN = "\x1b[1m", "\x1b[31m", "\x1b[0m"
_SHOWN = 3


class _Check(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def passed(self) -> bool: ...
    @property
    def result(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def value(self) -> float | None: ...
    @property
    def baseline(self) -> float | None: ...
    @property
    def limit(self) -> float | None: ...


class _Meant(Protocol):
    @property
    def selector(self) -> str: ...
    @property
    def runs(self) -> tuple[RunRecord, ...]: ...
    @property
    def version(self) -> str | None: ...


class _Verdict(Protocol):
    @property
    def passed(self) -> bool: ...
    @property
    def checks(self) -> Sequence[_Check]: ...
    @property
    def candidate(self) -> tuple[RunRecord, ...]: ...
    @property
    def baselines(self) -> Sequence[_Meant]: ...


def table(verdict: _Verdict) -> Table:
    """A check a row; columns that are empty in all of them are left out."""
    rows = [
        (shown(check.name), check.result, *map(_figure, (check.value, check.baseline, check.limit)), shown(check.message))
        for check in verdict.checks
    ]
    places = [place for place in range(len(_HEADINGS)) if place < 2 or any(row[place] for row in rows)]
    cells = tuple(tuple(row[place] for place in places) for row in rows)
    right = frozenset(at for at, place in enumerate(places) if place in {2, 3, 4})
    return Table(tuple(_HEADINGS[place] for place in places), cells, right)


def _figure(value: float | None) -> str:
    return "NaN" if value is not None and math.isnan(value) else number(value)


def page(verdict: _Verdict, width: int | None, colour: bool) -> str:
    """For a screen, or for the log of a CI job; nothing is cut. A reason that does not fit the screen has a line of its own."""
    found = table(verdict)
    widths = [max(map(shown_width, cells)) for cells in zip(found.headings, *found.rows, strict=True)]
    last = len(widths) - 1
    lines = []
    for at, row in enumerate((found.headings, *found.rows)):
        cells = [padded(cell, widths[place], place in found.right) for place, cell in enumerate(row)]
        line = "  ".join(cells).rstrip()
        if width is not None and at and shown_width(line) > width and found.headings[last] == _HEADINGS[-1]:
            line = f"{'  '.join(cells[:last]).rstrip()}\n  {row[last]}"
        lines.append(_coloured(line, row[1], at == 0) if colour else line)
    about = "".join(f"{word:<11}{what}\n" for word, what in _about(verdict))
    return "\n".join([about, *lines, "", outcome(verdict), ""])


def _coloured(line: str, result: str, is_heading: bool) -> str:
    style = _BOLD if is_heading else _RED if result == "failed" else ""
    return f"{style}{line}{_PLAIN}" if style else line


def for_pull_request(verdict: _Verdict) -> str:
    """The verdict as Markdown."""
    about = "  \n".join(f"**{word}** {escaped(what)}" for word, what in _about(verdict))
    return f"### runlog gate {outcome(verdict)}\n\n{about}\n\n{markdown(table(verdict))}"


def outcome(verdict: _Verdict) -> str:
    """The end of it in a line."""
    count = len(verdict.checks)
    failed = sum(not check.passed for check in verdict.checks)
    notes = sum(check.result == "note" for check in verdict.checks)
    checks = f"{count} check{'' if count == 1 else 's'}"
    text = f"failed: {failed} of {checks}" if failed else f"passed: {checks}"
    return f"{text}, {notes} of them not judged" if notes else text


def _about(verdict: _Verdict) -> list[tuple[str, str]]:
    """Which runs were judged, against which."""
    lines = [("candidate", _runs(verdict.candidate))]
    for found in verdict.baselines:
        said = f"{found.version}, " if found.version and found.version != found.selector else ""
        lines.append(("baseline", f"{found.selector} ({said}{_runs(found.runs)}{_odd(found.runs)})"))
    return lines


def _odd(runs: Sequence[RunRecord]) -> str:
    """How many of the runs of a baseline have not ended well, which says something of their values."""
    counts = Counter("in the trash" if run.removed else run.state for run in runs)
    del counts["finished"]
    odd = ", ".join(f"{count} {word}" if len(runs) > 1 else word for word, count in sorted(counts.items()))
    return f"; {odd}" if odd else ""


def _runs(runs: Sequence[RunRecord]) -> str:
    if len(runs) == 1:
        return f"{runs[0].id} {runs[0].name or ''}".rstrip()
    named = ", ".join(f"{run.id[-6:]} {run.name or ''}".rstrip() for run in runs[:_SHOWN])
    return f"{len(runs)} runs: {named}{f' and {len(runs) - _SHOWN} more' if len(runs) > _SHOWN else ''}"


def as_document(verdict: _Verdict) -> dict[str, Any]:
    """The verdict as `--json` shows it."""
    return {
        "passed": verdict.passed,
        "candidate": [run.id for run in verdict.candidate],
        "baselines": [
            {
                "selector": found.selector,
                "version": found.version,
                "runs": [run.id for run in found.runs],
                "states": [run.state for run in found.runs],
            }
            for found in verdict.baselines
        ],
        "checks": [
            {
                "name": check.name,
                "kind": check.kind,
                "result": check.result,
                "value": check.value,
                "baseline": check.baseline,
                "limit": check.limit,
                "why": check.message,
            }
            for check in verdict.checks
        ],
    }


def junit(verdict: _Verdict) -> str:
    """The verdict as the XML that CI systems show as tests."""
    from xml.etree import ElementTree

    count, failed = str(len(verdict.checks)), str(sum(not check.passed for check in verdict.checks))
    skipped = str(sum(check.result == "note" for check in verdict.checks))
    totals = {"tests": count, "failures": failed, "errors": "0", "skipped": skipped}
    root = ElementTree.Element("testsuites", totals)
    suite = ElementTree.SubElement(root, "testsuite", {"name": "runlog gate", **totals})
    for check in verdict.checks:
        case = ElementTree.SubElement(suite, "testcase", {"classname": "runlog.gate", "name": _xml(check.name), "time": "0"})
        if check.result == "failed":
            ElementTree.SubElement(case, "failure", {"message": _xml(check.message)}).text = _xml(_figures(check))
        elif check.result == "note":
            ElementTree.SubElement(case, "skipped", {"message": _xml(check.message)})
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _xml(text: str) -> str:
    """Without the characters that no XML may hold."""
    return _NO_XML.sub("\ufffd", text)


def _figures(check: _Check) -> str:
    known = (("value", check.value), ("baseline", check.baseline), ("limit", check.limit))
    return "\n".join([check.message, *(f"{name}: {number(value)}" for name, value in known if value is not None)])


def workflow_errors(verdict: _Verdict) -> str:
    """What GitHub shows beside the job: a line for each check that failed."""
    failed = [check for check in verdict.checks if not check.passed]
    return "".join(f"::error title=runlog gate::{_workflow(f'{check.name}: {check.message}')}\n" for check in failed)


def _workflow(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
