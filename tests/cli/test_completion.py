"""Completion, asked as the shells ask it, and in real shells on a terminal of their own."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import runlog
from runlog.cli.shells import Typed
from tests.cli.conftest import Answer, Cli
from tests.scene import ROOT, runlog_cli, tree
from tests.tracking.programs import Screen

# Enough of what a shell would mistake for its own: blanks, a quote, a dollar, a colon.
ODD = "it's 5 $ a:b"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A folder with a store of three runs; their ids by name."""
    monkeypatch.chdir(tmp_path)
    ids = {}
    for name, experiment, params in [("ridge", "duration", 0.1), ("xgb-best", "duration", 0.2), (ODD, "Other things", 0.3)]:
        with runlog.start_run(experiment=experiment, name=name, params={"alpha": params, "learning rate": 1}) as run:
            run.log_metric("rmse", 6)
            run.log_metric("val/loss", 6)
            run.set_tag("model", name)
            run.set_tag("good", "")
            run.log_text("weights", "model.txt")
        ids[name] = run.id
    return ids


def words(cli: Cli, *typed: str) -> list[str]:
    """What may follow, as fish is told, without descriptions; nothing else may be said."""
    answer = cli("_complete", "fish", *typed)
    assert (answer.status, answer.err) == (0, "")
    kind, *lines = answer.out.splitlines() or ["words"]
    return [line.split("\t")[0] for line in lines] if kind == "words" else [f"<{kind}>"]


def test_commands_and_their_options(cli: Cli, project: dict[str, str]) -> None:
    assert words(cli, "ex") == ["export", "exists", "experiments"]
    assert words(cli, "artifacts", "") == ["ls", "get", "cat", "path"]
    assert words(cli, "help", "artifacts", "g") == ["get"]
    assert words(cli, "help", "wh") == ["which"]
    assert words(cli, "metrics", "--j") == ["--json", "--jsonl"]
    assert words(cli, "list", "--so") == words(cli, "ls", "--so") == ["--sort"]
    assert words(cli, "ls", "--sort", "rmse", "--so") == []
    assert words(cli, "metrics", "--st") == ["--status", "--store"]
    assert words(cli, "ls", "--tag", "a", "--ta") == ["--tag"]
    assert words(cli, "--vers") == ["--version"]
    assert words(cli, "completion", "") == ["bash", "zsh", "fish"]
    assert words(cli, "_comp") == []


def test_runs_by_id_by_name_and_by_what_is_said_of_them(cli: Cli, project: dict[str, str]) -> None:
    newest_first = [project[name] for name in (ODD, "xgb-best", "ridge")]
    assert words(cli, "show", "") == [*(run_id[-6:] for run_id in newest_first), ODD, "xgb-best", "ridge", "@last"]
    assert words(cli, "show", project["ridge"][-6:-1]) == [project["ridge"][-6:]]
    assert words(cli, "show", project["ridge"][:-1]) == [project["ridge"]]
    # Too long for the beginning of an id, which is left to chance.
    assert words(cli, "compare", "ridge", "xgb-b") == ["xgb-best"]
    assert words(cli, "compare", "@") == ["@last", "@last~1", "@last~2", "@best:"]
    assert words(cli, "compare", "@best:v") == ["@best:val/loss"]
    assert words(cli, "show", "@d") == ["@duration/xgb-best", "@duration/ridge"]
    assert words(cli, "show", "@Oth") == words(cli, "show", r"@Other\ things/") == [f"@Other things/{ODD}"]
    assert words(cli, "gc", "--keep-best", "") == []
    assert words(cli, "gc", "--keep-best", "3", "val") == ["val/loss"]
    assert "--keep-tagged" in words(cli, "gc", "--keep-best", "3", "val/loss", "--")
    assert words(cli, "restore", "") == words(cli, "restore", "@") == []
    assert words(cli, "stop", "ridg") == []
    assert cli("rm", "ridge").status == 0
    assert words(cli, "show", "ridg") == []
    assert words(cli, "restore", "ridg") == ["ridge"]
    assert words(cli, "ls", "--removed", "--tag", "") == ["good", "model="]


