"""The run that is being written: its verbs, and the promise that none of them breaks the job."""

from __future__ import annotations

import contextlib
import functools
import os
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, Self, TypeVar

from runlog.errors import BadInput, BadValue, UsageError
from runlog.records import State
from runlog.store import artifacts, layout
from runlog.store.rundir import RunDir
from runlog.store.store import Store
from runlog.store.stored import StoredRun
from runlog.tracking import afterwards, discretion, ending, filing, media
from runlog.tracking.paths import destination, given_path
from runlog.tracking.values import check_mapping, flat, to_number, to_param, to_step, to_tag, to_time
from runlog.tracking.voice import Voice

if TYPE_CHECKING:
    from runlog.store.data import Progress
    from runlog.tracking.values import Named

P = ParamSpec("P")
T = TypeVar("T")
Role = Literal["main", "side"]
Final = Literal["finished", "failed", "killed"]
_FINAL: dict[str, Final] = {"finished": "finished", "failed": "failed", "killed": "killed"}


def verb(method: Callable[Concatenate[Run, P], T]) -> Callable[Concatenate[Run, P], T | None]:
    """A verb of a run: what goes wrong in it is told once and recorded, and the job goes on. Strict runs raise."""

    @functools.wraps(method)
    def guarded(self: Run, /, *args: P.args, **kwargs: P.kwargs) -> T | None:
        try:
            if self.untracked:
                return None
            self._must_be_open()
            return method(self, *args, **kwargs)
        except Exception as error:
            self._voice.failed(error)
            return None

    return guarded


