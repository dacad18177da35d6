"""What people read when a filter cannot be read: the whole of it."""

from __future__ import annotations

import pytest

from runlog.errors import BadInput, BadQuery, Conflict
from runlog.query import Names, bind, field, order, parse

NAMES = Names(
    metrics={"rmse", "loss", "val/loss", "alpha"}, params={"alpha", "model", "learning rate", "optimizer.lr"}, tags={"broken"}
)

# The filter, the problem, its column and the marked text, the hint.
CASES: list[tuple[str, str, int, str, str | None]] = [
    # numbers
    ("rmse < 5%", "'5%' is no number, and metrics.rmse is one", 8, "5%", "write a number, as in metrics.rmse < 6.5"),
    (
        "not metrics.rmse < abc",
        "'abc' is no number, and metrics.rmse is one",
        20,
        "abc",
        "write a number, as in metrics.rmse < 6.5",
    ),
    (
        "rmse < loss",
        "'loss' is no number, and metrics.rmse is one",
        8,
        "loss",
        "the right side of a comparison is a value: write metrics.loss if that is meant",
    ),
    (
        "rmse != 3 or min(loss) >= model",
        "'model' is no number, and min(metrics.loss) is one",
        27,
        "model",
        "the right side of a comparison is a value: write params.model if that is meant",
    ),
    ("rmse = '6.5 '", "'6.5 ' is no number, and metrics.rmse is one", 8, "'6.5 '", "write a number, as in metrics.rmse < 6.5"),
    ("rmse in (1, none)", "'none' is no number, and metrics.rmse is one", 13, "none", "write a number, as in metrics.rmse < 6.5"),
    (
        "count(rmse) != true",
        "'true' is no number, and count(metrics.rmse) is one",
        16,
        "true",
        "write a number, as in count(metrics.rmse) < 6.5",
    ),
    # names
    ("rmes < 1", "no run has a metric, param or tag 'rmes'", 1, "rmes", "did you mean rmse?"),
    ("rmse < 1 and LOSS < 2", "no run has a metric, param or tag 'LOSS'", 14, "LOSS", "did you mean loss?"),
    ("min(los) < 1", "no run has a metric 'los'", 5, "los", "did you mean loss or val/loss?"),
    ("min(model) < 1", "no run has a metric 'model'", 5, "model", "runs have alpha, loss, rmse, val/loss"),
    ("lr = 1", "no run has a metric, param or tag 'lr'", 1, "lr", "did you mean optimizer.lr?"),
    (
        "learning_rate = 1",
        "no run has a metric, param or tag 'learning_rate'",
        1,
        "learning_rate",
        "did you mean `learning rate`?",
    ),
    ("metrcs.rmse = 1", "no run has a metric, param or tag 'metrcs.rmse'", 1, "metrcs.rmse", "did you mean metrics.rmse?"),
    ("Started > 1", "no run has a metric, param or tag 'Started'", 1, "Started", "did you mean started?"),
    ("rmse < 1 or alpha > 2", "'alpha' is a metric and a param", 13, "alpha", "write metrics.alpha or params.alpha"),
    ("attributes.stat = x", "a run has no attribute 'stat'", 1, "attributes.stat", "did you mean state or status?"),
    ("params. = 1", "the name is empty", 1, "params.", None),
    ("and = 1", "expected a name, found 'and'", 1, "and", "a name that is a keyword goes in backquotes: `and`"),
    ("0.1 < rmse", "expected a name, found '0.1'", 1, "0.1", "put the name first: metrics.rmse < 6.5"),
    ("rmse < 1 and", "expected a name, found the end", 13, "", None),
    # aggregates
    ("mini(loss) < 1", "expected last, min, max, first or count, found 'mini'", 1, "mini", "did you mean min?"),
    ("min(params.model) < 1", "min is of metrics, and params.model is a param", 1, "min(params.model", None),
    ("step of rmse < 1", "expected min, max, last or first, found 'rmse'", 9, "rmse", "write step of min(rmse)"),
    ("step of min rmse < 1", "expected '(' after min, found 'rmse'", 13, "rmse", "write step of min(rmse)"),
    ("step of min < 1", "expected '(' after min, found '<'", 13, "<", "write step of min(loss)"),
    ("mean(rmse) < 1", "expected last, min, max, first or count, found 'mean'", 1, "mean", None),
    ("min(loss < 1", "expected ')' after loss, found '<'", 10, "<", None),
    # operators
    ("rmse =< 1", "'=<' is no operator", 6, "=<", "write <="),
    ("rmse <> 1", "'<>' is no operator", 6, "<>", "write !="),
    ("rmse ≥ 1", "'≥' is no operator", 6, "≥", "write >="),
    ("rmse < 1 && loss < 1", "'&&' is no operator", 10, "&&", "write and"),
    ("!tags.broken", "'!' is no operator", 1, "!", "write not"),
    ("model like xgb", "expected an operator after model, found 'like'", 7, "like", "did you mean contains?"),
    ("model contians xgb", "expected an operator after model, found 'contians'", 7, "contians", "did you mean contains?"),
    ("model is none", "expected null after is, found 'none'", 10, "none", "write model is null"),
    ("model is not xgb", "expected null after is, found 'xgb'", 14, "xgb", "write model != …"),
    ("model not null", "expected an operator after model, found 'not'", 7, "not", "write model is not null"),
    ("model < null", "nothing is < null", 9, "null", "write model is null"),
    ("started ~ 2026", "'~' looks into text, and started is none", 9, "~", "compare started with < or >"),
    # values
    ("rmse <", "expected a value, found the end", 7, "", None),
    ("model = a b", "expected 'and' or 'or', found 'b'", 11, "b", 'text of several words goes in quotes: "a b"'),
    ("0 and 1", "expected a name, found '0'", 1, "0", "put the name first: metrics.rmse < 6.5"),
    ("model = or", "expected a value, found 'or'", 9, "or", 'text that is a keyword goes in quotes: "or"'),
    ("model = (a, b)", "expected a value, found '('", 9, "(", "several values go with in: params.model in (xgb, lgbm)"),
    ("model in a", "expected '(' after in, found 'a'", 10, "a", 'write in ("xgb", "lgbm")'),
    ("model in (a, null)", "null cannot stand in a list", 14, "null", "write model is null or model in (…)"),
    ("model in (a b)", "expected a comma or ')', found 'b'", 13, "b", "text of several words goes in quotes"),
    ("model in (tags.a)", "expected a value, found the name 'tags.a'", 11, "tags.a", "put it in quotes if it is text"),
    ("1e5 < 2", "expected a name, found '1e5'", 1, "1e5", "put the name first: metrics.rmse < 6.5"),
    ("loss < 1 < 2", "expected 'and' or 'or', found '<'", 10, "<", "join two comparisons with and: alpha > 0.1 and alpha < 0.5"),
    ("state = finnished", "there is no state 'finnished'", 9, "finnished", "did you mean finished?"),
    ("state in (lost, 7)", "there is no state '7'", 17, "7", "the states are running, finished, failed, killed, lost"),
    ("exit_code = none", 'exit_code is a number, and "none" is none', 13, "none", None),
    # times
    ("started > 2 days", "'2 days' is no date or time", 11, "2 days", "write 2 days ago"),
    ("duration > 5 parsecs", "'5 parsecs' is no length of time", 12, "5 parsecs", "did you mean secs?"),
    (
        "duration > 5 min and rmse < 2 min",
        "expected 'and' or 'or', found 'min'",
        31,
        "min",
        "only started, ended and duration are compared with times",
    ),
    ("duration = 5 min", "the duration of a run is never exactly 5 min", 12, "5 min", "compare with < or >"),
    ("started > rmse or rmse", "'rmse' is no date or time", 11, "rmse", None),
    ("started > 2026-02-30", "'2026-02-30' is no date or time", 11, "2026-02-30", None),
    ("started > params.x", "started and params.x cannot be compared: only one of them is a time", 11, "params.x", None),
    # brackets and quotes
    ("(rmse < 1", "this '(' is never closed", 1, "(", None),
    ("model in (a, b", "this '(' is never closed", 10, "(", None),
    ("started > yestrday", "'yestrday' is no date or time", 11, "yestrday", "did you mean yesterday?"),
    ("rmse < 1)", "this ')' closes nothing", 9, ")", None),
    ("model = 'a", "the quote ' is never closed", 9, "'", "close it with '"),
    ("rmse; loss", "';' means nothing here", 5, ";", "put text that holds it in quotes"),
    ("model ~ 'a(b'", "not a regular expression: missing ), unterminated subpattern", 11, "(", None),
    ("model ~ a+?**", "not a regular expression: multiple repeat", 12, "*", None),
    ("model ~ 'a\\'(b'", "not a regular expression: missing ), unterminated subpattern", 13, "(", None),
]
_DATES = "write a date such as 2026-11-20 or 2026-11-20 14:30, today, yesterday, or 2 days ago"


