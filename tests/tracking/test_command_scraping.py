"""Metrics out of what a program prints."""

import math
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runlog.errors import UsageError
from runlog.tracking.command.scraping import Scraper, by_pattern, by_words, compiled

Point = tuple[dict[str, float], int | None]


def scraped(chunks: Sequence[bytes], patterns: Sequence[str] = (), plain: bool = True) -> list[Point]:
    found: list[Point] = []
    scraper = Scraper(lambda values, step: found.append((values, step)), [compiled(pattern) for pattern in patterns], plain)
    hear = scraper.stream()
    for chunk in chunks:
        hear(chunk)
    scraper.close()
    return found


@pytest.mark.parametrize(
    ("line", "values", "step"),
    [
        ("loss: 0.31", {"loss": 0.31}, None),
        ("epoch=3 loss=0.31", {"loss": 0.31}, 3),
        ("Epoch 3/10: loss=0.31, acc: 93.1%", {"loss": 0.31, "acc": 93.1}, 3),
        ("epoch 1 step 20 loss 0.5 lr=1e-3", {"lr": 0.001}, 20),
        ("step=5, loss=nan, grad=-inf", {"loss": math.nan, "grad": -math.inf}, 5),
        ("iter: 7 | train loss: .5 | val loss: 4.", {"train_loss": 0.5, "val_loss": 4.0}, 7),
        ("{'loss': 0.31, 'learning_rate': 5e-05, 'epoch': 0.5}", {"loss": 0.31, "learning_rate": 5e-05, "epoch": 0.5}, None),
        ('{"loss": 0.31, "step": 12}', {"loss": 0.31}, 12),
        ("Epoch: [2][ 10/391] Loss 0.3 Prec@1: 71.5", {"Prec@1": 71.5}, 2),
        ("938/938 - 2s 2ms/step - accuracy: 0.9131 - loss: 0.3067", {"accuracy": 0.9131, "loss": 0.3067}, None),
        ("INFO:root:loss: 0.31.", {"loss": 0.31}, None),
        ("loss: 1,234.5 mae=1,000,000 acc: 0,31 step 1,000", {}, None),
        ("loss=0.5,acc=3, x: 4,", {"loss": 0.5, "acc": 3.0, "x": 4.0}, None),
        ("val/loss=0.2 model.norm = 3", {"val/loss": 0.2, "model.norm": 3.0}, None),
        ("loss:0.31 acc:1", {"loss": 0.31}, None),
        ("Step 00010 loss=1", {"loss": 1.0}, 10),
        ("global_step=9 epoch=1 loss=2", {"loss": 2.0}, 9),
        ("2024-01-01 12:30:45,123 time: 12:30 version: 1.2.3 http://host:8080/ host:80", {}, None),
        ("took 3.2s, size=10MB, eta: 0:01:30, step_time=5ms", {}, None),
        ("epochs: 10", {"epochs": 10.0}, None),
        ("step 5it/s", {}, None),
        ("nothing here", {}, None),
        ("step 4", {}, 4),
        (f"step {2**70} loss=1", {"loss": 1.0}, None),
    ],
)
def test_lines_as_training_programs_print_them(line: str, values: dict[str, float], step: int | None) -> None:
    found = by_words(line)
    assert repr(found) == repr((values, step))


def test_a_step_counts_for_the_lines_below() -> None:
    text = b"Epoch 1/2\nloss: 0.5\nEpoch 2/2\nloss: 0.4\nstep=9 loss=0.3\nloss=0.2\n"
    assert scraped([text]) == [({"loss": 0.5}, 1), ({"loss": 0.4}, 2), ({"loss": 0.3}, 9), ({"loss": 0.2}, 9)]


def test_of_a_line_drawn_over_and_over_the_last_state_counts() -> None:
    bar = b"\r 0/3 loss=0.9\r 1/3 loss=0.8\x1b[K\r\x1b[32m 3/3 loss=0.7\x1b[0m\r\nloss=0.6\b\b\b0.5\r\n"
    assert scraped([bar]) == [({"loss": 0.7}, None)]
    assert scraped([b"a\rloss=0.1"]) == [({"loss": 0.1}, None)]


def test_endless_lines_are_not_kept() -> None:
    noise = b"\r 50% loss=0.9" * 20_000
    assert scraped([noise, noise, b"\r100% loss=0.1\nloss=2\n"]) == [({"loss": 0.1}, None), ({"loss": 2.0}, None)]


def test_streams_do_not_mix() -> None:
    found: list[Point] = []
    scraper = Scraper(lambda values, step: found.append((values, step)), [], True)
    one, other = scraper.stream(), scraper.stream()
    one(b"step 5\nloss=")
    other(b"acc=1\n")
    one(b"2\n")
    assert found == [({"acc": 1.0}, None), ({"loss": 2.0}, 5)]


LINES = st.lists(
    st.sampled_from([b"loss=0.5", b"step=3 loss=1e-3", b"\r1/2\r2/2 acc: 3", b"noise", b"", b"\xff\xfe x=1 \xc3\xa4"])
)


@given(LINES, st.data())
def test_it_does_not_matter_how_the_bytes_arrive(lines: list[bytes], data: st.DataObject) -> None:
    text = b"\n".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=10)))
    chunks = [text[one:other] for one, other in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert scraped(chunks) == scraped([text])


@given(st.text())
def test_no_line_is_too_odd(line: str) -> None:
    values, step = by_words(line)
    assert all(isinstance(value, float) for value in values.values())
    assert step is None or step >= 0


def test_names_are_not_without_number() -> None:
    lines = b"".join(b"m%d=1\n" % number for number in range(3000))
    assert len({name for values, _ in scraped([lines, b"m5=2\n"]) for name in values}) == 1000


@pytest.mark.parametrize(
    ("pattern", "line", "values", "step"),
    [
        (r"loss is (?P<loss>\S+)", "the loss is 0.31, loss is nan", {"loss": math.nan}, None),
        (r"e(?P<epoch>\d+): (?P<loss>[\d.]+) (?P<acc>[\d.]+)%?", "e3: 0.31 93.1%", {"loss": 0.31, "acc": 93.1}, 3),
        (r"(?P<name>\w+)=(?P<value>\S+)", "loss=0.31; acc=0.9, who=me step=4", {"loss": 0.31, "acc": 0.9}, 4),
        (r"(?P<loss>x)?y", "y", {}, None),
        (r"(?P<step>\S+) (?P<loss>\d)", "nan 1", {"step": math.nan, "loss": 1.0}, None),
    ],
)
def test_regular_expressions(pattern: str, line: str, values: dict[str, float], step: int | None) -> None:
    assert repr(by_pattern(compiled(pattern), line)) == repr((values, step))


def test_expressions_alone_find_nothing_else() -> None:
    assert scraped([b"loss=1 acc=2\n"], [r"acc=(?P<accuracy>\d)"], plain=False) == [({"accuracy": 2.0}, None)]


@pytest.mark.parametrize("pattern", ["(", "loss=(\\d+)", "loss"])
def test_expressions_that_name_no_metric_are_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match=re.escape(repr(pattern))) as caught:
        compiled(pattern)
    assert caught.value.hint == "--metric-regex 'loss is (?P<loss>\\S+)'"