class Run:
    """A run while it lives. Threads may share it; a forked child that logs does so in a file of its own."""

    def __init__(self, store: Store, folder: RunDir, role: Role, strict: bool, steps: dict[str, int] | None = None) -> None:
        self.store = store
        self.id = folder.id
        self.path: Path = folder.path
        self.experiment: str | None = None  # as far as this process knows
        self.strict = strict
        self.untracked = False
        self.role: Role = role
        self.entered = False  # opened by `with`
        self.withheld: dict[str, Any] = {}  # params that its documents do not show, as they are
        self.inherited = False  # by a fork, from the process that opened it
        self.thread = 0  # where it was opened
        self.task: Callable[[], Any] | None = None
        self.state: State = "running"
        self._dir = folder
        self._voice = Voice(folder, self._opening, strict, steps)
        self._shelf = artifacts.Shelf(folder, fresh=role == "main" and steps is None, resumed=steps is not None)
        self._is_durable = False  # the birth of the run; the first beat makes it so
        self._point: Callable[..., None] = self._voice.log.point
        self._points: Callable[..., None] = self._voice.log.points
        self._at_end: list[Callable[[], None]] = []

    def log_metric(self, name: str, value: Any, step: Any = None, *, at: Any = None) -> None:
        """Log one point. It survives a kill from the moment this returns. Without a step, it stands after the highest so far."""
        try:
            if type(value) is not float:
                value = self._number(name, value)
            if step is not None and type(step) is not int:
                step = to_step(step)
            self._point(name, value, step, None if at is None else to_time(at))
        except OSError as error:
            self._voice.failed(error, functools.partial(self._late_point, name, value, step, _moment(at)))
        except struct.error:
            self._voice.failed(BadValue(f"a step must fit 64 bits, got {step}"))
        except Exception as error:
            self._voice.failed(error)

    def log_metrics(self, values: Mapping[str, Any], step: Any = None, *, at: Any = None) -> None:
        """Log points of several metrics at one step: all of them are kept or none."""
        try:
            if not values:
                return
            if type(values) is not dict or set(map(type, values.values())) != _ONLY_FLOATS:
                values = self._numbers(check_mapping("metrics", values))
            if step is not None and type(step) is not int:
                step = to_step(step)
            self._points(values, step, None if at is None else to_time(at))
        except OSError as error:
            self._voice.failed(error, functools.partial(self._late_points, dict(values), step, _moment(at)))
        except struct.error:
            self._voice.failed(BadValue(f"a step must fit 64 bits, got {step}"))
        except Exception as error:
            self._voice.failed(error)

    def _number(self, name: str, value: Any) -> float:
        kept = to_number(name, value)
        if kept.note:
            self._voice.note_problem(f"number:{name}", kept.note)
        return float(kept.value)

    def _numbers(self, values: Mapping[Any, Any]) -> dict[str, float]:
        for name in values:
            if type(name) is not str:
                layout.check_key("metric", name)
        return {name: self._number(name, value) for name, value in flat(values)}

    def _late_point(self, name: str, value: float, step: int | None, at: int) -> None:
        self._voice.log.point(name, value, step, at)

    def _late_points(self, values: dict[str, float], step: int | None, at: int) -> None:
        self._voice.log.points(values, step, at)

    @verb
    def log_param(self, name: str, value: Any) -> None:
        """Record a param. Setting it again changes it; the run remembers the earlier values."""
        self._log_params({name: value})

    @verb
    def log_params(self, params: Named) -> None:
        """Record params; nested ones get dotted names."""
        self._log_params(params)

    def _log_params(self, params: Named) -> None:
        for name, value in flat(check_mapping("params", params)):
            with self._guarding():
                kept = to_param(layout.check_key("param", name), value)
                if kept.note:
                    self._voice.note_problem(f"param:{name}", kept.note)
                self._voice.say("param", name, kept.value)

    @verb
    def set_tag(self, key: str, value: Any = "") -> None:
        """Tag the run. Tags are text; a tag may be bare."""
        self._voice.say("tag", layout.check_key("tag", key), to_tag(key, value))

    @verb
    def set_tags(self, tags: Mapping[str, Any]) -> None:
        """Tag the run, several at once."""
        for key, value in check_mapping("tags", tags).items():
            with self._guarding():
                self._voice.say("tag", layout.check_key("tag", key), to_tag(key, value))

    @verb
    def remove_tag(self, key: str) -> None:
        """Take a tag off."""
        self._voice.say("untag", layout.check_key("tag", key), None)

    @verb
    def set_note(self, text: str) -> None:
        """Say in a sentence what this run is about."""
        self._voice.say("note", "", str(text))

    @verb
    def set_name(self, name: str) -> None:
        """Name the run for people."""
        text = layout.check_name("run name", name)
        if problem := layout.unreachable(text):
            self._voice.note_problem(problem, problem)
        self._voice.say("name", "", text)

    @verb
    def set_experiment(self, experiment: str) -> None:
        """Count the run to another experiment; its folder stays where it was born."""
        self._voice.say("experiment", "", layout.check_experiment(experiment))
        self.experiment = experiment

    @contextlib.contextmanager
    def _guarding(self) -> Iterator[None]:
        """One of several: what goes wrong with it is told, and the others go on."""
        try:
            yield
        except Exception as error:
            self._voice.failed(error)

    @verb
    def log_artifact(self, source: str | os.PathLike[str], to: str | None = None) -> None:
        """Keep a file, or a folder's files but the store's own. `to` is its place in the run; `dir/` is a folder for it."""
        path = given_path(source)
        target = destination(path, None if to is None else layout.path_text("artifact path", to))
        if not os.path.isdir(path):
            self._keep(path, layout.check_artifact_path(target), None)
        elif (left := filing.keep_folder(self, path, target)) and self.strict:
            raise BadInput(f"not all files of {artifacts.named(path)} are kept: {left} cannot be")

    def keep_found(self, file: Path, place: str, name: str, note: str | None) -> bool:
        """Keep one of many files. What keeps it from being kept is told, the others go on, and the answer is false."""
        try:
            if note and os.path.isdir(file):
                self.leave_out(file, f"{name!r} is a link to a folder and was not followed")
            else:
                self._keep(file, layout.check_artifact_path(place), note)
            return True
        except BadInput as error:
            self.leave_out(file, error.message)
        except Exception as error:
            self._voice.failed(error)
        return False

    def leave_out(self, file: Path, why: str) -> None:
        """Tell of a file that is not kept, once for each."""
        self._voice.note_problem(f"file:{file}", why)

    def _keep(self, source: Path, path: str, note: str | None) -> None:
        self._kept(self._shelf.keep_file(source, path), note)

    def _kept(self, copied: artifacts.Copied, note: str | None = None) -> None:
        with self._shelf.lock:
            if self._voice.say("artifact", copied.path, filing.entry(copied, note)):
                self._shelf.said(copied)

    def _keep_bytes(self, data: bytes, path: str) -> None:
        self._kept(self._shelf.keep_bytes(data, layout.check_artifact_path(path)))

    @verb
    def log_text(self, text: str, path: str) -> None:
        """Keep a text as a file."""
        self._keep_bytes(str(text).encode("utf-8", "surrogateescape"), path)

    @verb
    def log_dict(self, value: Any, path: str) -> None:
        """Keep plain data as a JSON file."""
        data = media.json_bytes(value, lambda note: self._voice.note_problem(f"{path}: {note}", f"{path}: {note}"))
        self._keep_bytes(data, path)

    log_json = log_dict

    @verb
    def log_figure(self, figure: Any, path: str) -> None:
        """Keep a figure of matplotlib or plotly; the ending of the path is its format."""
        self._keep_bytes(media.figure_bytes(figure, path), path)

    @verb
    def log_image(self, image: Any, path: str) -> None:
        """Keep a picture: a PIL image, or an array of pixels."""
        self._keep_bytes(media.image_bytes(image, path), path)

    @verb
    def log_table(self, table: Any, path: str) -> None:
        """Keep a table as .parquet, .csv or .json: a frame, an Arrow table, columns by name, or a list of rows."""
        self._keep_bytes(media.table_bytes(table, path), path)

    @verb
    def log_model(
        self,
        model: Any,
        name: str = "model",
        *,
        example: Any = None,
        signature: Any = None,
        flavor: str | None = None,
        pickle: bool | None = None,
        requirements: Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Keep a trained model, in a format that is safe to load where there is one; its path in the run. `pickle=False` refuses
        any other, `pickle=True` asks for it."""
        from runlog.tracking.modeling import Options, keep

        said = Options(example, signature, flavor, pickle, requirements, metadata)
        return keep(self, model, name, said, lambda source, path: self._keep(source, path, None))

    @verb
    def use_data(self, path: str | os.PathLike[str], name: str | None = None, *, progress: Progress | None = None) -> None:
        """Record a file or folder as an input of this run by size and hash; nothing is copied. That it changes is noted."""
        from runlog.tracking.inputs import used

        key, entry, changed = used(self.store, path, name, progress)
        self._voice.say("input", key, entry)
        self.at_end(lambda: self.trouble(BadInput(problem)) if (problem := changed()) else None)

    @verb
    def use_model(self, what: str | os.PathLike[str]) -> Path:
        """Record a model as an input of this run: `duration@production`, a run, `RUN/path` or a folder; where it lies."""
        from runlog.tracking.inputs import used_model

        folder, key, entry = used_model(self.store, what)
        self._voice.say("input", key, entry)
        return folder

    def finish(
        self,
        state: Final = "finished",
        *,
        exit_code: int | None = None,
        signal: str | None = None,
        error: BaseException | None = None,
        resources: Mapping[str, float] | None = None,
    ) -> None:
        """End the run and turn its log into documents. Calling it again does nothing."""
        if self.state != "running":
            return
        state = self._final(state)
        for step in self._at_end:
            try:
                step()
            except Exception as failure:
                self.trouble(failure)
        value: dict[str, Any] = {"role": self.role, "state": state, "exit_code": exit_code, "signal": signal}
        value["error"] = ending.describe(error) if error else None
        value["resources"] = dict(resources) if resources else None
        ending.closed(self)
        try:
            if not self.untracked:
                self._end(value)
        except Exception as failure:
            self._voice.failed(failure)
        finally:
            self.state = state
            self._voice.is_mute = True
            self._voice.log.close()  # also when the end could not be said
            self._point = self._points = self._refuse

    def _final(self, state: str) -> Final:
        if known := _FINAL.get(str(state).lower()):
            return known
        self._voice.failed(UsageError(f"a run ends as finished, failed or killed, not as {state!r}"))
        return "finished"

    def _end(self, value: dict[str, Any]) -> None:
        if self.role == "side" and not self._voice.has_spoken:
            return
        written = self._voice.end({key: item for key, item in value.items() if item is not None})
        over = self._dir.settle(closed=written, drop=False)
        afterwards.drop_logs(self.store, self._dir, over)

    def say_last(self, value: dict[str, Any]) -> None:
        """The end in one line, for a process that a signal is about to end: whoever opens the store next does the rest."""
        if self.state == "running" and not self.untracked and (self.role == "main" or self._voice.has_spoken):
            self._voice.say_last({"role": self.role, **value})

    def at_end(self, step: Callable[[], None]) -> None:
        """Do something before the run ends."""
        self._at_end.append(step)

    def __enter__(self) -> Self:
        self.entered = True
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        how = ending.of_exception(error)
        self.finish(how.state, exit_code=how.exit_code, signal=how.signal, error=how.error)

    def read(self) -> StoredRun:
        """The run as anyone reads it now."""
        return StoredRun(self._dir)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to know to log into this run."""
        if self.untracked:
            return {"RUNLOG_METRICS": os.devnull}  # so that a shell script can go on appending
        return {
            "RUNLOG_STORE": str(self.store.root),
            "RUNLOG_RUN_ID": self.id,
            "RUNLOG_RUN_DIR": str(self.path),
            "RUNLOG_METRICS": str(self._voice.door),
            **discretion.variable(self.id, self.withheld),
        }

    def __repr__(self) -> str:
        return f"<run {self.id} {'untracked' if self.untracked else self.state}>"

    def _repr_html_(self) -> str:
        return repr(self).replace("<", "&lt;") if self.untracked else self.read()._repr_html_()

    def begin(self, log_now: bool) -> None:
        """Open the log now, or with the first word."""
        if log_now:
            self._voice.log.begin()

    def beat(self) -> str | None:
        """Called every few seconds by a thread of its own: bring everything to the disk, and say that the process lives.
        Returns the writer of a log that has grown long enough to become Parquet."""
        if self.untracked:
            return None
        if self.role == "main" and not self._is_durable:
            self._dir.sync_birth()
            self._is_durable = True
        try:
            return self._voice.beat()
        finally:
            if self._voice.is_gone:
                self.make_untracked()
                self._voice.log.close()

    def trouble(self, error: Exception) -> None:
        """Something beside the verbs went wrong: told once and recorded, never raised."""
        self._voice.trouble(error)

    def forked(self) -> None:
        """In the child of a fork: a helper of the run, with a log of its own, that cannot end it."""
        self.role = "side"
        self.inherited = True
        self._at_end.clear()
        self._shelf.forked()
        self._voice.forked()

    def share_door(self, door: Path) -> None:
        """Let programs below go on using the door that the surrounding process opened, for that one also dates its lines."""
        if door.parent == self._dir.live:
            self._voice.door = door

    def __reduce__(self) -> tuple[Any, ...]:
        """A process that is handed a run helps in it, as one that finds it in its environment does."""
        from runlog.tracking.start import handed_over

        return handed_over, (str(self.store.root), self.id, self.strict)

    def make_untracked(self) -> None:
        """Swallow everything: no store could be written, and the job matters more."""
        self.untracked = True
        self._voice.is_mute = True
        self._point = self._points = _swallow

    def _opening(self) -> dict[str, Any]:
        return ending.opening(self.role)

    def _must_be_open(self) -> None:
        if self.state != "running":
            self._refuse()

    def _refuse(self, *_: Any) -> None:
        raise UsageError(f"run {self.id} has ended, nothing more can be logged into it", hint="start_run(run_id=...) resumes it")


_ONLY_FLOATS = {float}


def _swallow(*_: Any) -> None:
    return None


def _moment(at: Any) -> int:
    return time.time_ns() if at is None else to_time(at)
