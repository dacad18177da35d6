"""What is in a request for predictions: MLflow's forms of JSON, CSV and Parquet, as data for a model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from runlog.errors import BadInput
from runlog.models.nested import fit_value
from runlog.models.schema import DTYPES, convert, is_named, is_required, name_of
from runlog.models.signature import Signature, Specs

JSON, CSV, PARQUET = "application/json", "text/csv", "application/vnd.apache.parquet"
FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
# Chat and the like come as they are, and go back so.
_BARE = {"messages", "prompt", "input"}


class Payload(NamedTuple):
    """Data and params of one request."""

    data: Any
    params: Any = None
    bare: bool = False


class Unsupported(Exception):
    """A type of content that is not understood."""


def read(body: bytes, content_type: str, signature: Signature | None) -> Payload:
    """What a request holds; `BadInput` of what is not as it says it is."""
    kind, *more = [part.strip() for part in content_type.split(";")]
    options = {key: value for key, _, value in (pair.partition("=") for pair in more)}
    if options.get("charset", "utf-8").lower() != "utf-8":
        raise Unsupported("The scoring server only supports UTF-8")
    if unknown := set(options) - {"charset"}:
        raise Unsupported(f"Unrecognized content type parameters: {', '.join(sorted(unknown))}")
    read_kind = _KINDS.get(kind)
    if read_kind is None:
        known = ", ".join(_KINDS)
        raise Unsupported(f"This predictor only supports the following content types: {known}. Got {content_type!r}.")
    return read_kind(body, signature)


def _json(body: bytes, signature: Signature | None) -> Payload:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the body is not valid JSON: {error}") from error
    if not isinstance(document, dict):
        raise BadInput(f"the body must be an object with exactly one of {', '.join(FORMS)}, not a {type(document).__name__}")
    if _BARE & set(document):
        names = {spec["name"] for spec in (signature.params if signature else None) or []}
        params = {key: value for key, value in document.items() if key in names}
        return Payload({key: value for key, value in document.items() if key not in names}, params, bare=True)
    given = [form for form in FORMS if form in document]
    if len(given) != 1:
        raise BadInput(f"the body must have exactly one of {', '.join(FORMS)}, and it has {sorted(document)}")
    parse = _PARSE[given[0]]
    return Payload(parse(document[given[0]], signature), document.get("params"))


def _csv(body: bytes, signature: Signature | None) -> Payload:
    import io

    import pandas as pd

    specs = signature.inputs if signature else None
    kinds = {name_of(spec): _dtype(spec) for spec in specs or [] if name_of(spec) is not None}
    try:
        return Payload(pd.read_csv(io.StringIO(body.decode("utf-8")), dtype={name: kind for name, kind in kinds.items() if kind}))
    except Exception as error:
        raise BadInput(f"the body is no CSV that the model can take: {error}") from error


def _dtype(spec: Mapping[str, Any]) -> Any:
    """The type that a column of text is read as; moments and lists are no such types."""
    kind = spec["type"]
    if kind == "tensor":
        return spec["tensor-spec"]["dtype"]
    return None if kind == "datetime" else DTYPES.get(kind)


def _parquet(body: bytes, signature: Signature | None) -> Payload:
    import io

    import pandas as pd

    try:
        return Payload(pd.read_parquet(io.BytesIO(body)))
    except Exception as error:
        raise BadInput(f"the body is no Parquet file: {error}") from error


_KINDS: dict[str, Callable[[bytes, Signature | None], Payload]] = {CSV: _csv, JSON: _json, PARQUET: _parquet}


def _split(value: Any, signature: Signature | None) -> Any:
    import pandas as pd

    if not isinstance(value, dict):
        raise BadInput(f"dataframe_split must be an object, not a {type(value).__name__}")
    if "data" not in value or set(value) - {"columns", "data", "index"}:
        raise BadInput(f"dataframe_split must have data, and may have columns and index; it has {sorted(value)}")
    try:
        frame = pd.DataFrame(index=value.get("index"), columns=value.get("columns"), data=value["data"])
    except Exception as error:
        raise BadInput(f"dataframe_split is no table: {error}") from error
    return convert(frame, signature)


def _records(value: Any, signature: Signature | None) -> Any:
    import pandas as pd

    if not isinstance(value, list):
        raise BadInput(f"dataframe_records must be a list of records, not a {type(value).__name__}")
    try:
        frame = pd.DataFrame(data=value)
    except Exception as error:
        raise BadInput(f"dataframe_records is no table: {error}") from error
    return convert(frame, signature)


def _instances(value: Any, signature: Signature | None) -> Any:
    """Rows, which become arrays by name where they have names."""
    import numpy as np

    if isinstance(value, list) and value and isinstance(value[0], dict):
        specs = _by_name(signature)
        columns: dict[str, list[Any]] = {}
        for place, row in enumerate(value, 1):
            if not isinstance(row, dict):
                raise BadInput(f"instance {place} is no object, and others are")
            for name, item in row.items():
                columns.setdefault(name, []).append(_converted(item, specs.get(name), name))
        made: Any = {name: np.array(items) for name, items in columns.items()}
    else:
        made = _inputs(value, signature)
    if isinstance(made, dict):
        lengths = {len(item) for name, item in made.items() if _counts(name, item, signature)}
        if len(lengths) > 1:
            raise BadInput("the values of the names have different lengths")
    return made


def _counts(name: str, item: Any, signature: Signature | None) -> bool:
    """Whether the length of a value is the number of rows."""
    if not isinstance(item, list) and getattr(item, "ndim", 0) == 0:
        return False
    specs = _by_name(signature)
    return not specs or (name in specs and is_required(specs[name]) and specs[name]["type"] != "array")


def _inputs(value: Any, signature: Signature | None) -> Any:
    """Values by name, rows, or one array."""
    specs = signature.inputs if signature and signature.inputs else None
    by_name = _by_name(signature)
    if specs is not None:
        rows = isinstance(value, list) and any(isinstance(item, dict) for item in value)
        if len(by_name) == 1 and isinstance(value, list) and not rows:
            value = {next(iter(by_name)): value}
        elif not by_name and isinstance(value, dict):
            raise BadInput("the model takes one array or one value, not values by name")
    if isinstance(value, dict):
        return {name: _converted(item, by_name.get(name), name) for name, item in value.items()}
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return [{name: _converted(item, by_name.get(name), name) for name, item in row.items()} for row in value]
    return _converted(value, specs[0] if specs else None, None)


def _by_name(signature: Signature | None) -> dict[str, dict[str, Any]]:
    specs: Specs = signature.inputs if signature and signature.inputs else []
    return {name_of(spec): spec for spec in specs} if is_named(specs) else {}


def _converted(value: Any, spec: Mapping[str, Any] | None, name: str | None) -> Any:
    """One value, or a list of them, as an array of the type that the signature says."""
    import numpy as np

    what = "the input" if name is None else repr(name)
    try:
        if spec is None:
            return np.array(value)
        kind = spec["type"]
        if kind == "tensor":
            return np.array(value, dtype=spec["tensor-spec"]["dtype"])
        if kind in DTYPES:
            dtype = {"string": "str", "binary": "bytes"}.get(kind, DTYPES[kind])
            return np.array(value, dtype) if isinstance(value, list) else np.array([value], dtype)[0]
        made = fit_value(value, spec, is_required(spec))
        return np.array(made) if kind == "array" else made
    except BadInput as error:
        raise BadInput(f"{what}: {error.message}") from error
    except Exception as error:
        kind = "an array" if spec is None else spec["tensor-spec"]["dtype"] if spec["type"] == "tensor" else spec["type"]
        raise BadInput(f"{what} cannot be read as {kind}: {error}") from error


_PARSE: dict[str, Callable[[Any, Signature | None], Any]] = {
    "dataframe_split": _split,
    "dataframe_records": _records,
    "instances": _instances,
    "inputs": _inputs,
}
