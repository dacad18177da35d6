"""`runlog check`."""

from __future__ import annotations

import sys

import typer

SETTINGS = {"epilog": "Example: runlog check --repair"}


def command(
    repair: bool = typer.Option(
        False, "--repair", help="Mend what can be mended, set aside what cannot. Nothing is deleted that holds data."
    ),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> int:
    """Verify every file of the store."""
    from dataclasses import asdict

    from runlog import config
    from runlog.cli.writing import write_json
    from runlog.errors import NotAStore
    from runlog.store.check import check_folder

    root = config.find_store()
    if root is None:
        raise NotAStore("there is no store here or in any folder above", hint="runlog --store DIR check")
    report = check_folder(root, repair)
    if json:
        write_json(asdict(report))
    else:
        for found in report.findings:
            done = f" ({found.mended})" if found.mended else ""
            sys.stdout.write(f"{found.severity}: {found.path}: {found.problem}{done}\n")
        verdict = "all is well" if report.clean else "runlog check --repair mends what can be mended"
        sys.stdout.write(f"{report.runs} runs, {report.files} files checked: {verdict}\n")
    return 0 if report.clean else 1
