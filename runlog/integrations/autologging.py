"""`runlog.autolog()`: what scikit-learn, XGBoost and LightGBM fit is logged without a word more."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from types import ModuleType, TracebackType
from typing import Self

from runlog.errors import UsageError
from runlog.integrations import lightgbm, sklearn, xgboost
from runlog.integrations.importing import Heard, Listener
from runlog.integrations.patches import Patches
from runlog.integrations.settings import Settings, become, current
from runlog.integrations.trouble import guarded
from runlog.tracking.warning import warn

_lock = threading.RLock()
_patches = Patches()
_LIBRARIES = ("sklearn", "xgboost", "lightgbm")
_LIKENESS = 0.7  # scikit-learn is like sklearn, and catboost is not like xgboost
_WHAT = {
    "sklearn.base": sklearn.patch_estimators,
    "sklearn.model_selection._validation": sklearn.patch_validation,
    "xgboost": xgboost.patch,
    "lightgbm": lightgbm.patch,
}


class Autolog:
    """What `autolog()` began. It goes on until `autolog(False)`; in a `with` block, until that ends."""

    def __init__(self, before: Settings | None) -> None:
        self._before = before

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        _switch(self._before)


def autolog(
    on: bool = True,
    /,
    *,
    models: bool = True,
    examples: bool = False,
    several: bool = False,
    exclude: str | Iterable[str] = (),
) -> Autolog:
    """Log what scikit-learn, XGBoost and LightGBM fit from now on: params, metrics, importances of features, and the model.

    A fit is logged into the active run; without one it makes a run of its own. With `several` each fit makes one, which is a
    child of the active run. `exclude` names libraries and classes that are left out, `examples` keeps some rows of the input
    beside the model. `autolog(False)` ends it and gives the libraries back as they were; so does the end of a `with` block.
    """
    if not isinstance(on, bool):
        raise UsageError(f"autolog takes True or False, not {on!r}", hint="runlog.autolog(exclude=['xgboost'])")
    for name, value in {"models": models, "examples": examples, "several": several}.items():
        if not isinstance(value, bool):
            raise UsageError(f"{name} is True or False, not {value!r}", hint=f"runlog.autolog({name}=True)")
    excluded = frozenset([exclude] if isinstance(exclude, str) else exclude)
    _tell_of_slips(excluded)
    with _lock:
        before = current()
        _switch(Settings(models, examples, several, excluded) if on else None)
        return Autolog(before)


def _tell_of_slips(excluded: Iterable[str]) -> None:
    """Warn of what looks like a library and is only nearly one. Classes, and other libraries that fit so, may have any name."""
    import difflib

    for word in sorted(excluded, key=repr):
        if not isinstance(word, str):
            raise UsageError(f"exclude takes names, not {word!r}", hint="runlog.autolog(exclude=['xgboost'])")
        near = difflib.get_close_matches(word, _LIBRARIES, n=1, cutoff=_LIKENESS)
        if near and word.partition(".")[0] not in _LIBRARIES:
            warn(f"autolog: exclude names {word!r}, which is no library that autolog knows: did you mean {near[0]!r}?")


def _switch(settings: Settings | None) -> None:
    with _lock:
        become(settings)
        _listener.stop()
        if settings is None:
            _patches.undo()
        else:
            _listener.listen()


def _patching(name: str) -> Heard:
    def patch(module: ModuleType) -> None:
        with _lock, guarded(f"what {name.partition('.')[0]} fits is"):
            if current() is not None and _patches.first(module):
                _WHAT[name](_patches, module)

    return patch


_listener = Listener({name: _patching(name) for name in _WHAT})


def _renew_lock() -> None:
    """In a forked child another thread of the parent may have held it."""
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_renew_lock)
