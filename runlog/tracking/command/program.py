"""A program as a run, from the words of its command line to its last artifact."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runlog.errors import BadInput, UsageError
from runlog.store import layout
from runlog.store.folders import LINK, walk
from runlog.tracking import coding, ending
from runlog.tracking.command import words
from runlog.tracking.command.child import Hear, Outcome, Stage, run_to_end
from runlog.tracking.command.patterns import Match, matches
from runlog.tracking.run import Run
from runlog.tracking.start import begin_command

if TYPE_CHECKING:
    from runlog.store.data import Progress
    from runlog.tracking.capturing import Repeats
    from runlog.tracking.command.scraping import Scraper


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be run, and what is to be known of it."""

    program: Sequence[str]
    experiment: str | None = None
    name: str | None = None
    note: str | None = None
    parent: str | None = None
    params: Sequence[str] = ()  # as typed: `alpha=0.1`
    params_files: Sequence[str] = ()
    tags: Sequence[str] = ()
    inputs: Sequence[str] = ()  # NAME=PATH
    artifacts: Sequence[str] = ()  # patterns of file names
    metric_patterns: Sequence[str] = ()  # regular expressions
    metrics_from_output: bool = False
    terminal: bool = True  # a program that would see a terminal sees one
    flags: bool = True  # flags of the program are params
    strict_git: bool = False  # nothing may be uncommitted
    repeats: Repeats | None = None  # the run that this one repeats
    progress: Progress | None = None  # told while large inputs are read

    def options(self) -> dict[str, Any]:
        """What was asked for beside the command, as far as it shapes what the run holds."""
        named = {
            "inputs": list(self.inputs),
            "artifacts": list(self.artifacts),
            "metric_patterns": list(self.metric_patterns),
            "metrics_from_output": self.metrics_from_output,
            "no_flags": not self.flags,
        }
        return {key: value for key, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Ready:
    """A request as it was understood."""

    typed: list[str]
    command: list[str]  # with params filled in
    given: dict[str, Any]  # params as they were read; what becomes of them in the store is told there
    params: dict[str, Any]  # as the store keeps them
    flags: dict[str, Any]
    inputs: dict[str, str]


def prepared(request: Request) -> Ready:
    """Understand a request; what is wrong with it raises, and nothing has been made."""
    if not request.program:
        raise UsageError("there is no command to run", hint="runlog run -- python train.py")
    if request.name is not None:
        layout.check_run_name(request.name)
    given = words.read_params(request.params_files, request.params)
    params = words.settled(given)
    typed = list(request.program)
    command = words.fill(typed, params)
    if not command[0]:
        raise UsageError("the program to run has no name: it is the empty text", hint="runlog run -- python train.py")
    flags = _flags(command, params) if request.flags else {}
    return Ready(typed, command, given, params, flags, _inputs(request.inputs))


def run_program(request: Request, ready: Ready | None = None) -> tuple[Run, Outcome]:
    """Run a program to its end in the caller's folder, and end the run as the program ended.

    What is wrong with the request raises before anything is made. From then on the program runs and its status is returned,
    whatever becomes of the tracking. A request that was prepared already is not read again: a pipe gives its params once.
    """
    ready = ready or prepared(request)
    tags = dict(words.read_tag(text) for text in request.tags)
    if request.strict_git:
        coding.refuse_uncommitted()
    listener = _listener(request)
    run = begin_command(
        ready.command,
        request.experiment,
        request.name,
        {**ready.given, **ready.flags},
        tags,
        request.note,
        parent=request.parent,
        typed=ready.typed,
        flags=list(ready.flags),
        options=request.options(),
        repeats=request.repeats,
    )
    try:
        for name, path in ready.inputs.items():
            run.use_data(path, name, progress=request.progress)
        outcome = _run(run, ready.command, ready.params, request.terminal, listener)
    except BaseException as error:
        left = ending.of_exception(error)
        run.finish(left.state, exit_code=left.exit_code, signal=left.signal, error=left.error)
        raise
    _end(run, outcome, request.artifacts)
    return run, outcome


def _flags(command: Sequence[str], params: Mapping[str, Any]) -> dict[str, Any]:
    from runlog.tracking.command.flags import read_flags

    taken = {name.replace("-", "_") for name in params}
    return {name: value for name, value in read_flags(command).items() if name not in taken}


def _inputs(given: Sequence[str]) -> dict[str, str]:
    """Where each input lies. One that is not there is a slip of the pen, and nothing has been run yet."""
    found = dict(words.pair("--input", text, "runlog run --input train=data.csv -- <command>") for text in given)
    for name, path in found.items():
        layout.check_key("input", name)
        if not os.path.exists(path):
            raise BadInput(f"there is no file {path!r} to be input {name!r}")
    return found


def _listener(request: Request) -> Callable[[Run], Scraper] | None:
    """What reads metrics out of the output, if that was asked for."""
    if not request.metric_patterns and not request.metrics_from_output:
        return None
    from runlog.tracking.command import scraping

    patterns = [scraping.compiled(pattern) for pattern in request.metric_patterns]
    return lambda run: scraping.Scraper(run.log_metrics, patterns, request.metrics_from_output)


def _run(
    run: Run,
    command: Sequence[str],
    params: Mapping[str, Any],
    terminal: bool,
    listener: Callable[[Run], Scraper] | None,
) -> Outcome:
    scraper = listener(run) if listener and not run.untracked else None
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(words.PREFIX)}
    folder = None if run.untracked else run.path / layout.OUTPUT
    stage = Stage(folder, terminal, lambda: _guarded(run, scraper.stream()) if scraper else None, run.trouble)
    outcome = run_to_end(command, {**inherited, **_variables(run, params), **run.environment}, stage)
    if scraper is not None:
        _guarded(run, lambda _: scraper.close())(b"")
    return outcome


