"""The libraries that models come from: one file each, all with the same five names."""

from __future__ import annotations

from typing import Any, Protocol

from runlog.errors import BadInput, UsageError
from runlog.models.card import Card
from runlog.models.flavors import files, function, lightgbm, onnx, pyfunc, pytorch, sklearn, xgboost
from runlog.models.flavors.words import Call, How, Saved


class Flavor(Protocol):
    """What each of the files offers."""

    NAME: str

    def fits(self, model: Any) -> bool:
        """Whether it is for this object. Imports nothing."""

    def save(self, model: Any, how: How) -> Saved:
        """Write the object into a folder."""

    def load(self, card: Card, trust: bool) -> Any:
        """The object of a folder."""

    def caller(self, model: Any) -> Call | None:
        """How the object is asked for predictions, if it can be."""


# The first that fits is the one: XGBoost's estimators are scikit-learn's, too, and nearly everything can be called.
_ALL: list[Flavor] = [xgboost, lightgbm, pytorch, onnx, sklearn, files, function]
NAMES = [flavor.NAME for flavor in _ALL]


def named(name: str) -> Flavor:
    """The flavour of a name."""
    for flavor in _ALL:
        if name == flavor.NAME:
            return flavor
    raise UsageError(f"there is no flavor {name!r}", hint=f"one of {', '.join(NAMES)}")


def wanted(name: str, model: Any) -> Flavor:
    """The flavour of a name, if it can keep an object."""
    flavor = named(name)
    if not flavor.fits(model):
        fitting = next((other.NAME for other in _ALL if other.fits(model)), None)
        hint = f"flavor={fitting!r}, or none at all" if fitting else None
        raise BadInput(f"{type(model).__name__} is no {name} model", hint=hint)
    return flavor


def of_model(model: Any) -> Flavor:
    """The flavour of an object, found by looking at it."""
    for flavor in _ALL:
        if flavor.fits(model):
            return flavor
    raise BadInput(
        f"{type(model).__name__} is no model: it has no predict and cannot be called",
        hint="log a trained estimator, a module, a function, or the folder it was saved to",
    )


def of_card(card: Card) -> Flavor:
    """The flavour that can load a folder."""
    own = card.config("runlog").get("flavor")
    if own is not None:
        return named(str(own))
    for flavor in _ALL:
        if flavor.NAME in card.flavors:
            return flavor
    if "python_function" in card.flavors:
        return pyfunc
    names = ", ".join(card.flavors) or "no flavor at all"
    raise BadInput(f"{str(card.folder)!r} holds a model of {names}, and runlog loads {', '.join(NAMES)}")
