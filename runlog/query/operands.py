"""The parts of a test: names on its left, values on its right. What a value may be depends on the field it is for."""

from __future__ import annotations

import re
from typing import NoReturn

from runlog.query import dates
from runlog.query.expr import (
    AGGREGATES,
    ALIASES,
    ATTRIBUTES,
    PREFIXES,
    STEPS,
    Field,
    Kind,
    Length,
    Moment,
    Number,
    Span,
    Text,
    Truth,
    Value,
    What,
)
from runlog.query.syntax import KEYWORDS, Token, did_you_mean, is_number, lex, nearest, quoted, refusal, regex
from runlog.records import STATES

_DATES = "write a date such as 2026-11-20 or 2026-11-20 14:30, today, yesterday, or 2 days ago"
_LENGTHS = "write a length of time such as 90 s, 10 min or 1h30m"


class Operands:
    """A way through the tokens of a text that reads fields and values."""

    def __init__(self, text: str, start: int = 0, end: int | None = None) -> None:
        self.text = text
        self.tokens = lex(text, start, end)
        self.place = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    @property
    def after(self) -> Token:
        return self.tokens[min(self.place + 1, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.token
        self.place = min(self.place + 1, len(self.tokens) - 1)
        return token

    def ended(self) -> bool:
        return self.token.kind == "end"

    def at(self, mark: str) -> bool:
        return self.token.kind == "mark" and self.token.value == mark

    def skip(self, word: str) -> bool:
        """Go past a keyword, a bracket or a comma if it is there."""
        there = self.token.lower == word or self.at(word)
        if there:
            self.take()
        return there

    def refuse(self, problem: str, hint: str | None = None, begin: Token | None = None) -> NoReturn:
        """Point at the present token, or at all from an earlier one to the one before it."""
        if begin is None:
            raise refusal(self.text, self.token.start, self.token.end, problem, hint)
        end = max(begin.end, self.tokens[self.place - 1].end)
        raise refusal(self.text, begin.start, end, problem, hint)

    def found(self) -> str:
        """The present token as a message names it."""
        return "the end" if self.ended() else quoted(self.text[self.token.start : self.token.end])

    # Fields

    def field(self) -> Field:
        begin = self.token
        if begin.lower in KEYWORDS:
            self.refuse(f"expected a name, found {self.found()}", f"a name that is a keyword goes in backquotes: `{begin.value}`")
        if begin.lower == "step" and self.after.lower == "of":
            self.take()
            self.take()
            return self._aggregate(STEPS, begin)
        if begin.kind == "word" and self.after.value == "(" and self.after.kind == "mark":
            return self._aggregate(AGGREGATES, begin)
        return self._name()

    def at_field(self) -> bool:
        """Whether a name follows where a value might: one with a prefix or in backquotes, or an aggregate."""
        token, after = self.token, self.after
        head, dot, _ = token.lower.partition(".")
        called = token.lower in AGGREGATES and after.kind == "mark" and after.value == "("
        prefixed = dot == "." and head in PREFIXES
        return token.kind == "name" or prefixed or called or (token.lower, after.lower) == ("step", "of")

    def _aggregate(self, known: dict[str, What], begin: Token) -> Field:
        name = self.token.lower
        if name not in known:
            near = did_you_mean(nearest(self.token.value, [*AGGREGATES, *(f"step of {name}" for name in STEPS)]))
            called = self.after.kind == "mark" and self.after.value == "("
            example = None if called else f"write {_written(known, next(iter(known)), self.token)}"
            self.refuse(f"expected {listed(list(known))}, found {self.found()}", near or example)
        self.take()
        if not self.skip("("):
            self.refuse(f"expected '(' after {name}, found {self.found()}", f"write {_written(known, name, self.token)}")
        metric = self._name(attributes=False)
        if metric.kind not in {"metric", "bare"}:
            self.refuse(f"{name} is of metrics, and {metric} is a {metric.kind}", begin=begin)
        if not self.skip(")"):
            self.refuse(f"expected ')' after {metric}, found {self.found()}")
        return Field(metric.kind, metric.key, known[name], metric.span)

    def _span(self, begin: Token) -> Span:
        return Span(self.text, begin.start, self.tokens[self.place - 1].end)

    def _name(self, attributes: bool = True) -> Field:
        """A key, with or without its prefix; parts of it may be quoted."""
        begin = self.token
        if begin.kind not in {"word", "text", "name"}:
            self.refuse(f"expected a name, found {self.found()}")
        key = self._joined()
        head, dot, _ = begin.lower.partition(".")
        kind: Kind = "bare"
        if dot and head in PREFIXES:
            kind, key = PREFIXES[head], key[len(head) + 1 :]
        elif key == begin.value and begin.kind == "word":
            if is_number(key):
                self.refuse(f"expected a name, found {quoted(key)}", "put the name first: metrics.rmse < 6.5", begin)
            if attributes and (key in ATTRIBUTES or key in ALIASES):
                kind = "attribute"
        if not key:
            self.refuse("the name is empty", begin=begin)
        if kind == "attribute":
            key = self._attribute(key, begin)
        return Field(kind, key, "last" if kind == "metric" else None, self._span(begin))

    def _joined(self) -> str:
        """The text of all tokens that make one dotted name: `params."learning rate"` is two."""
        parts = [self.take()]
        while self.token.kind in {"word", "text", "name"} and self.token.start == parts[-1].end:
            if not (parts[-1].lower.endswith(".") or self.token.lower.startswith(".")):
                break
            parts.append(self.take())
        return "".join(part.value for part in parts)

    def _attribute(self, key: str, begin: Token) -> str:
        known = ALIASES.get(key, key)
        if known not in ATTRIBUTES:
            hint = did_you_mean(nearest(key, [*ATTRIBUTES, *ALIASES])) or f"they are {', '.join(ATTRIBUTES)}"
            self.refuse(f"a run has no attribute {quoted(key)}", hint, begin)
        return known

    # Values

    def right(self, field: Field, op: str) -> Value | Field:
        """What a field is compared with."""
        begin = self.token
        if not self.at_field():
            return self.value(field, op)
        other = self.field()
        if (field.holds == "time") != (other.holds == "time"):
            self.refuse(f"{field} and {other} cannot be compared: only one of them is a time", begin=begin)
        return other

    def value(self, field: Field, op: str) -> Value:
        """A value of the kind a field has."""
        if field.holds == "time":
            return self._moment(field, op)
        if field.holds == "length":
            return self._length(field, op)
        begin = self.token
        found = self.plain()
        if field.holds == "state" and op in {"=", "!=", "in"}:
            self._check_state(found, begin)
        if field.kind == "attribute" and field.holds == "number" and not isinstance(found, Number):
            self.refuse(f"{field} is a number, and {found} is none", begin=begin)
        return found

    def plain(self) -> Text | Number | Truth:
        """Text, with or without quotes, a number, true or false."""
        token = self.token
        if token.lower in KEYWORDS or token.lower == "null":
            self.refuse(f"expected a value, found {self.found()}", f'text that is a keyword goes in quotes: "{token.value}"')
        if token.kind not in {"word", "text"}:
            hint = "several values go with in: params.model in (xgb, lgbm)" if token.value in {"(", "["} else None
            self.refuse(f"expected a value, found {self.found()}", hint)
        self.take()
        if token.lower in {"true", "false"}:
            return Truth(token.value, self._span(token))
        return Number(token.value) if is_number(token.lower) else Text(token.value, self._span(token))

    def pattern(self) -> str:
        """A regular expression, with or without quotes."""
        begin = self.token
        if begin.kind not in {"word", "text"}:
            self.refuse(f"expected a regular expression in quotes, found {self.found()}")
        self.take()
        try:
            regex(begin.value)
        except re.error as error:
            place = self._place_in(begin, error.pos or 0)
            raise refusal(self.text, place, place + 1, f"not a regular expression: {error.msg.lower()}") from None
        except (OverflowError, RecursionError, ValueError):
            self.refuse("a regular expression that Python cannot build", begin=begin)
        return begin.value

    def _place_in(self, token: Token, offset: int) -> int:
        """Where in the text a letter of a token is. A backslash that stands before a quote is not a letter of it."""
        if token.kind == "word":
            return token.start + offset
        raw = self.text[token.start : token.end]
        letters = [found.start() for found in re.finditer(rf"\\[\\{raw[0]}]|.", raw[1:-1], re.DOTALL)]
        return token.start + 1 + (letters[offset] if offset < len(letters) else len(raw) - 2)

    def _check_state(self, found: Value, begin: Token) -> None:
        if not (isinstance(found, Text) and found.value in STATES):
            hint = did_you_mean(nearest(begin.value, STATES)) or f"the states are {', '.join(STATES)}"
            self.refuse(f"there is no state {quoted(begin.value)}", hint, begin)

    def _several_words(self, expected: str) -> str:
        """All words up to the next keyword or mark, or one quoted text."""
        if self.token.kind == "text":
            return " ".join(self.take().value.split())
        words = []
        while self.token.kind == "word" and self.token.lower not in KEYWORDS:
            words.append(self.take().value)
        if not words:
            self.refuse(f"expected {expected}, found {self.found()}")
        return " ".join(words)

    def _moment(self, field: Field, op: str) -> Moment:
        begin = self.token
        typed = self._several_words("a date or time")
        if dates.span(typed, 0) is None:
            length = dates.length(typed) is not None and not is_number(typed)
            near = did_you_mean(nearest(typed, dates.DAYS))
            self.refuse(f"{quoted(typed)} is no date or time", f"write {typed} ago" if length else near or _DATES, begin)
        if dates.is_instant(typed) and op in {"=", "!=", "in"}:
            self.refuse(f"no run {field} at exactly that moment", f"compare with < or >, or {_DATES}", begin)
        return Moment(typed)

    def _length(self, field: Field, op: str) -> Length:
        begin = self.token
        typed = self._several_words("a length of time")
        if dates.length(typed) is None:
            near = nearest(typed.split()[-1].lstrip("0123456789. ") if typed else "", dates.UNITS)
            self.refuse(f"{quoted(typed)} is no length of time", did_you_mean(near) or _LENGTHS, begin)
        if op in {"=", "!=", "in"}:
            self.refuse(f"the {field} of a run is never exactly {typed}", "compare with < or >", begin)
        return Length(typed)


def _written(known: dict[str, What], name: str, metric: Token) -> str:
    """An aggregate as it must be written, of the metric that is meant by a token."""
    key = metric.value if metric.kind == "word" and metric.lower not in KEYWORDS else "loss"
    return f"{'step of ' * (known is STEPS)}{name}({key})"


def listed(words: list[str]) -> str:
    """Choices as a sentence names them."""
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
