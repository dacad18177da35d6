"""Tables on terminals of some width: whole pictures."""

from __future__ import annotations

from runlog.render.table import Table, folded, plain, pretty

RUNS = Table(
    ("run", "name", "alpha", "loss", "accuracy", "a_name_that_is_rather_long"),
    (
        ("k3f9x2", "ridge", "0.1", "0.31", "0.9", "1"),
        ("ab3d9f", "Größe 模型 🚀 und noch mehr", "0.25", "12.5", "0.85", "2"),
        ("q8w7e6", "", "", "nan", "", ""),
    ),
    frozenset({3, 4, 5}),
    frozenset({(0, 3), (0, 4)}),
)


def test_all_of_it_where_there_is_room() -> None:
    assert (
        pretty(RUNS, 160, False)
        == folded(RUNS, 160, False)
        == """\
run     name                         alpha  loss    accuracy    a_name_that_is_rather_long
k3f9x2  ridge                        0.1    0.31 *       0.9 *                           1
ab3d9f  Größe 模型 🚀 und noch mehr  0.25   12.5        0.85                             2
q8w7e6                                       nan
"""
    )


def test_words_are_cut_before_columns_are_left_out() -> None:
    assert (
        pretty(RUNS, 80, False)
        == """\
run     name                   alpha  loss    accuracy    a_name_tha…ather_long
k3f9x2  ridge                  0.1    0.31 *       0.9 *                      1
ab3d9f  Größe 模型 🚀 und no…  0.25   12.5        0.85                        2
q8w7e6                                 nan
"""
    )
    assert (
        pretty(RUNS, 40, False)
        == """\
run     name               alpha  loss
k3f9x2  ridge              0.1    0.31 *
ab3d9f  Größe 模型 🚀 un…  0.25   12.5
q8w7e6                             nan
not shown: accuracy, a_name_th…her_long
"""
    )


def test_what_is_important_is_shown_first_and_stays_in_its_place() -> None:
    assert (
        pretty(RUNS._replace(first=(0, 4, 3)), 30, False)
        == """\
run     loss    accuracy
k3f9x2  0.31 *       0.9 *
ab3d9f  12.5        0.85
q8w7e6   nan
not shown: name and 2 more
"""
    )
    assert pretty(RUNS._replace(first=(0, 4, 3)), 160, False) == pretty(RUNS, 160, False)


def test_what_comes_first_can_be_read_before_others_are_shown_at_all() -> None:
    states = ("failed (137)", "finished", "running")
    rows = tuple((run, f"seed-{run}-of-{'x' * 30}", state, "9d ago") for run, state in zip("abc", states, strict=True))
    table = Table(("run", "name", "state", "started"), rows, first=(0, 1, 2), whole=frozenset({2}))
    assert (
        pretty(table, 40, False)
        == """\
run  name                   state
a    seed-a-of-xxxxxxxxxx…  failed (137)
b    seed-b-of-xxxxxxxxxx…  finished
c    seed-c-of-xxxxxxxxxx…  running
not shown: started
"""
    )
    assert (
        pretty(table, 20, False)
        == """\
run  name
a    seed-a-of-xxxx…
b    seed-b-of-xxxx…
c    seed-c-of-xxxx…
not shown: state an…
"""
    )


def sweep(count: int) -> Table:
    """Runs with long names that differ in three places."""
    names = [f"sweep/optimizer=adam/model=resnet{at % 7}/trial-number-{at:05}-of-many-and-so-on" for at in range(count)]
    rows = tuple((f"s{at:05}", name, "finished", "4m ago", "0.0s", "2") for at, name in enumerate(names))
    headings = ("run", "name", "state", "started", "took", "loss")
    return Table(headings, rows, frozenset({4, 5}), first=(0, 1, 2, 5), then=(3,), whole=frozenset({0, 2}))


def test_names_that_differ_in_many_places_leave_room_for_other_columns() -> None:
    lines = pretty(sweep(50), 80, False).splitlines()
    assert [lines[0], lines[1], lines[50]] == [
        "run     name                                      state     started  took  loss",
        "s00000  sweep/optimi…0/trial-numb…00-of-many-an…  finished  4m ago   0.0s     2",
        "s00049  sweep/optimi…0/trial-numb…49-of-many-an…  finished  4m ago   0.0s     2",
    ]
    assert len(lines) == 51
    assert [pretty(sweep(50), most, False).splitlines()[at] for most in (40, 60) for at in (0, 1, -1)] == [
        "run     name              state     loss",
        "s00000  swee…0/tr…00-of…  finished     2",
        "not shown: started, took",
        "run     name                         state     started  loss",
        "s00000  sweep/o…0/trial…00-of-ma…    finished  4m ago      2",
        "not shown: took",
    ]


