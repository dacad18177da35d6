"""`runlog compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from runlog.cli.options import AmongMany, Output

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runlog.cli.meant import Meant
    from runlog.runs.comparable import Doubt
    from runlog.runs.compare import Comparison
    from runlog.runs.group import Grouping
    from runlog.store.store import Store
    from runlog.store.stored import StoredRun

SETTINGS = {"epilog": "Example: runlog compare @last @last~1 --baseline @last~1"}


def command(
    output: Output,
    filters: AmongMany,
    runs: list[str] = typer.Argument(None, metavar="[RUN...]", help="Pieces of ids, names, @last; - reads them from stdin."),
    everything: bool = typer.Option(False, "--all", help="Show what all runs have in common too."),
    metric: list[str] = typer.Option([], "--metric", "-m", metavar="METRIC", help="These metrics alone; repeat for more."),
    curves: bool = typer.Option(False, "--curves", "-c", help="Draw the curve of each metric, those of one metric on one scale."),
    baseline: str = typer.Option(
        "",
        "--baseline",
        "-b",
        metavar="RUN",
        help="Show differences to this run, which joins the others; it need not fit the filters.",
    ),
    up: list[str] = typer.Option([], "--max", metavar="METRIC", help="More of this metric is better."),
    down: list[str] = typer.Option([], "--min", metavar="METRIC", help="Less of this metric is better."),
    group_by: list[str] = typer.Option(
        [], "--group-by", "-g", metavar="KEY", help="Mean and spread of runs with equal KEY; '!seed' for all params but seed."
    ),
    strict: bool = typer.Option(False, "--strict", help="Leave with 1 when there is doubt whether the runs are comparable."),
) -> int:
    """Set runs side by side: what differs, and who is best (*).

    Whether more of a metric is better is known by --max and --min, else by `runlog experiments set`, else by its name.
    """
    from runlog.cli import writing
    from runlog.cli.meant import Meant, check_named
    from runlog.cli.opening import one_word, open_store
    from runlog.errors import NotFound, UsageError
    from runlog.runs.compare import compare, require
    from runlog.runs.direction import agreed_directions, told
    from runlog.runs.group import group

    if curves and group_by:
        raise UsageError("--curves are those of runs, and --group-by shows none", hint="runlog compare --curves RUN...")
    check_named(runs, filters, "runlog compare @last @last~1 --baseline @last~1", changes=False)
    store = open_store()
    meant = Meant(store, filters)
    chosen = meant.all(meant.named(runs))
    if not runs and not chosen:
        raise NotFound("no runs fit", hint="runlog ls")
    first = [_baseline(meant, one_word(baseline))] if baseline else []
    base = first[0].id if first else None
    chosen = list({run.id: run for run in [*chosen, *first]}.values())
    chosen.sort(key=lambda run: run.id != base)  # which comes first; the others stay as they were named
    records = [run.record for run in chosen]
    require(records, [*metric, *up, *down])
    said = {**agreed_directions(store, {run.experiment for run in chosen}), **told(up, down)}
    found = _doubts(store, chosen)
    if output.quiet:
        writing.write("".join(f"{run.id}\n" for run in chosen))
    elif group_by:
        _write_groups(group(records, group_by, said, base, metric), found, output)
    else:
        _write_runs(compare(records, said, base, found, metric), chosen, everything, curves, output)
    return _doubtful(found, [run.id for run in chosen], output, strict)


def _baseline(meant: Meant, word: str) -> StoredRun:
    """The run to compare with: one of those that fit, else any, for what is tried is seldom what it is tried against."""
    from runlog.errors import NotFound
    from runlog.runs.find import find_one

    if meant.fitting is None or word.startswith("@"):
        return meant.one(word)
    try:
        return find_one(meant.store, word, list(meant.fitting.values()))
    except NotFound:
        return find_one(meant.store, word)


def _doubts(store: Store, runs: Sequence[StoredRun]) -> tuple[Doubt, ...]:
    from runlog.runs.comparable import doubts
    from runlog.store import environments

    return doubts([run.record for run in runs], lambda name: environments.read(store.root, name))


def _write_runs(result: Comparison, runs: Sequence[StoredRun], everything: bool, with_curves: bool, output: Output) -> None:
    from runlog.cli import writing
    from runlog.render.comparison import as_document, pictures, side_by_side

    names = [line.key for line in result.lines if line.kind == "metric"]
    curves = _curves(runs, names) if with_curves else None
    if output.json or output.jsonl:
        writing.write_documents([as_document(result, curves)], output, alone=True)
        return
    drawn = None if curves is None else pictures(curves, names)
    table = side_by_side(result, _ids(result.ids, output), everything, drawn, precise=writing.for_programs(output))
    writing.write_answer(table, [], output, either_way=True)
    if len(table.headings) == 1:
        writing.remark("nothing differs between these runs: --all shows what they have in common\n")


def _curves(runs: Sequence[StoredRun], names: Sequence[str]) -> list[Mapping[str, Sequence[float]]]:
    from runlog import metrics

    known = [[name for name in names if name in run.metrics] for run in runs]
    return [metrics.curves(run, found) if found else {} for run, found in zip(runs, known, strict=True)]


def _write_groups(grouping: Grouping, found: Sequence[Doubt], output: Output) -> None:
    from runlog.cli import writing
    from runlog.render.grouping import as_documents, grouped

    table = grouped(grouping, precise=writing.for_programs(output))
    writing.write_answer(table, as_documents(grouping, found), output, either_way=True)


def _ids(ids: Sequence[str], output: Output) -> Mapping[str, str]:
    """Ids as short as people want them; whole for programs."""
    from runlog.cli import writing
    from runlog.render.ids import short_ids

    return {run_id: run_id for run_id in ids} if writing.for_programs(output) else short_ids(ids)


def _doubtful(found: Sequence[Doubt], ids: Sequence[str], output: Output, strict: bool) -> int:
    """Tell the doubts: beside the answer, or in it where it is meant for a pull request."""
    from runlog.cli import writing
    from runlog.render.comparison import doubt
    from runlog.render.markdown import remarks

    short = _ids(ids, output)
    lines = [f"not comparable? {doubt(each, short)}" for each in found]
    if output.md and lines:
        writing.write(f"\n{remarks(lines)}")
    else:
        writing.remark("".join(f"{line}\n" for line in lines))
    return 1 if strict and lines else 0