def test_fish_and_zsh_hear_what_a_word_is(cli: Cli, project: dict[str, str]) -> None:
    shown = cli("_complete", "zsh", "bare", "show", "xgb-b").out
    assert re.sub(r"\d+s ago", "1s ago", shown) == f"words\nxgb-best\t{project['xgb-best'][-6:]}, duration, finished, 1s ago\n"
    assert cli("_complete", "fish", "ls", "--js").out == "words\n--json\tPrint JSON\n--jsonl\tPrint JSON, one object a line\n"


def test_experiments_tags_params_and_metrics(cli: Cli, project: dict[str, str]) -> None:
    assert words(cli, "ls", "-e", "") == ["Other things", "duration"]
    assert words(cli, "ls", "--experiment=d") == ["--experiment=duration"]
    assert words(cli, "experiments", "set", "d") == ["duration"]
    assert words(cli, "move", "ridge", "O") == ["Other things"]
    assert words(cli, "ls", "--tag", "") == ["good", "model="]
    assert words(cli, "ls", "--tag", "model=") == [f"model={ODD}", "model=ridge", "model=xgb-best"]
    assert words(cli, "tag", "ridge", "mo") == ["model="]
    assert words(cli, "run", "-p", "") == ["alpha=", "learning rate="]
    assert words(cli, "log", "v") == ["val/loss="]
    assert words(cli, "best", "") == ["rmse", "val/loss"]
    assert words(cli, "metrics", "ridge", "r") == ["rmse"]
    assert words(cli, "params", "ridge", "") == ["alpha", "learning rate"]
    assert words(cli, "artifacts", "cat", "ridge", "") == ["model.txt"]
    assert words(cli, "compare", "--group-by", "!") == ["!alpha", "!learning rate"]
    assert words(cli, "ls", "--sort", "-r") == ["-rmse"]
    assert words(cli, "ls", "--cols", "alpha,`val/loss`,rm") == ["alpha,`val/loss`,rmse"]
    assert words(cli, "ls", "--status", "f") == ["finished", "failed"]
    assert words(cli, "finish", "--state", "") == ["finished", "failed", "killed"]


@pytest.fixture
def shared_names(project: dict[str, str]) -> None:
    """A run whose params are called as the tags are."""
    with runlog.start_run(experiment="duration", params={"model": "forest", "good": "yes", "modality": "tabular"}):
        pass


def test_a_tag_has_no_values_of_a_param_of_its_name(cli: Cli, shared_names: None) -> None:
    assert words(cli, "ls", "--tag", "model=") == [f"model={ODD}", "model=ridge", "model=xgb-best"]
    assert words(cli, "ls", "--tag", "") == ["good", "model="]
    assert words(cli, "tag", "ridge", "model=f") == []
    assert words(cli, "ls", "--where", "'tags.model = ") == ["tags.model = ridge", "tags.model = xgb-best"]
    assert words(cli, "ls", "--where", "'params.model = ") == ["params.model = forest"]


def test_a_group_is_by_a_param_or_by_a_tag(cli: Cli, shared_names: None) -> None:
    shared = ["params.good", "params.model", "tags.good", "tags.model"]
    assert words(cli, "compare", "-g", "") == ["alpha", "learning rate", "modality", *shared]
    assert words(cli, "compare", "-g", "mod") == ["modality", "params.model", "tags.model"]
    assert words(cli, "compare", "--group-by=mode") == ["--group-by=params.model", "--group-by=tags.model"]
    assert words(cli, "compare", "-g", "params.mo") == ["params.modality", "params.model"]
    assert words(cli, "compare", "-g", "tags.m") == ["tags.model"]
    assert words(cli, "compare", "-g", "!mod") == ["!modality", "!model"]


def test_models_and_their_versions(cli: Cli, project: dict[str, str]) -> None:
    assert words(cli, "model", "show", "") == words(cli, "model", "promote", "duration", "") == []
    with runlog.start_run(experiment="duration", name="packed") as run:
        run.log_text("flavors: {}", "model/MLmodel")
    for name in ("duration", "duration", "fares"):
        runlog.register_model(run, name)
    runlog.promote_model("duration@1", "production")
    runlog.alias_model("duration@2", "champion")
    assert words(cli, "model", "show", "") == words(cli, "model", "register", "ridge", "--name", "") == ["duration", "fares"]
    assert words(cli, "model", "show", "duration@") == [f"duration@{word}" for word in ("2", "1", "champion", "production")]
    assert words(cli, "model", "promote", "duration", "") == ["2", "1", "champion", "production"]
    assert words(cli, "model", "promote", "duration@1", "") == []
    assert words(cli, "model", "promote", "duration", "1", "--to", "p") == ["production"]
    assert words(cli, "model", "restore", "") == []
    assert cli("model", "rm", "fares").status == 0
    assert words(cli, "model", "restore", "") == ["fares"]
    assert words(cli, "model", "restore", "fares", "") == ["1"]
    assert words(cli, "model", "path", "pack") == ["packed"]
    assert words(cli, "model", "register", "pac") == ["packed"]