def _variables(run: Run, params: Mapping[str, Any]) -> dict[str, str]:
    """The params as the program sees them. The run is there by now, so nothing here may keep the program from starting."""
    try:
        found, left_out = words.variables(params)
    except Exception as error:
        run.trouble(error)
        return {}
    for problem in words.shared(params):
        run.trouble(BadInput(f"{problem}; runlog.params() has all params"))
    if left_out:
        run.trouble(BadInput(f"cannot be variables of the environment: {', '.join(left_out)}; runlog.params() has all params"))
    return found


def _guarded(run: Run, hear: Hear) -> Hear:
    """What goes wrong in looking for metrics must not stop the output."""
    broken = False

    def heard(data: bytes) -> None:
        nonlocal broken
        try:
            if not broken:
                hear(data)
        except Exception as error:
            broken = True
            run.trouble(error)

    return heard


def _end(run: Run, outcome: Outcome, patterns: Sequence[str]) -> None:
    try:
        if not run.untracked and outcome.error is None:
            _keep(run, patterns)
    except KeyboardInterrupt:
        run.trouble(BadInput("interrupted before all artifacts were kept"))
    except Exception as error:
        run.trouble(error)
    run.finish(
        outcome.state,
        exit_code=outcome.status,
        signal=outcome.signal,
        error=outcome.error,
        resources=outcome.resources or None,
    )


def _keep(run: Run, patterns: Sequence[str]) -> None:
    """Copy in what the patterns fit now. That nothing does is worth a note, and no reason to fail what has been done."""
    kept: dict[str, Path] = {}
    for pattern in patterns:
        found = sorted(_files(pattern, run.store.root), key=lambda item: item[0])
        if not found:
            run.trouble(BadInput(f"--artifact {pattern!r} fits no file"))
        for place, source, note in found:
            if place not in kept:
                if run.keep_found(source, place, str(source), note):
                    kept[place] = source
            elif not _are_same(kept[place], source):
                run.leave_out(source, f"{str(source)!r} is not kept: another file has its name {place!r} already")


def _are_same(one: Path, other: Path) -> bool:
    return os.path.abspath(one) == os.path.abspath(other) or (os.path.exists(other) and os.path.samefile(one, other))


def _files(pattern: str, store: Path) -> Iterator[tuple[str, Path, str | None]]:
    """(place in the run, file, note) of what a pattern fits: files, and all that is in folders. A store is no part of a run."""
    pattern = os.path.expanduser(pattern)
    # A file may be named like a pattern.
    for match in list(matches(pattern)) or ([Match(pattern, True)] if os.path.lexists(pattern) else []):
        path, whole = Path(match.path), Path(os.path.abspath(match.path))
        # What lies outside of the caller's folder has no place of its own in the run.
        place = whole.relative_to(Path.cwd()).as_posix() if whole.is_relative_to(Path.cwd()) else whole.name
        if match.is_not_followed or not os.path.isdir(path):
            yield place, path, LINK if os.path.islink(path) else None
            continue
        try:
            inside = list(walk(path, store))
        except BadInput:
            yield place, path, None  # whoever opens it will say why that cannot be
            continue
        for file, below, note in inside:
            yield (below if place == "." else f"{place}/{below}"), file, note