@pytest.mark.parametrize(("text", "problem", "column", "marked", "hint"), CASES)
def test_a_refusal_points_at_the_place(text: str, problem: str, column: int, marked: str, hint: str | None) -> None:
    with pytest.raises((BadQuery, Conflict)) as raised:
        bind(parse(text), NAMES)
    blanks, carets = " " * (column - 1), "^" * max(1, len(marked))
    assert raised.value.message == f"{problem} (column {column})\n  {text}\n  {blanks}{carets}"
    assert text[column - 1 :].startswith(marked)
    assert raised.value.hint == (_DATES if "is no date" in problem and hint is None else hint)


def test_a_refusal_is_bad_input_and_two_meanings_are_a_conflict() -> None:
    with pytest.raises(BadInput) as raised:
        parse("rmse <")
    assert (raised.value.code, raised.value.status) == ("bad-query", 5)
    with pytest.raises(Conflict) as twice:
        bind(parse("alpha < 1"), NAMES)
    assert (twice.value.code, twice.value.status) == ("conflict", 4)


def test_an_empty_filter_has_no_place_to_point_at() -> None:
    for text in ("", " \n"):
        with pytest.raises(BadQuery) as raised:
            parse(text)
        assert raised.value.message == "the filter is empty"
        assert raised.value.hint == "write one such as: metrics.rmse < 6.5"