def test_a_filter_goes_on(cli: Cli, project: dict[str, str]) -> None:
    assert words(cli, "ls", "--where", "val") == ["val/loss"]
    params = ["rmse < 6 and params.alpha", "rmse < 6 and params.`learning rate`"]
    assert words(cli, "ls", "--where", "'rmse < 6 and params.") == params
    assert words(cli, "ls", "--where", "'rmse i") == ["rmse in", "rmse is"]
    assert words(cli, "ls", "--where", "'rmse < 6 a")[0] == "rmse < 6 and rmse"
    assert words(cli, "ls", "--where", "'model = r") == ["model = ridge"]
    assert words(cli, "ls", "--where", "'state = l") == ["state = lost"]


def test_what_a_shell_does_better_is_left_to_it(cli: Cli, project: dict[str, str]) -> None:
    assert words(cli, "which", "") == ["<files>"]
    assert words(cli, "export", "--parquet", "x") == ["<files>"]
    assert words(cli, "run", "--params-file=x") == ["<files>"]
    assert words(cli, "--store", "") == ["<folders>"]
    assert words(cli, "run", "-p", "a=1", "--", "") == ["<programs>"]
    assert words(cli, "run", "--", "python", "--sto") == ["<files>"]
    assert words(cli, "run", "python", "--sto") == ["<files>"]


def test_without_a_store_or_with_a_broken_one_nothing_is_said(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert words(cli, "show", "") == []
    assert words(cli, "ls", "--ta") == ["--tag"]
    assert cli("_complete") == Answer(0, "", "")
    assert cli("_complete", "bash") == Answer(0, "", "")
    (tmp_path / ".runlog").mkdir()
    (tmp_path / ".runlog" / "store.json").write_text("{")
    assert cli("_complete", "fish", "show", "") == Answer(0, "", "")
    assert cli("_complete", "fish", "--store", "/nowhere", "show", "") == Answer(0, "", "")


def test_the_store_that_the_line_names_is_asked(
    cli: Cli, project: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("RUNLOG_STORE", str(elsewhere))
    assert words(cli, "best", "") == []
    assert words(cli, "--store", str(tmp_path), "best", "") == ["rmse", "val/loss"]
    assert words(cli, "best", f"--store={tmp_path}", "") == ["rmse", "val/loss"]


def test_a_store_is_not_touched(cli: Cli, project: dict[str, str], tmp_path: Path) -> None:
    before = tree(tmp_path / ".runlog")
    assert words(cli, "show", "ridg") == ["ridge"]
    assert tree(tmp_path / ".runlog") == before


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("runlog ls ", (["runlog", "ls"], "", "", 0)),
        ("runlog ls --tag mod", (["runlog", "ls", "--tag"], "mod", "", 0)),
        ("runlog ls --tag=mo", (["runlog", "ls"], "--tag=mo", "", 6)),
        ("runlog show @best:r", (["runlog", "show"], "@best:r", "", 6)),
        ("runlog ls -w 'a < 1 and b", (["runlog", "ls", "-w"], "a < 1 and b", "'", 0)),
        ('runlog ls --tag k="a b', (["runlog", "ls", "--tag"], "k=a b", '"', 2)),
        ("runlog show it\\'s\\ m", (["runlog", "show"], "it's m", "", 0)),
        ("runlog show '' \"\" x", (["runlog", "show", "", ""], "x", "", 0)),
    ],
)
def test_a_line_of_bash_is_taken_apart(line: str, found: tuple[list[str], str, str, int]) -> None:
    typed = Typed(line, " \t\n\"'@><=;|&(:")
    assert (typed.words, typed.current, typed.quote, typed.kept) == found


