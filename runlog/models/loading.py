"""A model folder as the object it was, or as something to ask for predictions. Nothing in it runs unless it is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runlog.errors import BadInput
from runlog.models import flavors
from runlog.models.card import Card, read_card
from runlog.models.flavors import pyfunc
from runlog.models.flavors.words import Call
from runlog.models.trust import is_trusted


class Predictor:
    """A loaded model, asked for predictions in the same way whatever library it is from."""

    def __init__(self, card: Card, native: Any) -> None:
        self.card = card
        self.native = native
        self._call = flavors.of_card(card).caller(native)

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """What the model makes of a frame, an array, a list or a mapping of arrays. Of a frame it is given the columns that its
        signature names, in that order."""
        return self.must_predict()(self._ordered(data), self._params(params))

    def must_predict(self) -> Call:
        """How it is asked; refuse a model that cannot be."""
        if self._call is None:
            raise BadInput(f"{str(self.card.folder)!r} makes no predictions: it holds {self.card.flavor}")
        return self._call

    def _ordered(self, data: Any) -> Any:
        columns = self.card.signature.columns if self.card.signature else None
        if columns is None or not hasattr(data, "iloc") or not hasattr(data, "columns"):
            return data
        there = {str(name): name for name in data.columns}
        specs = self.card.signature.inputs or [] if self.card.signature else []
        optional = {str(spec["name"]) for spec in specs if spec.get("required") is False or spec.get("optional")}
        missing = [name for name in columns if name not in there and name not in optional]
        if missing:
            raise BadInput(
                f"the model takes a column {missing[0]!r}, and the data has none", hint=f"it takes {', '.join(columns)}"
            )
        return data[[there[name] for name in columns if name in there]]

    def _params(self, given: Mapping[str, Any] | None) -> dict[str, Any]:
        """Those that the signature knows, with their defaults."""
        known = self.card.signature.params if self.card.signature else None
        defaults = {str(spec["name"]): spec.get("default") for spec in known or []}
        return {**defaults, **(given or {})}

    def __repr__(self) -> str:
        return f"<model {self.card.flavor} {self.card.folder}>"


def load_native(folder: Path, *, trust: bool = False) -> Any:
    """The object that was saved: an estimator, a booster, a module, a graph, a function; of mere files, their path."""
    return _load(read_card(Path(folder)), trust)


def load_predictor(folder: Path, *, trust: bool = False) -> Predictor:
    """The model of a folder, to be asked for predictions."""
    card = read_card(Path(folder))
    return Predictor(card, _load(card, trust))


def _load(card: Card, trust: bool) -> Any:
    trusted = is_trusted(card.folder, trust)
    if trusted and "runlog" not in card.flavors:
        for config in card.flavors.values():
            pyfunc.add_code(card, config)
    return flavors.of_card(card).load(card, trusted)
