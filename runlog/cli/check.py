"""`runlog check`."""

from __future__ import annotations

from pathlib import Path

import typer

SETTINGS = {"epilog": "Example: runlog check --repair"}


def command(
    repair: bool = typer.Option(
        False, "--repair", help="Mend what can be mended, set aside what cannot. Nothing is deleted that holds data."
    ),
    secrets: bool = typer.Option(False, "--secrets", help="Look for secrets instead: names files and lines, never a value."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> int:
    """Verify every file of the store. Leaves with 1 when something is wrong, or a secret was found."""
    from runlog import config
    from runlog.cli import writing
    from runlog.cli.progress import progress
    from runlog.errors import NotAStore
    from runlog.store.check import check_folder

    root = config.find_store()
    if root is None:
        raise NotAStore("there is no store here or in any folder above", hint="runlog --store DIR check")
    if secrets:
        return _look_for_secrets(root, repair, json)
    report = check_folder(root, repair, progress("checking runs"))
    if json:
        writing.write_json(report.document())
    else:
        for found in report.findings:
            done = f" ({found.mended})" if found.mended else ""
            writing.write(f"{found.severity}: {found.path}: {found.problem}{done}\n")
        verdict = "all is well" if report.clean else "runlog check --repair mends what can be mended"
        counts = f"{report.runs} run{'' if report.runs == 1 else 's'}, {report.files} file{'' if report.files == 1 else 's'}"
        writing.write(f"{counts} checked: {verdict}\n")
    return 0 if report.clean else 1


def _look_for_secrets(root: Path, repair: bool, json: bool) -> int:
    from dataclasses import asdict

    from runlog.cli import writing
    from runlog.errors import UsageError
    from runlog.store.leaks import find_leaks

    if repair:
        raise UsageError("--repair does not remove secrets: that cannot be done by halves", hint="runlog check --secrets")
    report = find_leaks(root)
    if json:
        writing.write_json(asdict(report))
        return 1 if report.leaks else 0
    for leak in report.leaks:
        writing.write(f"{leak.path}:{leak.line}: {leak.kind}\n")
    for name in report.unread:
        writing.write(f"{name}: cannot be read\n")
    verdict = f"{len(report.leaks)} found; change them, for they may have been read" if report.leaks else "none found"
    writing.write(f"{report.files} files searched for secrets: {verdict}\n")
    return 1 if report.leaks else 0