def test_of_hundreds_of_rows_only_what_they_are_known_by_is_told_apart() -> None:
    table = sweep(201)
    shown = [pretty(table, most, False).splitlines()[at] for most in (20, 80) for at in (0, 1, 201)]
    assert shown == [
        "run     name",
        "s00000  sweep/optim…",
        "s00200  sweep/optim…",
        "run     name                                      state     started  took  loss",
        "s00000  sweep/optimizer=adam/model=resnet0/tria…  finished  4m ago   0.0s     2",
        "s00200  sweep/optimizer=adam/model=resnet4/tria…  finished  4m ago   0.0s     2",
    ]
    paths = tuple((f"/data/{'long/' * 9}{at:03}.csv", "1") for at in range(201))
    assert len({line.split()[0] for line in pretty(Table(("path", "size"), paths), 40, False).splitlines()}) == 202


def test_a_comparison_is_turned_or_folded() -> None:
    assert (
        folded(RUNS, 40, False)
        == """\
run         k3f9x2        ab3d9f  q8w7e6
name         ridge     Größe 模…
alpha          0.1          0.25
loss          0.31 *        12.5     nan
accuracy       0.9 *        0.85
a_name_th…       1             2
"""
    )
    assert (
        folded(RUNS, 30, False)
        == """\
run     name             alpha
k3f9x2  ridge            0.1
ab3d9f  Größe 模型 🚀 …  0.25
q8w7e6

run     loss    accuracy
k3f9x2  0.31 *       0.9 *
ab3d9f  12.5        0.85
q8w7e6   nan

run     a_name_that…ather_long
k3f9x2                       1
ab3d9f                       2
q8w7e6
"""
    )


def paths(count: int) -> Table:
    """Runs of which nothing is short, and what differs is at the end, in the middle or at the beginning."""
    names = [f"{data}/{name}" for data in ("training", "validation") for name in ("mean_absolute_error", "mean_squared_error")]
    rows = [
        (f"{at:06}", "n" * 97 + f"-{at:02}", "模型" * 9 + "甲乙丙"[at] + "大きい" * 9, f"/data/{'long/' * 20}{at}.csv", *"1234")
        for at in range(count)
    ]
    return Table(("run", "name", "模", "data_path", *names), tuple(rows), frozenset(range(4, 8)), frozenset({(0, 4), (1, 5)}))


def test_what_differs_looks_different() -> None:
    assert (
        folded(paths(3), 40, False)
        == """\
run     name             模
000000  nnnnnnn…nnnn-00  模型模…甲大き…
000001  nnnnnnn…nnnn-01  模型模…乙大き…
000002  nnnnnnn…nnnn-02  模型模…丙大き…

run     data_path         train…absol…
000000  /data/l…g/0.csv              1 *
000001  /data/l…g/1.csv              1
000002  /data/l…g/2.csv              1

run      train…squar…    validat…e_error
000000              2                  3
000001              2 *                3
000002              2                  3

run     validation/mean_squared_error
000000                              4
000001                              4
000002                              4
"""
    )
    assert (
        folded(paths(3), 80, False)
        == """\
run                       000000            000001              000002
name              nnnnnnn…nnn-00    nnnnnnn…nnn-01    nnnnnnnn…nnnn-02
模                模型模…甲大き…    模型模…乙大き…      模型模…丙大き…
data_path         /data/l…/0.csv    /data/l…/1.csv    /data/lo…g/2.csv
training…e_error               1 *               1                   1
training…d_error               2                 2 *                 2
validati…e_error               3                 3                   3
validati…d_error               4                 4                   4
"""
    )
    assert (
        pretty(paths(3), 80, False)
        == """\
run     name              模                data_path         traini…absolu…
000000  nnnnnnnn…nnnn-00  模型模…甲大き…    /data/lo…g/0.csv               1 *
000001  nnnnnnnn…nnnn-01  模型模…乙大き…    /data/lo…g/1.csv               1
000002  nnnnnnnn…nnnn-02  模型模…丙大き…    /data/lo…g/2.csv               1
not shown: training/mea…uared_error, validation/m…olute_error and 1 more
"""
    )


def test_figures_that_are_too_wide_have_several_lines_and_rows_that_look_alike_have_numbers() -> None:
    figures = ("0.953319 (+0.001235, +0.1%)", "0.95 ± 0.01 (95% ±0.04)", "1")
    models = (("ridge", "0.1"), ("ridge", "0.2"), ("an oak of a rather long name", "0.2"))
    rows = tuple((*about, figure) for about, figure in zip(models, figures, strict=True))
    groups = Table(("model", "lr", "loss"), rows, frozenset({1, 2}), frozenset({(0, 2)}))
    assert (
        folded(groups, 30, False)
        == """\
model        lr         loss
ridge       0.1     0.953319 *
                 (+0.001235,
                      +0.1%)
ridge       0.2  0.95 ± 0.01
                 (95% ±0.04)
an oak of…  0.2            1
"""
    )
    assert (
        folded(groups, 24, False)
        == """\
#  model              lr
1  ridge             0.1
2  ridge             0.2
3  an oak of a rat…  0.2

#                loss
1            0.953319 *
   (+0.001235, +0.1%)
2         0.95 ± 0.01
          (95% ±0.04)
3                   1
"""
    )