@pytest.mark.parametrize(
    ("line", "prefixes", "kept"),
    [
        ("runlog show @las", "$@", 0),
        ("runlog show @last~", "$@", 0),
        ("runlog ls --tag=a@b", "$@", 7),
        ("runlog show '@la", "$@", 0),
        ("runlog show it\\@s", "$@", 0),
        ("runlog show @las", "$", 1),
        ("runlog show @best:lo", "$", 6),
        ("runlog show d'u'r", "$@", 0),
        ("runlog show a:'u'r", "$@", 2),
        ("runlog show a:'u'@r", "$@", 3),
    ],
)
def test_what_bash_leaves_of_a_word(line: str, prefixes: str, kept: int) -> None:
    assert Typed(line, " \t\n\"'@><=;|&(:", prefixes).kept == kept


def test_what_bash_is_told_can_be_typed_as_it_is(cli: Cli, project: dict[str, str]) -> None:
    breaks = " \t\n\"'><=;|&(:"
    asked = {
        "runlog show it": "words\nit\\'s\\ 5\\ \\$\\ a:b \n",
        'runlog show "it': "words\nit's 5 \\$ a:b\n",
        "runlog show 'it": "words\n",
        "runlog ls --tag model=r": "words\nridge \n",
        "runlog ls --tag mod": "words\nmodel=\n",
        "runlog show @best:": "words\nrmse \nval/loss \n",
        "runlog ls --experiment=d": "words\nduration \n",
        "runlog show @last~": "words\n@last~1 \n@last~2 \n",
        "runlog which ": "files\n",
    }
    for line, answer in asked.items():
        assert cli("_complete", "bash", line, breaks) == Answer(0, answer, ""), line


def test_what_bash_is_told_leaves_what_was_typed_where_no_more_is_known(cli: Cli, shared_names: None) -> None:
    answer = "words\nparams.model \ntags.model \n"
    assert cli("_complete", "bash", "runlog compare -g mode", "=") == Answer(0, answer, "")
    assert cli("_complete", "bash", "runlog compare --group-by=mode", "=") == Answer(0, answer, "")
    assert cli("_complete", "bash", "runlog compare --group-by=mode", "") == Answer(0, answer, "")


def test_what_is_printed_is_for_a_shell(cli: Cli) -> None:
    scripts = [cli("completion", shell) for shell in ("bash", "zsh", "fish")]
    assert all(script.status == 0 and "_complete" in script.out and not script.err for script in scripts)
    assert cli("completion", "tcsh") == Answer(
        2, "", "error: 'tcsh' is no shell that can be completed for\nhint: runlog completion bash\n"
    )


def test_only_what_is_needed_is_imported(project: dict[str, str], tmp_path: Path) -> None:
    code = "import sys; sys.argv[0] = 'runlog'; from runlog.cli import main; main(); print(*sys.modules, file=sys.stderr)"
    for typed, forbidden in [
        (["ls", "--t"], {"typer", "rich", "pyarrow", "git", "runlog.store.store", "runlog.query", "dataclasses"}),
        (["show", ""], {"typer", "rich", "pyarrow", "git"}),
    ]:
        command = [sys.executable, "-c", code, "_complete", "fish", *typed]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout.startswith("words\n")
        assert not set(done.stderr.split()) & forbidden


# What is typed, with a tab where there is one, and the words that runlog is given in the end.
TYPED = {
    "runlog expe\tcreate new": ["experiments", "create", "new"],
    "runlog ls --exp\tdur\t": ["ls", "--experiment", "duration"],
    "runlog ls --tag mod\trid\t": ["ls", "--tag", "model=ridge"],
    "runlog show @best:v\t": ["show", "@best:val/loss"],
    "runlog show it\t": ["show", ODD],
    "runlog ls --experiment=O\t": ["ls", "--experiment=Other things"],
    "runlog ls --where 'val\t< 6'": ["ls", "--where", "val/loss < 6"],
    "runlog which fil\t": ["which", "file with blanks.txt"],
    "runlog compare ridg\txgb-\t": ["compare", "ridge", "xgb-best"],
    "runlog best rm\t": ["best", "rmse"],
}


