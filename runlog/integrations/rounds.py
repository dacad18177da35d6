"""What happens around a function that trains in rounds: its params are logged, and a listener is put among its callbacks, where
the function still takes any."""

from __future__ import annotations

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from runlog.integrations.parts import log_params, plain_arguments
from runlog.integrations.settings import Settings
from runlog.integrations.trouble import guarded
from runlog.integrations.watching import run_for_rounds, watch
from runlog.tracking.run import Run


class Ear(Protocol):
    """A callback of a framework's kind that logs, and knows whether it was ever called."""

    called: bool


class Training(ABC):
    """One call of a function that trains in rounds."""

    name: str
    names: frozenset[str]
    subject: Any = None
    beside: frozenset[str]  # its arguments that are no params

    def __init__(self, original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        bound = inspect.signature(original).bind(*args, **kwargs)
        bound.apply_defaults()
        self.given = bound.arguments

    def before(self, run: Run) -> None:
        with guarded(f"the params of {self.name} are", run):
            log_params(run, {**plain_arguments(self.given, self.beside), **dict(self.given["params"])})

    @abstractmethod
    def after(self, run: Run, settings: Settings, result: Any) -> None:
        """Log what came of it."""


def train(
    training: type[Training], make: Callable[[Run], Ear], original: Callable[..., Any], /, *args: Any, **kwargs: Any
) -> Any:
    """Train, watched, with an ear that hears of the rounds."""
    return watch(
        functools.partial(training, original, args, kwargs),
        functools.partial(_heard, training.name, make, original, *args, **kwargs),
    )


def _heard(what: str, make: Callable[[Run], Ear], original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Train, with an ear among the callbacks if there is a run to log rounds into.

    A library that does not know our ear any more refuses it before the first round; then it is asked again just as it was.
    """
    plain = functools.partial(original, *args, **kwargs)
    run = run_for_rounds()
    ear: Ear | None = None
    more: dict[str, Any] = {}
    if run is not None:
        with guarded(f"the rounds of {what} are", run):
            bound = _with_callbacks(original, args, kwargs)
            ear = make(run)
            more = {"callbacks": [ear, *bound]}
    if ear is None:
        return plain()
    try:
        return original(*args, **{**kwargs, **more})
    except Exception as error:
        if ear.called or run is None:
            raise
        result = plain()
        with guarded(f"the rounds of {what} are", run):
            raise error
        return result


def _with_callbacks(original: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterable[Any]:
    """The callbacks that were given by name."""
    parameters = inspect.signature(original).parameters
    if "callbacks" not in parameters:
        raise TypeError("it takes no callbacks")
    if "callbacks" not in kwargs and "callbacks" in inspect.signature(original).bind(*args, **kwargs).arguments:
        raise TypeError("its callbacks are given by place")
    given: Iterable[Any] | None = kwargs.get("callbacks")
    return [] if given is None else list(given)
