"""The evaluator against another one that knows only plain data, by way of the text between them."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from runlog.query import matches, parse
from tests.query.scene import NOW, record
from tests.query.strategies import NUMBERS, WORDS, runs


@dataclass
class Typed:
    """A value as it was typed."""

    text: str
    quoted: bool

    def __str__(self) -> str:
        return json.dumps(self.text, ensure_ascii=False) if self.quoted else self.text


typed = st.builds(Typed, st.sampled_from(WORDS), st.just(True)) | st.builds(
    Typed, st.sampled_from([*NUMBERS, "true", "False", "xgb", "a"]), st.just(False)
)
wheres = st.sampled_from(
    [
        *(f"{prefix}.{key}" for prefix in ("metrics", "params", "tags") for key in ("a", "b", "loss")),
        *(f"{call}({key})" for call in ("min", "max", "first", "last", "count") for key in ("metrics.a", "metrics.loss")),
        *(f"step of {call}(metrics.b)" for call in ("min", "max", "first", "last")),
        *("name", "note", "parent", "experiment", "user", "host"),
    ]
)


def leaf(where: str, test: str, value: Typed, several: list[Typed]) -> tuple[str, Any]:
    """A test as text, and as what another evaluator makes of it."""
    match test:
        case "in" | "not in":
            return f"{where} {test} ({', '.join(map(str, several))})", (where, test, several)
        case "is null" | "is not null" | "":
            return f"{where} {test}", (where, test, None)
        case "matches" | "not matches":
            return f"{where} {test} {Typed(re.escape(value.text), True)}", (where, test, value)
        case _:
            return f"{where} {test} {value}", (where, test, value)


OPERATORS = ["=", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "contains", "not contains", "matches", "not matches"]
leaves = st.builds(leaf, wheres, st.sampled_from([*OPERATORS, "is null", "is not null", ""]), typed, st.lists(typed, min_size=1))


def joined(parts: Any) -> Any:
    both = st.tuples(parts, st.sampled_from(["and", "or"]), parts)
    inverse = parts.map(lambda part: (f"NOT ({part[0]})", ("not", part[1])))
    return inverse | both.map(lambda all_: (f"({all_[0][0]}) {all_[1]} ({all_[2][0]})", (all_[1], all_[0][1], all_[2][1])))


specs = st.recursive(leaves, joined, max_leaves=5)


def asked(where: str, told: dict[str, Any]) -> Any:
    """What plain data say there."""
    step = where.startswith("step of ")
    called = re.fullmatch(r"(?:step of )?(\w+)\(metrics\.(\w+)\)", where)
    if called:
        points = told["metrics"].get(called[2])
        return None if points is None else aggregate(called[1], points, step)
    kind, dot, key = where.partition(".")
    if dot:
        value = told[kind].get(key)
        return value[-1] if kind == "metrics" and value is not None else value
    return {**told, "experiment": "default", "user": "ada", "host": "node7"}[where]


def aggregate(name: str, points: list[float], step: bool) -> Any:
    numbers = [point for point in points if not math.isnan(point)]
    match name:
        case "count":
            return len(points)
        case "first":
            return 0 if step else points[0]
        case "last":
            return len(points) - 1 if step else points[-1]
    if not numbers:
        return None
    best = sorted(numbers)[0 if name == "min" else -1]
    return points.index(best) if step else best


def kinded(value: Any) -> tuple[str, Any]:
    """A value with its type, so that equality is equality of pairs."""
    if isinstance(value, bool):
        return "truth", value
    if isinstance(value, int | float):
        return "number", "nan" if math.isnan(value) else float(value)
    return "text", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def meant(value: Typed) -> list[tuple[str, Any]]:
    """Everything that what was typed is equal to."""
    found: list[tuple[str, Any]] = [("text", value.text)]
    if not value.quoted and value.text.lower() in {"true", "false"}:
        found += [("text", value.text.lower()), ("truth", value.text.lower() == "true")]
    elif not value.quoted and value.text in NUMBERS:
        found.append(kinded(float(value.text)))
    return found


def naive(spec: Any, told: dict[str, Any]) -> bool:
    match spec:
        case ("not", part):
            return not naive(part, told)
        case ("and", one, other):
            return all([naive(one, told), naive(other, told)])
        case ("or", one, other):
            return any([naive(one, told), naive(other, told)])
    where, test, wanted = spec
    return naive_test(where, test, wanted, told)


def naive_test(where: str, test: str, wanted: Any, told: dict[str, Any]) -> bool:
    value = asked(where, told)
    if test == "is null":
        return value is None
    if value is None:
        return False
    match test:
        case "is not null":
            return True
        case "":
            return not where.startswith("params.") or value not in (False, 0, "", [])
        case "in" | "not in":
            return any(kinded(value) in meant(item) for item in wanted) == (test == "in")
        case "contains" | "not contains":
            return contains(value, wanted) == (test == "contains")
        case "matches" | "not matches":
            return (isinstance(value, str) and wanted.text in value) == (test == "matches")
        case "=" | "==" | "!=":
            return (kinded(value) in meant(wanted)) == (test != "!=")
    return not isinstance(value, list) and ordered(kinded(value), test, meant(wanted)[-1])


def contains(value: Any, wanted: Typed) -> bool:
    if isinstance(value, list):
        return any(kinded(item) in meant(wanted) for item in value if item is not None)
    return isinstance(value, str) and wanted.text in value


def ordered(one: tuple[str, Any], op: str, other: tuple[str, Any]) -> bool:
    """Only numbers, and only texts, and not NaN."""
    if one[0] != other[0] or one[0] == "truth" or one == ("number", "nan") or other == ("number", "nan"):
        return False
    less, equal = bool(one[1] < other[1]), bool(one[1] == other[1])
    return {"<": less, "<=": less or equal, ">": not less and not equal, ">=": not less}[op]


@settings(max_examples=400)
@given(specs, runs())
def test_two_evaluators_agree(spec: tuple[str, Any], told: dict[str, Any]) -> None:
    text, plan = spec
    assert matches(parse(text), record(told), NOW) == naive(plan, told), text