def test_figures_that_say_how_many_they_are_of_are_not_cut() -> None:
    rows = (("ridge", "0.46 ± 0.28 (95% ±0.15) of 16", "3 of a kind"), ("oak", "52 of 1", "0.5"))
    groups = Table(("model", "accuracy", "about"), rows, frozenset({1}), frozenset({(1, 1)}))
    assert (
        folded(groups, 40, False)
        == """\
model                       accuracy
ridge  0.46 ± 0.28 (95% ±0.15) of 16
oak                          52 of 1 *

model  about
ridge  3 of a kind
oak    0.5
"""
    )
    assert (
        folded(groups, 30, False)
        == """\
model           accuracy
ridge        0.46 ± 0.28
       (95% ±0.15) of 16
oak              52 of 1 *

model  about
ridge  3 of a kind
oak    0.5
"""
    )


def test_rows_that_are_beside_each_other_are_turned_only_where_two_of_them_fit() -> None:
    figure = "0.25 ± 0.12 (95% ±0.31) of 3"
    names = [f"metric_{place:02}" for place in range(31)]
    groups = Table(("model", *names), (("ridge", *[figure] * 31), ("oak", *[figure] * 31)), frozenset(range(1, 32)), beside=True)
    blocks = [f"model{name:>30}\nridge  {figure}\noak    {figure}\n" for name in names]
    assert folded(groups, 40, False) == "\n".join(blocks[:30]) + "not shown: metric_30\n"
    across = [f"model{'ridge':>34}{'oak':>30}\n", *(f"{name}  {figure}  {figure}\n" for name in names)]
    assert folded(groups, 80, False) == "".join(across)
    alone = [f"model{'ridge':>34}\n", *(f"{name}  {figure}\n" for name in names)]
    each = ["".join(alone), "".join(alone).replace("ridge", "  oak")]
    assert folded(groups._replace(beside=False), 40, False) == "\n".join(each)


def test_a_hundred_runs_of_two_hundred_metrics() -> None:
    names = tuple(f"metric_{place}" for place in range(200))
    rows = tuple((f"run{at:03}", *(str(at * 1000 + place) for place in range(200))) for at in range(100))
    table = Table(("run", *names), rows, frozenset(range(1, 201)))
    for most in (40, 80, 160):
        lines = folded(table, most, False).splitlines()
        assert max(map(len, lines)) <= most
        assert [line.split()[0] for line in lines[1:-1]] == [row[0] for row in rows]
        assert lines[-1].startswith("not shown: metric_") and lines[-1].endswith(" more")
    assert lines[-1] == (
        "not shown: metric_14, metric_15, metric_16, metric_17, metric_18, metric_19, metric_20, metric_21, metric_22, "
        "metric_23, metric_24, metric_25 and 174 more"
    )


def test_colours_are_beside_the_text() -> None:
    table = Table(("run", "loss"), (("a", "1"), ("b", "2")), frozenset({1}), frozenset({(0, 1)}))
    assert pretty(table, 80, True) == "\x1b[1mrun\x1b[0m  \x1b[1mloss  \x1b[0m\na    \x1b[1;32m   1 *\x1b[0m\nb       2\n"


def test_for_programs_nothing_is_cut() -> None:
    assert plain(RUNS).splitlines()[2] == "ab3d9f\tGröße 模型 🚀 und noch mehr\t0.25\t12.5\t0.85\t2"


def test_where_not_all_fits_metrics_and_params_share_the_room() -> None:
    """The table of four runs with 150 params and 200 metrics: half of what can be looked at are metrics, which come first."""
    params = tuple(f"param_{place:03}" for place in range(150))
    metrics = tuple(f"metric_{place:03}" for place in range(200))
    headings = ("run", "name", *params, *metrics)
    rows = tuple((f"run{at}", f"{at}-{'x' * 30}", *["p" * 18] * 150, *[f"{at}.25"] * 200) for at in range(4))
    table = Table(headings, rows, frozenset(range(152, 352)), first=(0, 1, *range(152, 352)))
    lines = folded(table, 80, False).splitlines()
    shown = [name for line in lines if line.startswith("run ") for name in line.split()[1:]]
    assert shown == ["name", *metrics[:47], *params[:47]]
    assert (len(lines), lines[-1]) == (120, "not shown: metric_047, metric_048, metric_049, metric_050 and 252 more")
    few = Table(headings[:62], tuple(row[:62] for row in rows), first=(0, 1))
    whole = folded(few, 80, False)
    assert [name for line in whole.splitlines() if line.startswith("run ") for name in line.split()[1:]] == [*headings[1:62]]
    assert "not shown" not in whole
