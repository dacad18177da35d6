"""From all that was said to the run as it stands: in any order of files the same, and the last word counts."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from runlog.records import Artifact, Birth, Entry, Kind, Metric, Process, RunRecord, Said
from runlog.store.fold import LOST_AFTER, fold
from tests.store.behind import NOW, RUN, WRITERS, process_object

HERE = Process(pid=100, started=5, host="here", boot="b", namespace="n", user="ada")
BIRTH = Birth(RUN, "default", "born", NOW, None, None, {"alpha": 0.1}, {"model": "ridge"}, {}, HERE, {})
SECOND = 10**9


def entry(at: int, kind: Kind, key: str = "", value: Any = None) -> Entry:
    return Entry(NOW + at * 1000, kind, key, value)


def opened(at: int, role: str = "main", pid: int = 100) -> Entry:
    return entry(at, "open", "", {"role": role, "process": {**process_object(pid), "host": "here"}})


def ended(at: int, state: str, role: str = "main", **more: Any) -> Entry:
    return entry(at, "end", "", {"role": role, "state": state, **more})


def said(writer: str, *entries: Entry, metrics: dict[str, Metric] | None = None, process: Process | None = HERE) -> Said:
    last = max((found.at for found in entries), default=NOW)
    return Said(writer, len(entries), process, entries, metrics or {}, sum(m.count for m in (metrics or {}).values()), last)


def folded(*words: Said, alive: bool | None = True, now: int = NOW, birth: Birth = BIRTH) -> RunRecord:
    return fold(birth, "experiments/default/x", words, lambda process: alive, now)


KEYS = st.sampled_from(["a", "b"])
MOMENTS = st.integers(0, 6)  # few, so that many things are said at one time
SPOKEN = st.one_of(
    st.builds(entry, MOMENTS, st.just("param"), KEYS, st.integers(0, 2) | st.just(math.nan)),
    st.builds(entry, MOMENTS, st.just("tag"), KEYS, st.sampled_from(["x", "y"])),
    st.builds(entry, MOMENTS, st.just("untag"), KEYS),
    st.builds(entry, MOMENTS, st.sampled_from(["name", "note", "experiment"]), st.just(""), st.sampled_from(["p", "q"])),
    st.builds(
        entry, MOMENTS, st.just("artifact"), KEYS, st.fixed_dictionaries({"bytes": st.integers(0, 3), "sha256": st.just("x")})
    ),
    st.builds(entry, MOMENTS, st.just("input"), KEYS, st.just({"path": "p", "bytes": 1, "sha256": "x"})),
    st.builds(entry, MOMENTS, st.just("lost"), st.just("artifacts/a"), st.just("gone")),
    st.builds(entry, MOMENTS, st.just("problem"), st.just(""), st.sampled_from(["one", "two"])),
    st.builds(entry, MOMENTS, st.just("removed"), st.just(""), st.booleans()),
    st.builds(opened, MOMENTS, st.sampled_from(["main", "side"])),
    st.builds(ended, MOMENTS, st.sampled_from(["finished", "failed", "killed"]), st.sampled_from(["main", "side"])),
)
METRICS = st.dictionaries(
    KEYS,
    st.builds(
        lambda value, step, at: Metric(
            1, value, value, step, NOW + at, None if math.isnan(value) else value, step, value, step, step, NOW + at
        ),
        st.floats(allow_nan=False),
        st.integers(0, 2),
        MOMENTS,
    ),
    max_size=2,
)
SAIDS = st.lists(st.tuples(st.lists(SPOKEN, max_size=6), METRICS), max_size=5).map(
    lambda words: [said(WRITERS[place], *spoken, metrics=metrics) for place, (spoken, metrics) in enumerate(words)]
)


@given(SAIDS, st.randoms(use_true_random=False))
def test_the_order_in_which_words_are_found_does_not_matter(words: list[Said], random: Any) -> None:
    shuffled = list(words)
    random.shuffle(shuffled)
    assert repr(folded(*shuffled)) == repr(folded(*words))


@settings(max_examples=200)
@given(SAIDS)
def test_the_last_word_counts(words: list[Said]) -> None:
    """Against a reckoning of one line for each thing: sort by time, then writer, then place."""
    spoken = sorted(
        ((found.at, one.writer, place, found) for one in words for place, found in enumerate(one.entries)),
        key=lambda known: known[:3],
    )
    in_order = [found for *_, found in spoken]
    run = folded(*words)

    def last(kind: str, before: Any) -> Any:
        return next((found.value for found in reversed(in_order) if found.kind == kind), before)

    assert (run.name, run.note, run.experiment) == (last("name", "born"), last("note", None), last("experiment", "default"))
    params: dict[str, list[Any]] = {"alpha": [0.1]}
    tags = {"model": "ridge"}
    artifacts: dict[str, Artifact] = {}
    for found in in_order:
        match found.kind:
            case "param":
                known = params.setdefault(found.key, [])
                if not known or repr(known[-1]) != repr(found.value):
                    known.append(found.value)
            case "tag":
                tags[found.key] = found.value
            case "untag":
                tags.pop(found.key, None)
            case "artifact":
                artifacts[found.key] = Artifact(found.key, found.value["bytes"], "x", found.at, found.key)
            case "lost":
                artifacts.pop("a", None)
            case _:
                pass
    assert repr(run.params) == repr({key: values[-1] for key, values in params.items()})
    assert repr(run.earlier_params) == repr({key: tuple(values[:-1]) for key, values in params.items() if len(values) > 1})
    assert (run.tags, run.artifacts) == (tags, artifacts)
    assert (run.removed_at is None) == (not last("removed", False))
    assert [problem for problem in run.problems if problem in {"one", "two"}] == [
        f.value for f in in_order if f.kind == "problem"
    ]
    opens = [found.at for found in in_order if found.kind == "open" and found.value["role"] == "main"]
    since = max(opens, default=NOW)
    ends = [found for found in in_order if found.kind == "end" and found.value["role"] == "main" and found.at >= since]
    assert run.state == (ends[-1].value["state"] if ends else "running")


@given(SAIDS)
def test_what_was_said_outside_the_run_is_in_its_place_among_the_rest(words: list[Said]) -> None:
    """One writer or several: the same entries, each at a time of its own, come to the same run."""
    entries = sorted((found for one in words for found in one.entries), key=lambda found: found.at)
    apart = [found._replace(at=NOW + place * 1000) for place, found in enumerate(entries)]
    split = [
        said(WRITERS[place % 7 + 8], *[found for number, found in enumerate(apart) if number % 7 == place]) for place in range(7)
    ]
    assert repr(folded(*split)._replace(process=HERE, last_sign=0)) == repr(
        folded(said(WRITERS[0], *apart))._replace(process=HERE, last_sign=0)
    )


def test_a_run_lives_while_its_process_does() -> None:
    words = said(WRITERS[0], opened(0), entry(1, "param", "a", 1))
    assert folded(words, alive=True).state == "running"
    lost = folded(words, alive=False)
    assert (lost.state, lost.ended_at) == ("lost", NOW + 1000)


def test_a_process_elsewhere_is_given_up_after_five_silent_minutes() -> None:
    words = said(WRITERS[0], opened(0))
    assert folded(words, alive=None, now=NOW + LOST_AFTER - 1).state == "running"
    assert folded(words, alive=None, now=NOW + LOST_AFTER).state == "lost"
    assert LOST_AFTER == 300 * SECOND


def test_the_end_of_a_helper_is_not_the_end_of_the_run() -> None:
    main, side = (
        said(WRITERS[0], opened(0)),
        said(WRITERS[1], opened(1, "side"), ended(2, "failed", "side", error={"type": "ValueError"})),
    )
    assert folded(main, side).state == "running"
    over = folded(main._replace(entries=(*main.entries, ended(3, "failed", exit_code=1))), side)
    assert over.end is not None
    assert (over.state, over.end.exit_code, over.end.error) == ("failed", 1, {"type": "ValueError"})


def test_a_resumed_run_runs_again_and_ends_anew() -> None:
    first = said(WRITERS[0], opened(0), ended(5, "killed", signal="SIGTERM"))
    second = said(WRITERS[1], opened(6))
    assert folded(first).state == "killed"
    assert folded(first, second).state == "running"
    assert folded(first, second, alive=False).state == "lost"
    assert folded(first, second._replace(entries=(*second.entries, ended(9, "finished")))).state == "finished"


def test_a_tag_from_outside_is_no_sign_of_life() -> None:
    words = said(WRITERS[0], opened(0))
    tagged = said(WRITERS[1], entry(500 * SECOND // 1000, "tag", "k", "v"))
    run = folded(words, tagged, alive=None, now=NOW + 501 * SECOND)
    assert (run.state, run.tags["k"]) == ("lost", "v")


def test_what_could_not_be_read_is_told() -> None:
    one, other = said(WRITERS[0])._replace(rejected=1, gaps=1), said(WRITERS[1])._replace(rejected=2)
    assert folded(one).problems == (
        "1 line of the metrics file could not be read and was kept aside",
        "1 damaged place in a metrics log was passed over",
    )
    assert folded(one, other).problems[0] == "3 lines of the metrics file could not be read and were kept aside"


def test_metrics_stand_in_the_order_in_which_people_count() -> None:
    names = ["layer-10", "layer-2", "b", "layer-1", "acc", "10", "9", "layer-2/w", "layer-02", "9" * 40, "²"]
    metric = Metric(1, 1.0, 1.0, 0, NOW, 1.0, 0, 1.0, 0, 0, NOW)
    ordered = ["9", "10", "9" * 40, "acc", "b", "layer-1", "layer-02", "layer-2", "layer-2/w", "layer-10", "²"]
    for words in ([names], [names[:5], names[5:]], [names[5:], names[:5]]):
        run = folded(*(said(writer, metrics=dict.fromkeys(part, metric)) for writer, part in zip(WRITERS, words, strict=False)))
        assert list(run.metrics) == ordered
