"""One fit while it is watched: the run it belongs to, and that nothing done for the log is felt by the program."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from runlog.errors import BadInput
from runlog.integrations.settings import Settings, current
from runlog.integrations.trouble import guarded, tell
from runlog.store import layout
from runlog.tracking.active import active_run, given_run
from runlog.tracking.run import Run
from runlog.tracking.start import start_run

T = TypeVar("T")


class Study(Protocol):
    """What a framework's own file knows about one fit."""

    name: str  # of what is fitted, for people
    names: frozenset[str]  # by which it may be excluded
    subject: Any  # the object that is fitted; none for a function that trains

    def before(self, run: Run) -> None:
        """Log what is known before the fit."""

    def after(self, run: Run, settings: Settings, result: Any) -> None:
        """Log what came of it."""


class _Fit:
    """A fit that goes on: what is fitted, and the run it is logged into."""

    def __init__(self, subject: Any, run: Run | None) -> None:
        self.subject = subject
        self.run = run


# The fits around what this thread or task does now, the outermost first.
_fits: ContextVar[tuple[_Fit, ...]] = ContextVar("runlog_autolog_fits", default=())


def watch(study: Callable[[], Study], call: Callable[[], T]) -> T:
    """Do a fit, and log it if it is one to be logged: the outermost, of nothing excluded, and in no worker of joblib's."""
    settings = current()
    if settings is None or _is_a_worker():
        return call()
    made: Study | None = None
    with guarded("a fit"):
        made = study()
    if made is None or _is_going_on(made.subject):
        return call()
    if _fits.get() or made.names & settings.exclude:
        return _do(_Fit(made.subject, None), call)
    run, own = _run_for(made, settings)
    if run is None or (run.untracked and not own):
        return call()
    with _finishing(run, own):
        with guarded(f"what is known of {made.name} before it is fitted is", run):
            made.before(run)
        result = _do(_Fit(made.subject, run), call)
        with undisturbed(), guarded(f"what came of {made.name} is", run):
            made.after(run, settings, result)
    return result


def quietly(original: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """A function whose inner fits are no runs, as those of a cross validation."""
    return original(*args, **kwargs) if current() is None else _do(_Fit(None, None), lambda: original(*args, **kwargs))


def run_for_rounds() -> Run | None:
    """The run that the rounds of a training are logged into: that of the fit which trains just once, by itself or as the end of
    a pipeline. The trainings inside of a search are none of the run's rounds."""
    fits = _fits.get()
    if not fits or current() is None or any(type(fit.subject).__name__ != "Pipeline" for fit in fits[:-1]):
        return None
    return fits[0].run


def _do(fit: _Fit, call: Callable[[], T]) -> T:
    token = _fits.set((*_fits.get(), fit))
    try:
        return call()
    finally:
        _fits.reset(token)


def _is_going_on(subject: Any) -> bool:
    """Whether an object's fit calls another of its own: that of the class above, `fit` from `fit_predict`, or a function that
    trains."""
    return bool(_fits.get()) if subject is None else any(fit.subject is subject for fit in _fits.get())


def _is_a_worker() -> bool:
    """Whether this is one of the threads or processes in which joblib does parts of something greater."""
    parallel: Any = sys.modules.get("joblib.parallel")
    if parallel is None:
        return False
    try:
        return bool(parallel.get_active_backend()[0].nesting_level)
    except Exception:  # an inside of joblib's, which may change
        return False


def _run_for(study: Study, settings: Settings) -> tuple[Run | None, bool]:
    """The run to log into, and whether it is the fit's own, that ends with it."""
    with guarded(f"a fit of {study.name} is"):
        around = active_run() or _joined()
        if around is not None and not settings.several:
            return around, False
        return start_run(name=_run_name(study), nested=True if around is not None else None), True
    return None, False


def _run_name(study: Study) -> str | None:
    """What is fitted, where a run may be called so."""
    try:
        return layout.check_name("run name", study.name)
    except BadInput:
        return None


def _joined() -> Run | None:
    """The run that the surrounding process opened for this one, which goes on when the fit has ended."""
    return start_run() if given_run() is not None else None


@contextlib.contextmanager
def _finishing(run: Run, own: bool) -> Iterator[None]:
    """End a run that is the fit's own, whichever way the fit ends."""
    try:
        yield
    except BaseException as error:
        if own:
            with guarded("the end of a run is"):
                run.__exit__(type(error), error, error.__traceback__)
        raise
    if own:
        with guarded("the end of a run is"):
            run.finish()


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Leave the random numbers that the program draws next as they are: a model may draw some when it predicts."""
    numpy: Any = sys.modules.get("numpy.random")
    before, numpys = random.getstate(), None
    with guarded("the state of random numbers is"):
        numpys = numpy.get_state() if numpy else None
    try:
        yield
    finally:
        random.setstate(before)
        if numpys is not None:
            numpy.set_state(numpys)


__all__ = ["Study", "guarded", "quietly", "run_for_rounds", "tell", "undisturbed", "watch"]
