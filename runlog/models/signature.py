"""What a model takes and gives, in the words of MLflow: columns with types, or tensors with shapes."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from runlog.errors import BadInput

Specs = list[dict[str, Any]]


class Signature(NamedTuple):
    """The specs of inputs, outputs and params; none where nothing is known."""

    inputs: Specs | None
    outputs: Specs | None = None
    params: Specs | None = None

    def document(self) -> dict[str, str | None]:
        """As an MLmodel file has it: each part is JSON inside of a text."""
        return {name: None if part is None else json.dumps(part, ensure_ascii=False) for name, part in self._asdict().items()}

    @property
    def columns(self) -> list[str] | None:
        """The names of the columns it takes, if they have names."""
        names = [spec.get("name") for spec in self.inputs or [] if spec.get("type") != "tensor"]
        return [str(name) for name in names] if names and all(name is not None for name in names) else None

    @property
    def takes_tensors(self) -> bool:
        return bool(self.inputs) and all(spec.get("type") == "tensor" for spec in self.inputs or [])


def of_document(document: Any) -> Signature | None:
    """The signature of an MLmodel file."""
    if document is None:
        return None
    if not isinstance(document, Mapping):
        raise BadInput("the signature of a model has inputs, outputs and params")
    return Signature(*(_specs(name, document.get(name)) for name in Signature._fields))


def _specs(name: str, part: Any) -> Specs | None:
    if isinstance(part, str):
        try:
            part = json.loads(part)
        except ValueError as error:
            raise BadInput(f"the {name} of the signature are no JSON") from error
    if part is None:
        return None
    if not isinstance(part, list) or not all(isinstance(spec, dict) and "type" in spec for spec in part):
        raise BadInput(f"the {name} of the signature are no list of columns or tensors")
    return part


def given(signature: Any) -> Signature | None:
    """A signature as a user hands it over: a mapping, runlog's own, or MLflow's."""
    if signature is None or isinstance(signature, Signature):
        return signature
    if isinstance(signature, Mapping):
        unknown = set(signature) - set(Signature._fields)
        if unknown:
            raise BadInput(f"a signature has inputs, outputs and params, not {sorted(map(str, unknown))[0]!r}")
        return of_document(signature)
    if callable(getattr(signature, "to_dict", None)):
        return of_document(signature.to_dict())
    raise BadInput(f"{type(signature).__name__} is no signature", hint="give {'inputs': [{'name': 'x', 'type': 'double'}], ...}")


def infer(example: Any, prediction: Any = None, params: Mapping[str, Any] | None = None) -> Signature:
    """The signature of one example and what the model made of it."""
    inputs = specs_of(example)
    outputs = None if prediction is None else specs_of(prediction, as_column=not _are_tensors(inputs))
    return Signature(inputs, outputs, [_param(name, value) for name, value in params.items()] if params else None)


def _are_tensors(specs: Specs) -> bool:
    return bool(specs) and specs[0]["type"] == "tensor"


def specs_of(data: Any, as_column: bool = False) -> Specs:
    """The specs of a frame, a series, an array, a mapping, a list or one value. A flat array may count as a column."""
    if _is_frame(data):
        return [_column(data[name], name) for name in data.columns]
    if hasattr(data, "dtype") and hasattr(data, "to_frame"):
        return [_column(data, data.name)]
    if hasattr(data, "dtype") and hasattr(data, "shape"):
        flat = as_column and len(data.shape) == 1 and data.dtype.kind != "O"
        return [{"type": number_type(data.dtype), "required": True}] if flat else [_tensor(data)]
    if isinstance(data, Mapping):
        if data and all(hasattr(value, "dtype") and hasattr(value, "shape") for value in data.values()):
            return [{"name": str(name), **_tensor(value)} for name, value in data.items()]
        return [_spec(kind_of(value), str(name), value is not None) for name, value in data.items()]
    if isinstance(data, list | tuple) and data and all(isinstance(row, Mapping) for row in data):
        return _rows(data)
    if isinstance(data, list | tuple):
        return [_spec(_items(data), None, True)]
    return [_spec(kind_of(data), None, True)]


def _is_frame(data: Any) -> bool:
    return hasattr(data, "columns") and hasattr(data, "iloc")


def _rows(rows: list[Any] | tuple[Any, ...]) -> Specs:
    names = dict.fromkeys(str(name) for row in rows for name in row)
    return [
        _spec(
            _items([row[name] for row in rows if row.get(name) is not None]), name, all(row.get(name) is not None for row in rows)
        )
        for name in names
    ]


def _spec(kind: str | dict[str, Any], name: str | None, required: bool) -> dict[str, Any]:
    whole = {"type": kind} if isinstance(kind, str) else dict(kind)
    return {**whole, **({} if name is None else {"name": name}), "required": required}


def _tensor(data: Any) -> dict[str, Any]:
    name = str(data.dtype).removeprefix("torch.") if data.dtype.kind not in "US" else {"U": "str", "S": "bytes"}[data.dtype.kind]
    return {"type": "tensor", "tensor-spec": {"dtype": name, "shape": [-1, *map(int, data.shape[1:])]}}


def _column(series: Any, name: Any) -> dict[str, Any]:
    required = not bool(series.isna().any())
    if series.dtype.kind == "O":
        kind = _items([value for value in series.tolist() if value is not None and value == value])
    else:
        kind = number_type(series.dtype)
    label = name if name is None or isinstance(name, str) else int(name) if hasattr(name, "__index__") else str(name)
    whole = {"type": kind} if isinstance(kind, str) else dict(kind)
    return {**whole, **({} if label is None else {"name": label}), "required": required}


def number_type(dtype: Any) -> str:
    """The column type of an array's dtype."""
    kind, size = dtype.kind, dtype.itemsize
    if kind in "iu" and (size < 8 or kind == "i"):
        return "integer" if size < 4 or (kind, size) == ("i", 4) else "long"
    if kind == "f" and size <= 8:
        return "float" if size <= 4 else "double"
    known = {"b": "boolean", "U": "string", "S": "binary", "M": "datetime", "O": "string"}
    if kind in known:
        return known[kind]
    raise BadInput(f"a signature has no type for {dtype}")


