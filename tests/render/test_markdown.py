"""Tables for a pull request."""

from __future__ import annotations

from runlog.render.markdown import escaped, for_pull_request, markdown, remarks
from runlog.render.table import Table

_COMMENT = 65_536  # characters that GitHub takes


def table(rows: int, columns: int) -> Table:
    """Runs and metrics whose first one is best in the first run."""
    names = [f"metric_{place}" for place in range(columns)]
    cells = tuple((f"run{at:03}", *(f"0.{at:03}{place:03}" for place in range(columns))) for at in range(rows))
    return Table(("run", *names), cells, frozenset(range(1, columns + 1)), frozenset({(0, 1)}))


def test_what_would_mean_something_is_escaped() -> None:
    assert markdown(Table(("run", "a|b"), (("k", "x|y\r\nz"), ("*", "1")), frozenset({1}), frozenset({(0, 1)}))) == (
        "| run | a\\|b |\n| --- | --: |\n| k | **x\\|y z** |\n| \\* | 1 |\n"
    )
    assert (
        escaped("<b>1</b> *star*_1_ `a` ~b~ [c](d) &amp; \\")
        == "\\<b>1\\</b> \\*star\\*\\_1\\_ \\`a\\` \\~b\\~ \\[c\\](d) \\&amp; \\\\"
    )
    assert (
        escaped("mean_absolute_error -1 4.25 ± 0.35 (95% ±3.18) a & b") == "mean_absolute_error -1 4.25 ± 0.35 (95% ±3.18) a & b"
    )


def test_few_runs_of_which_much_is_known_are_turned() -> None:
    assert for_pull_request(table(2, 11)) == markdown(table(2, 11))
    lines = for_pull_request(table(2, 305)).splitlines()
    assert lines[:4] == [
        "| run | run000 | run001 |",
        "| --- | --: | --: |",
        "| metric_0 | **0.000000** | 0.001000 |",
        "| metric_1 | 0.000001 | 0.001001 |",
    ]
    assert (len(lines), lines[-1]) == (307, "| metric_304 | 0.000304 | 0.001304 |")


def test_more_columns_than_one_can_look_at_are_several_tables() -> None:
    tables = for_pull_request(table(30, 25)).split("\n\n")
    assert [(found.splitlines()[0].split(" | ")[1], len(found.splitlines())) for found in tables] == [
        ("metric_0", 32),
        ("metric_11", 32),
        ("metric_22", 32),
    ]


def test_no_more_than_a_comment_takes() -> None:
    metrics = {(100, 200): 48, (2, 5000): 1576, (3000, 40): 11}
    rows = {(3000, 40): "2548 of 3000 rows, ", (5000, 2): "3252 of 5000 rows"}
    for size in (*metrics, (5000, 2)):
        text = for_pull_request(table(*size))
        assert len(text) < _COMMENT - 5000
        begin = metrics.get(size, size[1])
        more = ", ".join(f"metric_{place}" for place in range(begin, min(begin + 8, size[1])))
        end = f" and {size[1] - begin - 8} more" if size[1] > begin + 8 else ""
        assert text.splitlines()[-1] == f"not shown: {rows.get(size, '')}{more}{end}. `--csv` has all of it"
    long = Table(("run", "text"), tuple((f"run{at}", "x" * 100_000) for at in range(2)))
    assert for_pull_request(long).splitlines()[2] == f"| run0 | {'x' * 399}… |"


def test_remarks_are_a_list_with_an_end() -> None:
    assert remarks(["input '<a>' is other data", "b"]) == "- input '\\<a>' is other data\n- b\n"
    many = remarks(f"input {place} is other data" for place in range(1000))
    assert many.endswith("- and 842 more\n") and len(many) < 4100