# What is typed of words that bash takes apart, and the words that runlog is given.
TAKEN_APART = {
    "runlog artifacts ls @las\t": ["artifacts", "ls", "@last"],
    "runlog show @la\t": ["show", "@last"],
    "runlog compare @last @la\t": ["compare", "@last", "@last"],
    "runlog compare --baseline @la\t": ["compare", "--baseline", "@last"],
    "runlog compare --baseline=@la\t": ["compare", "--baseline=@last"],
    "runlog compare --baseline=@best:rm\t": ["compare", "--baseline=@best:rmse"],
    "runlog show @b\trm\t": ["show", "@best:rmse"],
    "runlog show @best:v\t": ["show", "@best:val/loss"],
    "runlog show @last~\t1\t": ["show", "@last~1"],
    "runlog show @last~\t": ["show", "@last~"],
    'runlog show "@la\t"': ["show", "@last"],
    "runlog show '@best:v\t": ["show", "@best:val/loss"],
    "runlog show rid'g'\t": ["show", "ridge"],
    "runlog show it\\'s\\ 5\\ \\$\\ a:\t": ["show", ODD],
    "runlog ls --tag model=x\t": ["ls", "--tag", "model=xgb-best"],
    "runlog ls --tag=model=x\t": ["ls", "--tag=model=xgb-best"],
    "runlog compare -g go\tod": ["compare", "-g", "good"],
    "runlog compare --group-by=go\tod": ["compare", "--group-by=good"],
    "runlog compare -g params.g\t": ["compare", "-g", "params.good"],
    "runlog model show duration@c\t": ["model", "show", "duration@champion"],
    "runlog model show duration@\tch\t": ["model", "show", "duration@champion"],
}


def stand_in(folder: Path) -> Path:
    """A folder with a `runlog` that completes as ours does, and else says what it was given."""
    folder.mkdir()
    program = folder / "runlog"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = _complete ] && exec env PYTHONPATH={ROOT} {sys.executable} -m runlog "$@"\n'
        "printf 'got'; printf ' [%s]' \"$@\"; echo ' done'\n"
    )
    program.chmod(0o755)
    return folder


# How each shell is started without anybody's settings.
SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shutil.which(shell)])
def test_a_real_shell_completes(shell: str, project: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file with blanks.txt").write_text("")
    (tmp_path / "script").write_text(runlog_cli("completion", shell, cwd=tmp_path).stdout)
    monkeypatch.setenv("PATH", str(stand_in(tmp_path / "bin")), prepend=":")
    monkeypatch.setenv("HOME", str(tmp_path))
    before = {"zsh": "autoload -Uz compinit; compinit -u; "}.get(shell, "")
    with Screen(tmp_path, SHELLS[shell], size=(50, 200)) as screen:
        screen.type(f"{before}. ./script; echo rea''dy\n".encode())
        place = screen.until(b"ready\r\n")
        for typed, given in TYPED.items():
            screen.type(f"{typed}\n".encode())
            place = screen.until(f"got{''.join(f' [{word}]' for word in given)} done".encode(), place)


@pytest.mark.parametrize(
    "habits",
    [
        ":",
        "COMP_WORDBREAKS=${COMP_WORDBREAKS//@}",
        "COMP_WORDBREAKS=${COMP_WORDBREAKS//:}",
        "COMP_WORDBREAKS=${COMP_WORDBREAKS//[@:=]}",
        "shopt -u hostcomplete",
        'shopt -u hostcomplete; COMP_WORDBREAKS="$COMP_WORDBREAKS@~"',
    ],
)
@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_puts_whole_words_together(
    habits: str, project: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with runlog.start_run(experiment="duration", params={"good": "yes"}) as run:
        run.log_text("flavors: {}", "model/MLmodel")
    runlog.register_model(run, "duration")
    runlog.alias_model("duration@1", "champion")
    (tmp_path / "script").write_text(runlog_cli("completion", "bash", cwd=tmp_path).stdout)
    monkeypatch.setenv("PATH", str(stand_in(tmp_path / "bin")), prepend=":")
    monkeypatch.setenv("HOME", str(tmp_path))
    with Screen(tmp_path, SHELLS["bash"], size=(50, 200)) as screen:
        screen.type(f"{habits}; . ./script; echo rea''dy\n".encode())
        place = screen.until(b"ready\r\n")
        for typed, given in TAKEN_APART.items():
            screen.type(f"{typed}\n".encode())
            start, place = place, screen.until(b" done\r\n", place)
            assert f"got{''.join(f' [{word}]' for word in given)} done".encode() in screen.shown[start:place], typed