def kind_of(value: Any) -> str | dict[str, Any]:
    """The column type of one value."""
    if hasattr(value, "dtype"):
        if getattr(value, "shape", ()) == ():
            return number_type(value.dtype)
        return {"type": "array", "items": {"type": number_type(value.dtype)}}
    for kind, name in _KINDS:
        if isinstance(value, kind):
            return name
    if isinstance(value, Mapping):
        parts = {str(key): _spec(kind_of(item), None, True) for key, item in value.items()}
        return {"type": "object", "properties": parts}
    if isinstance(value, list | tuple):
        items = _items(value)
        return {"type": "array", "items": {"type": items} if isinstance(items, str) else items}
    return "any"


_KINDS: list[tuple[type | tuple[type, ...], str]] = [
    (bool, "boolean"),
    (int, "long"),
    (float, "double"),
    (str, "string"),
    ((bytes, bytearray), "binary"),
    ((datetime.datetime, datetime.date), "datetime"),
]


def _items(values: Any) -> str | dict[str, Any]:
    """The one type of several values; whole numbers among others count as those."""
    kinds: list[str | dict[str, Any]] = []
    for value in values:
        kind = kind_of(value)
        if kind not in kinds:
            kinds.append(kind)
    if kinds in (["long", "double"], ["double", "long"]):
        return "double"
    return kinds[0] if len(kinds) == 1 else "any" if kinds else "string"


def _param(name: str, value: Any) -> dict[str, Any]:
    shape = [-1] if isinstance(value, list | tuple) else None
    kind = _items(value) if shape else kind_of(value)
    return {"name": str(name), "type": kind, "default": value, "shape": shape}
