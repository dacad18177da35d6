"""From text to the tree of `expr`.

filter = both { "or" both }
both   = one { "and" one }
one    = "not" one | "(" filter ")" | test
test   = field [ comparison (value | field) | ["not"] ("in" list | "contains" value | "matches" text) | "is" ["not"] "null" ]
field  = [prefix "."] key | aggregate "(" key ")" | "step of" aggregate "(" key ")"
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, cast

from runlog.errors import BadQuery
from runlog.query.dates import UNITS
from runlog.query.expr import (
    And,
    Compare,
    Contains,
    Expr,
    Field,
    Has,
    In,
    Matches,
    Not,
    Null,
    Number,
    Operator,
    Or,
    Test,
    Text,
    Truth,
    Value,
    in_quotes,
)
from runlog.query.operands import Operands
from runlog.query.syntax import KEYWORDS, Token, did_you_mean, is_number, nearest

_DEEPEST = 50
# What other languages call an operator.
_ELSEWHERE = {
    **dict.fromkeys(("like", "ilike", "has", "includes", "contain"), "contains"),
    **dict.fromkeys(("match", "regex", "regexp", "rlike", "glob"), "matches"),
    **dict.fromkeys(("eq", "equals", "equal"), "="),
    **dict.fromkeys(("ne", "isnt", "xor"), "!="),
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "isnull": "is null",
    "notnull": "is not null",
    "between": ">= … and <= …",
}
_OPERATORS = "the operators are = != < <= > >= ~ contains, in and is null"


def parse(text: str) -> Expr:
    """The tree of a filter. Its bare names are still open until `bind` looks them up."""
    if not text.strip():
        raise BadQuery("the filter is empty", "write one such as: metrics.rmse < 6.5")
    parser = _Parser(text)
    found = parser.filter()
    if not parser.ended():
        parser.stuck()
    return found


def parse_field(text: str, start: int = 0, end: int | None = None) -> Field:
    """The one field that a text, or a part of it, names."""
    parser = _Parser(text, start, end)
    found = parser.field()
    if parser.token.kind != "end":
        parser.refuse(
            f"expected one name, found {parser.found()} after it", "a name that holds blanks or signs goes in backquotes"
        )
    return found


class _Parser(Operands):
    depth = 0
    last: Test | None = None

    def filter(self) -> Expr:
        parts = [self.both()]
        while self.skip("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def both(self) -> Expr:
        parts = [self.one()]
        while self.skip("and"):
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def one(self) -> Expr:
        begin = self.token
        if self.skip("not"):
            return Not(self.deeper(self.one))
        if self.skip("("):
            found = self.deeper(self.filter)
            if self.ended():
                self.unclosed(begin)
            if not self.skip(")"):
                self.stuck()
            return found
        self.last = self.test()
        return self.last

    def deeper(self, read: Callable[[], Expr]) -> Expr:
        """Read one level further in. Evaluation follows the levels, and Python allows a thousand."""
        self.depth += 1
        if self.depth > _DEEPEST:
            self.refuse(f"more than {_DEEPEST} levels of parentheses and not")
        found = read()
        self.depth -= 1
        return found

    def unclosed(self, begin: Token) -> NoReturn:
        self.place = self.tokens.index(begin)
        self.refuse(f"this {begin.value!r} is never closed")

    def test(self) -> Test:
        field = self.field()
        token = self.token
        if token.kind == "op":
            self.take()
            if token.value in {"~", "!~"}:
                return self.matching(field, token.value == "!~", token)
            return self.comparison(field, cast("Operator", "=" if token.value == "==" else token.value))
        if self.skip("is"):
            return self.null(field)
        negated = token.lower == "not" and self.after.lower in {"in", "contains", "matches"}
        token = self.tokens[self.place + negated]
        if token.lower not in {"in", "contains", "matches"}:
            return Has(field)
        self.place += negated + 1
        match token.lower:
            case "in":
                return self.within(field, negated)
            case "contains":
                self.check_text(field, token)
                return Contains(field, self.contained(), negated)
            case _:
                return self.matching(field, negated, token)

    def comparison(self, field: Field, op: Operator) -> Test:
        if self.token.lower != "null":
            return Compare(field, op, self.right(field, op))
        if op not in {"=", "!="}:
            self.refuse(f"nothing is {op} null", f"write {field} is null")
        self.take()
        return Null(field, op == "!=")

    def null(self, field: Field) -> Test:
        negated = self.skip("not")
        if not self.skip("null"):
            absent = self.token.lower in {"none", "nil", "missing", "undefined", "empty", "na"}
            write = f"{field} is {'not ' * negated}null" if absent else f"{field} {'!' * negated}= …"
            self.refuse(f"expected null after is, found {self.found()}", f"write {write}")
        return Null(field, negated)

    def matching(self, field: Field, negated: bool, token: Token) -> Test:
        self.check_text(field, token)
        return Matches(field, self.pattern(), negated)

    def check_text(self, field: Field, operator: Token) -> None:
        if field.kind == "attribute" and field.holds not in {"text", "state"}:
            problem = f"{operator.value!r} looks into text, and {field} is none"
            self.place = self.tokens.index(operator)
            self.refuse(problem, f"compare {field} with < or >")

    def within(self, field: Field, negated: bool) -> Test:
        begin = self.token
        closing = ")" if self.skip("(") else "]" if self.skip("[") else ""
        if not closing:
            self.refuse(f"expected '(' after in, found {self.found()}", 'write in ("xgb", "lgbm")')
        values = [self.item(field)]
        while self.skip(",") and not self.at(closing):
            values.append(self.item(field))
        if not self.skip(closing):
            if self.ended():
                self.unclosed(begin)
            self.refuse(f"expected a comma or {closing!r}, found {self.found()}", "text of several words goes in quotes")
        return In(field, tuple(values), negated)

    def item(self, field: Field) -> Value:
        if self.token.lower == "null":
            self.refuse("null cannot stand in a list", f"write {field} is null or {field} in (…)")
        self.check_value()
        return self.value(field, "in")

    def contained(self) -> Text | Number | Truth:
        self.check_value()
        return self.plain()

    def check_value(self) -> None:
        if self.at_field():
            self.refuse(f"expected a value, found the name {self.found()}", "put it in quotes if it is text")

    def stuck(self) -> NoReturn:
        """A test is read and what follows cannot go on from it."""
        token = self.token
        if token.kind == "mark" and token.value in {")", "]"}:
            self.refuse(f"this {token.value!r} closes nothing")
        if isinstance(self.last, Has):
            self.refuse(f"expected an operator after {self.last}, found {self.found()}", self._operator(self.last))
        self.refuse(f"expected 'and' or 'or', found {self.found()}", self._joint())

    def _operator(self, last: Has) -> str:
        """What the present token may have been meant for, after a name."""
        if self.token.lower == "not":
            return f"write {last} is not null" if self.after.lower == "null" else f"put not before the name: not {last} …"
        near = nearest(self.token.lower, [*KEYWORDS - {"not"}, *_ELSEWHERE], 1)
        return did_you_mean([_ELSEWHERE.get(word, word) for word in near]) or _OPERATORS

    def _joint(self) -> str | None:
        """The same after a value."""
        if self.token.kind == "op":
            return "join two comparisons with and: alpha > 0.1 and alpha < 0.5"
        before = self.tokens[self.place - 1]
        if before.kind != "word" or self.token.kind != "word" or before.lower in KEYWORDS:
            return None
        if is_number(before.value) and self.token.lower in UNITS:
            return "only started, ended and duration are compared with times"
        near = nearest(self.token.lower, ["and", "or"], 1)
        words = in_quotes(f"{before.value} {self.token.value}")
        return did_you_mean(near) or f"text of several words goes in quotes: {words}"
