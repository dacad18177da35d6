"""`runlog help TOPIC`: what belongs to no command alone."""

from __future__ import annotations

import textwrap
from typing import NamedTuple


class Topic(NamedTuple):
    """A page: what it is about, words or examples with their meaning, and what else there is to say."""

    about: str
    rows: dict[str, str]
    more: str = ""


STATUSES = {
    "0": "done",
    "1": "done in part, a check was not clean, or a gate was not passed",
    "2": "wrong usage",
    "3": "not found",
    "4": "ambiguous or conflicting",
    "5": "bad input",
    "6": "the store cannot be read or written",
    "7": "the outside world failed",
    "70": "a bug in runlog",
    "128+n": "ended by signal n",
}
TOPICS = {
    "filters": Topic(
        "Which runs are meant, with --where on every command that lists or names runs. Of several --where all must be true.",
        {
            "rmse < 6.5": "a metric by its last value, a param or a tag",
            "params.alpha >= 0.1": "metrics., params. and tags. tell apart what has one name",
            "params.model in (xgb, lgbm)": "one of several; = and != as well",
            "min(loss) < 0.1": "also max, first, last, count",
            "step of min(loss) > 100": "where it was that",
            "tags.good and not tags.broken": "a name alone: it is there",
            "name contains tuned": "a piece of a text",
            "params.model matches '^xgb'": "a regular expression; ~ and !~ do as well",
            "params.seed is null": "it is missing; is not null",
            "started > 2 days ago": "or a date as 2026-11-20, today, yesterday",
            "duration > 1h30m": "a length of time",
            "state = failed or exit_code != 0": "and, or, not, parentheses",
        },
        "Numbers compare with numbers, text with text. What is missing makes every test false. A name with blanks or signs "
        "goes in `backquotes`. Every run has id, name, experiment, state, started, ended, duration, parent, note, user, host, "
        "exit_code, code.commit, code.branch and code.dirty. --sort, --cols and --format take the same names.",
    ),
    "runs": Topic(
        "How a run is named, wherever a command takes a RUN.",
        {
            "k3f9x2": "a piece of its id that no other has",
            "ridge": "its name",
            "@duration/ridge": "its name in one experiment",
            "@last, @last~2": "the newest, the second before it",
            "@best:rmse": "that with the best value of a metric",
            "-": "those that standard input names, as runlog ls -q does",
        },
        "Filters say among which runs it is looked for, as in runlog show @last --tag model=xgb. Where a command is about "
        "several runs and none is named, all that fit are meant, as in runlog compare --tag sweep=a.",
    ),
    "statuses": Topic(
        "What the exit status says.",
        STATUSES,
        "runlog run leaves with the status of the program it ran, whatever happened to the tracking.",
    ),
    "environment": Topic(
        "Variables that say how runlog works, and those that the programs of a run see.",
        {
            "RUNLOG_STORE": "the store, instead of the nearest .runlog",
            "RUNLOG_EXPERIMENT": "the experiment of runs that name none",
            "RUNLOG_STRICT=1": "a log call that fails raises, instead of one warning",
            "RUNLOG_CAPTURE=off": "code, environment and origin of runs are not captured",
            "RUNLOG_CAPTURE_VARIABLES": "further variables that runs remember, as SITE,MY_*",
            "RUNLOG_SHARE=never": "artifacts are never shared between runs",
            "RUNLOG_INDEX=off": "large stores are read without the index",
            "RUNLOG_CACHE": "the folder of what may be forgotten, else ~/.cache/runlog",
            "RUNLOG_SEGMENT_BYTES": "how long a log grows before it becomes Parquet",
            "RUNLOG_TRUST_MODELS=1": "models may run the code that is in them",
            "RUNLOG_DEBUG=1": "a bug in runlog shows its traceback",
            "NO_COLOR=1": "no colours",
            "RUNLOG_RUN_ID, RUNLOG_RUN_DIR": "in a run: the run and its folder",
            "RUNLOG_METRICS": "in a run: a file that takes metrics, a line of JSON each",
            "RUNLOG_PARAM_ALPHA": "in a run: the param alpha",
        },
    ),
}


TOPICS["topics"] = Topic("What runlog help explains besides commands.", {name: topic.about for name, topic in TOPICS.items()})


def page(topic: str, width: int) -> str:
    """A topic in lines of at most so many columns."""
    about, rows, more = TOPICS[topic]
    first = max(map(len, rows)) + 4
    narrow = width - first < 24  # meanings go below what they explain
    lines = [*textwrap.wrap(about, width), ""]
    for word, meaning in rows.items():
        if narrow:
            lines += [f"  {word}", *textwrap.wrap(meaning, width, initial_indent="      ", subsequent_indent="      ")]
        else:
            lines += textwrap.wrap(meaning, width, initial_indent=f"  {word}".ljust(first), subsequent_indent=" " * first)
    lines += ["", *textwrap.wrap(more, width)] if more else []
    return "".join(f"{line}\n" for line in lines)
