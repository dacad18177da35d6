"""Whether an exported graph of PyTorch may be loaded by anybody.

`torch.export.load` unpickles, evaluates and executes parts of its file. What a module usually exports needs none of that power:
an archive passes that holds raw tensors, operators that compute, and names, sizes and expressions in which no code can be.
docs/decisions/models.md says more.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runlog.models.trust import untrusted

_KNOWN = re.compile(
    r"[^/]+/(?:archive_format|archive_version|byteorder|\.data/(?:version|serialization_id)|models/[\w-]+\.json"
    r"|data/(?:weights|constants)/(?:[\w-]+_config\.json|(?:weight|tensor)_[0-9]+)|data/sample_inputs/[\w-]+\.pt)"
)
_NAME = re.compile(r"[A-Za-z0-9_.:+-]*")
_TARGET = re.compile(r"torch\.ops\.aten\.\w+\.\w+|_operator\.(?:\w+)|math\.(?:ceil|floor|trunc|sqrt|pow)")
# The operators of aten that reach for files.
_REACHING = re.compile(r"torch\.ops\.aten\.(?:from_file|save|load|_?open)\b.*")
_OPERATORS = {"add", "sub", "mul", "floordiv", "truediv", "mod", "pow", "neg", "getitem", "and_", "or_", "not_"}
_OPERATORS |= {"eq", "ne", "lt", "le", "gt", "ge", "pos", "abs"}
_WORDS = (
    r"Symbol|Integer|Rational|Float|Mul|Add|Pow|Min|Max|Mod|PythonMod|FloorDiv|CleanDiv|CeilToInt|FloorToInt|TruncToInt|ToFloat"
)
_WORDS += r"|IntTrueDiv|Eq|Ne|Le|Lt|Ge|Gt|And|Or|Not|positive|integer|nonnegative|zero|negative|True|False|and|or|not"
_EXPRESSION = re.compile(rf"(?:\b(?:{_WORDS})\b|'[a-z]+[0-9]+'|\b[a-z]+[0-9]+\b|\b[0-9]+\b|[\s()<>=!+*/%,-])*")
_SIZE = re.compile(r"L(?:\['?\w+'?\])+\.size\(\)\[[0-9]+\]")
_MARKED = {"as_custom_obj", "as_operator", "as_graph", "custom_obj", "token"}
_META = {"stack_trace", "nn_module_stack", "torch_fn", "source_fn_stack", "from_node"}
_SPEC_TYPES = {None, "builtins.tuple", "builtins.list", "builtins.dict"}


def must_be_harmless(file: Path) -> None:
    """Refuse a graph that may run code of the file when it is loaded or called."""
    try:
        with zipfile.ZipFile(file) as archive:
            reason = next(_suspicious(archive), None)
    except (zipfile.BadZipFile, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError):
        reason = "it is no archive of the usual form"
    if reason is not None:
        raise untrusted(file, f"is a graph of PyTorch that may run code when it is loaded: {reason}")


def _suspicious(archive: zipfile.ZipFile) -> Iterator[str]:
    """All that is not known to be harmless."""
    names = archive.namelist()
    if len(names) != len(set(names)):
        yield "it holds a file twice"
    for name in names:
        if not _KNOWN.fullmatch(name):
            yield f"it holds {name!r}"
        elif name.endswith("_config.json"):
            yield from _pickled(json.loads(archive.read(name)))
        elif name.endswith(".json"):
            yield from _program(json.loads(archive.read(name)))
        elif name.endswith(".pt") and not _are_tensors(archive.read(name)):
            yield f"{name!r} holds more than tensors"


def _pickled(config: dict[str, Any]) -> Iterator[str]:
    for name, entry in config["config"].items():
        if entry.get("use_pickle") is not False:
            yield f"{name!r} is pickled"
        if not re.fullmatch(r"(?:weight|tensor)_[0-9]+", str(entry.get("path_name"))):
            yield f"{name!r} is no tensor"


def _are_tensors(data: bytes) -> bool:
    import torch

    try:
        torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception:  # whatever it is, it is not what it should be
        return False
    return True


def _program(value: Any, key: str = "") -> Iterator[str]:
    """What is suspicious in the description of a graph."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if not _NAME.fullmatch(name) or (name in _MARKED and inner is not None):
                yield f"it has a {name!r}"
            elif name == "metadata" and isinstance(inner, dict):
                yield from (f"it has a {meta!r}" for meta in inner if meta not in _META)
            else:
                yield from _program(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _program(inner, key)
    elif isinstance(value, str) and not _is_harmless(key, value):
        yield f"its {key} has {value[:60]!r}"


def _is_harmless(key: str, text: str) -> bool:
    if key == "expr_str":
        return _EXPRESSION.fullmatch(text) is not None
    if key == "guards_code":
        return _EXPRESSION.fullmatch(_SIZE.sub("0", text)) is not None
    if key in {"in_spec", "out_spec"}:
        return _is_plain_spec(json.loads(text))
    if key == "target" and "." in text and not _is_parameter(text):
        return _TARGET.fullmatch(text) is not None and not _REACHING.fullmatch(text) and _is_operator(text)
    if key == "forward_arg_names":
        return text.isidentifier()
    return _NAME.fullmatch(text) is not None


def _is_parameter(text: str) -> bool:
    """Whether a dotted name is one inside of the module. Whatever PyTorch looks up elsewhere begins with one of these."""
    return _NAME.fullmatch(text) is not None and not text.startswith(("torch", "_operator", "math", "#"))


def _is_operator(text: str) -> bool:
    return not text.startswith("_operator.") or text.removeprefix("_operator.") in _OPERATORS


def _is_plain_spec(spec: Any) -> bool:
    """How tuples, lists and mappings of tensors are nested: a list of a version and a tree."""
    if isinstance(spec, list):
        return all(isinstance(part, int) or _is_plain_spec(part) for part in spec)
    context = str(spec.get("context"))
    return (
        spec["type"] in _SPEC_TYPES
        and (context in {"None", "null"} or all(isinstance(name, str | int) for name in json.loads(context)))
        and all(_is_plain_spec(child) for child in spec["children_spec"])
    )