def test_a_field_must_be_one_name() -> None:
    with pytest.raises(BadQuery) as raised:
        field("rmse < 3", NAMES)
    assert raised.value.message == "expected one name, found '<' after it (column 6)\n  rmse < 3\n       ^"
    with pytest.raises(BadQuery) as raised:
        order(" -rmes", NAMES)
    assert raised.value.message == "no run has a metric, param or tag 'rmes' (column 3)\n   -rmes\n    ^^^^"
    assert raised.value.hint == "did you mean rmse?"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("模型 = 日本 x", "  模型 = 日本 x\n              ^"),
        ("e\u0301te\u0301 = a x", "  e\u0301te\u0301 = a x\n          ^"),
        ("a\t=\nb x", "  a = b x\n        ^"),
        ("a = '\x1b[31m' x", "  a = '\ufffd[31m' x\n              ^"),
        ("a = '\udc80' x", "  a = '\ufffd' x\n          ^"),
    ],
)
def test_the_caret_stands_below_the_place_on_a_terminal(text: str, shown: str) -> None:
    with pytest.raises(BadQuery) as raised:
        parse(text)
    assert raised.value.message.partition("\n")[2] == shown


def test_a_long_filter_is_shown_around_the_place() -> None:
    start, end = "name = a and " * 20, " and name = b" * 20
    for text in (f"{start}name zz 1{end}", f"name zz 1{end}", f"{start}name zz 1", f"{start}name zz"):
        with pytest.raises(BadQuery) as raised:
            parse(text)
        first, line, carets = raised.value.message.splitlines()
        assert first == f"expected an operator after name, found 'zz' (column {text.index('zz') + 1})"
        assert line[carets.index("^") : carets.rindex("^") + 1] == "zz"
        assert len(line) <= 2 + 72 + 2
        assert line.startswith("  …") == (text.index("zz") > 40)
        assert line.endswith("…") == text.endswith(end)


def test_a_name_of_many_letters_does_not_fill_the_screen() -> None:
    with pytest.raises(BadQuery) as raised:
        bind(parse("x" * 5000), NAMES)
    assert [len(line) <= 110 for line in raised.value.message.splitlines()] == [True, True, True]
