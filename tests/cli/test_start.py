"""`runlog start` and `runlog finish`: runs that span the commands of a script."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import runlog
from tests.cli.conftest import Answer, Cli
from tests.scene import BareRun, bare_run, bare_runs, environment, only_run, python, tree

TOOL = f'runlog() {{ "{sys.executable}" -m runlog "$@"; }}\n'


def shell(script: str, folder: Path, *, sh: str = "sh", **settings: str) -> subprocess.CompletedProcess[str]:
    """A shell script to which `runlog` is this one."""
    (folder / "job.sh").write_text(TOOL + script)
    command = [sh, "job.sh"]
    return subprocess.run(
        command, cwd=folder, env=environment(**settings), capture_output=True, text=True, check=False, timeout=100
    )


def named(store: Path) -> dict[str, BareRun]:
    return {run.birth["name"]: run for run in bare_runs(store).values()}


def the_end(run: BareRun) -> dict[str, Any]:
    """How a run says that it ended."""
    [end] = [entry["end"] for entry in run.entries if "end" in entry and entry["end"]["role"] == "main"]
    assert isinstance(end, dict)
    return end


def test_params_that_no_variable_shows_are_told(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps({"long": "ä" * 60_000}))
    script = """
eval "$(runlog start -p a-b=1 -p a_b=2 --params-file p.json)"
echo "$RUNLOG_PARAM_A_B ${RUNLOG_PARAM_LONG-none}"
"""
    done = shell(script, tmp_path)
    assert (done.returncode, done.stdout) == (0, "2 none\n")
    shared = "params 'a-b' and 'a_b' share variable RUNLOG_PARAM_A_B: it holds that of 'a_b'"
    assert done.stderr == f"note: {shared}\nnote: too long for a variable: long\n"


def test_a_script_is_a_run(tmp_path: Path) -> None:
    script = """
set -eu
eval "$(runlog start -e duration -n 'a "script"' -p alpha=0.1 -p 'm={"depth": 3}' -p 'text=it is' -t fast -m 'a note')"
runlog log loss=0.5
echo '{"loss": 0.25, "step": 7}' >> "$RUNLOG_METRICS"
echo "$RUNLOG_PARAM_ALPHA $RUNLOG_PARAM_M_DEPTH $RUNLOG_PARAM_TEXT"
test "$RUNLOG_STORE/experiments/duration/$RUNLOG_RUN_ID" = "$RUNLOG_RUN_DIR"
runlog ls -q --status running -e duration | grep -c "$RUNLOG_RUN_ID"
eval "$(runlog finish)"
env | grep '^RUNLOG_' | cut -d = -f 1 | sort
"""
    done = shell(script, tmp_path)
    [(run_id, run)] = bare_runs(tmp_path / ".runlog").items()
    assert (done.returncode, done.stdout) == (0, "0.1 3 it is\n1\nRUNLOG_CACHE\nRUNLOG_CAPTURE\n")
    assert re.fullmatch(rf"run {run_id} finished in \d+\.\ds  loss 0\.25\n", done.stderr)
    birth = run.birth
    assert (birth["experiment"], birth["name"], birth["note"], birth["tags"]) == (
        "duration",
        'a "script"',
        "a note",
        {"fast": ""},
    )
    assert birth["params"] == {"alpha": 0.1, "m.depth": 3, "text": "it is"}
    assert birth["command"] == {"argv": ["sh", "job.sh"], "cwd": "."}
    assert birth["process"]["pid"] == 0
    assert run.points == {"loss": [(0, 0.5), (7, 0.25)]}
    assert the_end(run) == {"role": "main", "state": "finished"}
    assert only_run(tmp_path / ".runlog").state == "finished"


def test_what_json_cannot_hold_is_a_text(cli: Cli, store: Path) -> None:
    Path("p.toml").write_text("day = 2020-01-01\nclock = [10:00:00]\npassword = 2020-01-02\n")
    begun = json.loads(cli("start", "--params-file", "p.toml", "--json").out)
    told = {name: value for name, value in begun["environment"].items() if name.startswith(("RUNLOG_PARAM_", "RUNLOG_WITHHELD"))}
    assert told == {
        "RUNLOG_PARAM_DAY": "2020-01-01",
        "RUNLOG_PARAM_CLOCK": '["10:00:00"]',
        "RUNLOG_PARAM_PASSWORD": "2020-01-02",
        "RUNLOG_WITHHELD": json.dumps({"run": begun["id"], "params": {"password": "2020-01-02"}}),
    }
    kept = {"day": "2020-01-01", "clock": ["10:00:00"], "password": "<withheld>"}
    assert bare_run(Path(begun["path"])).birth["params"] == kept


def test_what_the_shell_is_told(cli: Cli, store: Path) -> None:
    told = cli("start", "-n", "it's", "-p", "a=it's \\ here")
    assert (told.status, told.err) == (0, "")
    [run] = [run for run in bare_runs(store).values() if run.birth["name"] == "it's"]
    [door] = (run.folder / "live").iterdir()
    values = {"STORE": store, "RUN_ID": run.folder.name, "RUN_DIR": run.folder, "METRICS": door}
    sh = [f"export RUNLOG_{key}={value};\n" for key, value in values.items()]
    assert told.out == "".join(sh) + "export RUNLOG_PARAM_A='it'\"'\"'s \\ here';\n"
    fish = cli("start", "--fish", "-n", "fish", "-p", "a=it's \\ here").out
    assert re.sub(r"'/[^']*'|'2[^']*'", "'...'", fish) == (
        "set -gx RUNLOG_STORE '...';\nset -gx RUNLOG_RUN_ID '...';\n"
        "set -gx RUNLOG_RUN_DIR '...';\nset -gx RUNLOG_METRICS '...';\n"
        "set -gx RUNLOG_PARAM_A 'it\\'s \\\\ here';\n"
    )
    begun = json.loads(cli("start", "--json", "-n", "json", "-p", "a=1").out)
    assert begun["path"] == begun["environment"]["RUNLOG_RUN_DIR"]
    assert begun["id"] == begun["environment"]["RUNLOG_RUN_ID"]
    assert begun["environment"]["RUNLOG_PARAM_A"] == "1"
    assert cli("start", "--fish", "--json") == Answer(
        2, "", "error: --fish and --json exclude each other\nhint: choose one form\n"
    )
    told = cli("start", "--trap", "-n", "trap")
    [run] = [run for run in bare_runs(store).values() if run.birth["name"] == "trap"]
    end = f'runlog --store {store} finish -q --if-running --exit-code "$runlog_status" {run.folder.name} || :; '
    last = (
        'runlog_status=$?; eval "$runlog_last"; if [ "$runlog_status" = 0 ]; then eval "$runlog_before"; '
        'else (exit "$runlog_status") || eval "$runlog_before"; fi'
    )
    traps = f"""\
runlog_here=$(exec sh -c 'echo $PPID');
[ "${{runlog_shell-}}" = "$runlog_here" ] || {{ runlog_last=; runlog_before=; }};
runlog_shell=$runlog_here;
runlog_last='{end}'"$runlog_last";
trap 'exit 129' HUP;
trap 'exit 130' INT;
trap 'exit 141' PIPE;
trap 'exit 143' TERM;
runlog_old=;
if [ -n "${{BASH_VERSION-}}" ]; then runlog_old=$(trap -p EXIT);
elif [ -n "${{ZSH_VERSION-}}" ] && runlog_file=$(mktemp); then trap >| "$runlog_file";
runlog_old=$(grep '^trap --' "$runlog_file" | grep ' EXIT$' || :); rm -f "$runlog_file"; fi;
runlog_took() {{ case "${{2-}}" in *runlog_last*) ;; *) runlog_before=${{2-}} ;; esac; }};
case "$runlog_old" in "trap -- "*) ;; *) runlog_old= ;; esac;
eval "runlog_took ${{runlog_old#trap }}";
trap '{last}' EXIT;
"""
    assert (told.status, told.out.partition("runlog_here=")[1:], told.err) == (
        0,
        ("runlog_here=", traps.removeprefix("runlog_here=")),
        "",
    )
    assert cli("start", "--trap", "--fish") == Answer(
        2, "false\n", "error: --trap and --fish exclude each other\nhint: choose one form\n"
    )


def test_runs_within_each_other(tmp_path: Path) -> None:
    script = """
set -e
eval "$(runlog start -n outer -p a=1 -p only=outer)"
outer=$RUNLOG_METRICS
eval "$(runlog start -n inner -p a=2)"
echo "inner ${RUNLOG_PARAM_A} ${RUNLOG_PARAM_ONLY-none}"
runlog run -q -n innermost -- true
runlog log x=1
eval "$(runlog finish)"
echo "outer ${RUNLOG_PARAM_A} ${RUNLOG_PARAM_ONLY-none}"
test "$outer" = "$RUNLOG_METRICS"
runlog log y=1
eval "$(runlog finish)"
echo "${RUNLOG_RUN_ID-gone} ${RUNLOG_PARAM_A-gone}"
"""
    done = shell(script, tmp_path)
    assert (done.returncode, done.stdout) == (0, "inner 2 none\nouter 1 outer\ngone gone\n")
    runs = named(tmp_path / ".runlog")
    assert runs["innermost"].birth["parent"] == runs["inner"].folder.name
    assert runs["inner"].birth["parent"] == runs["outer"].folder.name
    assert (runs["outer"].points, runs["inner"].points) == ({"y": [(0, 1.0)]}, {"x": [(0, 1.0)]})


@pytest.mark.parametrize(
    ("words", "end", "line"),
    [
        ([], {"state": "finished"}, "finished in"),
        (["--exit-code", "0"], {"state": "finished", "exit_code": 0}, "finished in"),
        (["--exit-code", "3"], {"state": "failed", "exit_code": 3}, "failed (3) in"),
        (["--exit-code", "130"], {"state": "killed", "exit_code": 130, "signal": "SIGINT"}, "killed (SIGINT) in"),
        (["--exit-code", "255"], {"state": "failed", "exit_code": 255}, "failed (255) in"),
        (["--state", "failed"], {"state": "failed"}, "failed in"),
        (["--state", "killed"], {"state": "killed"}, "killed in"),
        (["--state", "finished", "--exit-code", "1"], {"state": "finished", "exit_code": 1}, "finished in"),
    ],
)
def test_how_a_run_ends(cli: Cli, store: Path, words: list[str], end: dict[str, Any], line: str) -> None:
    run = json.loads(cli("start", "--json").out)["id"]
    told = cli("finish", run[-6:], *words)
    assert (told.status, told.out) == (0, "")  # the shell around this test knows of no run
    assert told.err.startswith(f"run {run} {line} ")
    assert the_end(bare_runs(store)[run]) == {"role": "main", **end}


def test_a_trap_ends_the_run_as_the_script_ends(tmp_path: Path) -> None:
    script = """
eval "$(runlog start)"
trap 'runlog finish -q --exit-code $?' EXIT
runlog log loss=1
exit 7
"""
    done = shell(script, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "")
    [run] = bare_runs(tmp_path / ".runlog").values()
    assert the_end(run) == {"role": "main", "state": "failed", "exit_code": 7}
    assert run.points == {"loss": [(0, 1.0)]}


SHELLS = [name for name in ("bash", "dash", "zsh") if shutil.which(name)]
BEGIN = 'eval "$(runlog start --trap)"\n'


def the_only_end(folder: Path) -> dict[str, Any]:
    [run] = bare_runs(folder / ".runlog").values()
    return the_end(run)


@pytest.mark.parametrize("sh", SHELLS)
@pytest.mark.parametrize(
    ("number", "whole_job"), [(signal.SIGTERM, False), (signal.SIGHUP, False), (signal.SIGINT, False), (signal.SIGTERM, True)]
)
def test_a_script_that_a_signal_ends_leaves_a_run_that_was_killed(
    tmp_path: Path, sh: str, number: signal.Signals, whole_job: bool
) -> None:
    (tmp_path / "job.sh").write_text(f"{TOOL}set -e\n{BEGIN}sh -c 'echo up; read -r _ || :'\necho on\n")
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sh, "job.sh"], cwd=tmp_path, env=environment(), stdin=pipe, stdout=pipe, text=True, start_new_session=True
    ) as job:
        assert job.stdout and job.stdout.readline() == "up\n"
        (os.killpg if whole_job else os.kill)(job.pid, number)
        assert job.communicate(timeout=100)[0] == ""  # at the end of its input the program ends, if it was not killed
    status = 128 + number
    assert job.returncode == status
    assert the_only_end(tmp_path) == {"role": "main", "state": "killed", "exit_code": status, "signal": number.name}


@pytest.mark.parametrize("sh", SHELLS)
def test_a_script_whose_reader_is_gone_leaves_a_run_that_was_killed(tmp_path: Path, sh: str) -> None:
    (tmp_path / "job.sh").write_text(f"{TOOL}{BEGIN}while :; do echo y; done\n")
    with subprocess.Popen([sh, "job.sh"], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as job:
        assert job.stdout and job.stdout.readline() == b"y\n"
        job.stdout.close()
        assert job.wait(100) == 141
    assert the_only_end(tmp_path) == {"role": "main", "state": "killed", "exit_code": 141, "signal": "SIGPIPE"}


@pytest.mark.parametrize("sh", SHELLS)
@pytest.mark.parametrize(
    ("rest", "status", "state"), [("false\necho on\n", 1, "failed"), ("(exit 3)\n", 3, "failed"), ("true\n", 0, "finished")]
)
def test_a_trap_tells_how_the_script_ended(tmp_path: Path, sh: str, rest: str, status: int, state: str) -> None:
    done = shell(f"set -eu\n{BEGIN}{rest}", tmp_path, sh=sh)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", "")
    assert the_only_end(tmp_path) == {"role": "main", "state": state, "exit_code": status}


def begin(name: str) -> str:
    return f'eval "$(runlog start --trap -n {name})"\n'


def ends(folder: Path) -> dict[str, dict[str, Any]]:
    return {name: the_end(run) for name, run in named(folder / ".runlog").items()}


@pytest.mark.parametrize("sh", SHELLS)
@pytest.mark.parametrize(
    "between", ['eval "$(runlog finish -q)"\n', "runlog finish -q\n", 'eval "$(runlog finish 2> told)"\n', ""]
)
def test_a_trap_ends_each_run_that_the_shell_began(tmp_path: Path, sh: str, between: str) -> None:
    folder = tmp_path / "it's a folder"
    folder.mkdir()
    done = shell(f"set -eu\n{begin('outer')}{begin('inner')}{between}cd /\nexit 3\n", folder, sh=sh)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")
    failed = {"role": "main", "state": "failed", "exit_code": 3}
    inner = {"role": "main", "state": "finished"} if between else failed
    assert ends(folder) == {"outer": failed, "inner": inner}


@pytest.mark.parametrize("sh", SHELLS)
def test_a_trap_of_a_shell_below_ends_only_its_own_runs(tmp_path: Path, sh: str) -> None:
    below = f"({begin('below')}exit 4) || runlog ls --status running -q\n"
    done = shell(f"set -a\n{begin('outer')}echo $RUNLOG_RUN_ID\n{below}exit 5\n", tmp_path, sh=sh)
    outer = named(tmp_path / ".runlog")["outer"].folder.name
    assert (done.returncode, done.stdout, done.stderr) == (5, f"{outer}\n{outer}\n", "")
    codes = {name: end["exit_code"] for name, end in ends(tmp_path).items()}
    assert codes == {"outer": 5, "below": 4}


CHAINING = [name for name in ("bash", "zsh") if shutil.which(name)]
GOING_ON = "runlog ls --status running -q"


@pytest.mark.parametrize("sh", CHAINING)
@pytest.mark.parametrize("status", [0, 3])
def test_what_a_script_does_at_its_end_is_done_after_its_runs_have_ended(tmp_path: Path, sh: str, status: int) -> None:
    before = f"""trap 'echo "it'"'"'s $?\nover"; {GOING_ON}' EXIT\n"""
    done = shell(f"set -eu\n{before}{begin('outer')}{begin('inner')}(exit {status})\n", tmp_path, sh=sh)
    assert (done.returncode, done.stdout, done.stderr) == (status, f"it's {status}\nover\n", "")
    end = {"role": "main", "state": "failed" if status else "finished", "exit_code": status}
    assert ends(tmp_path) == {"outer": end, "inner": end}


@pytest.mark.parametrize("sh", CHAINING)
def test_what_is_done_at_the_end_may_leave_with_a_status_of_its_own(tmp_path: Path, sh: str) -> None:
    done = shell(f"trap 'echo $?; exit 9' EXIT\n{BEGIN}kill -TERM $$\nsleep 60\n", tmp_path, sh=sh)
    assert (done.returncode, done.stdout, done.stderr) == (9, "143\n", "")
    assert the_only_end(tmp_path) == {"role": "main", "state": "killed", "exit_code": 143, "signal": "SIGTERM"}


@pytest.mark.parametrize("sh", CHAINING)
def test_each_shell_does_at_its_end_what_is_its_own(tmp_path: Path, sh: str) -> None:
    bare = f"({begin('bare')}exit 4) || echo bare $?\n"
    own = f"(trap 'echo own $?' EXIT; {begin('own')}exit 5) || echo owned $?\n"
    late = f"trap 'echo late $?' EXIT\n{begin('late')}"
    done = shell(f"trap 'echo first $?' EXIT\n{begin('outer')}{bare}{own}{late}exit 6\n", tmp_path, sh=sh)
    assert (done.returncode, done.stdout, done.stderr) == (6, "bare 4\nown 5\nowned 5\nlate 6\n", "")
    codes = {name: end["exit_code"] for name, end in ends(tmp_path).items()}
    assert codes == {"outer": 6, "bare": 4, "own": 5, "late": 6}


@pytest.mark.parametrize("sh", CHAINING)
def test_what_was_taken_off_is_not_done_at_the_end(tmp_path: Path, sh: str) -> None:
    done = shell(f"trap 'echo no' EXIT\n{begin('one')}trap - EXIT\n{begin('two')}exit 6\n", tmp_path, sh=sh)
    assert (done.returncode, done.stdout, done.stderr) == (6, "", "")
    assert {name: end["exit_code"] for name, end in ends(tmp_path).items()} == {"one": 6, "two": 6}


@pytest.mark.skipif("zsh" not in SHELLS, reason="a function of zsh")
def test_what_the_function_of_zsh_prints_is_no_trap(tmp_path: Path) -> None:
    done = shell(f"TRAPEXIT() {{ echo ': mine' }}\n{begin('one')}exit 6\n", tmp_path, sh="zsh")
    assert (done.returncode, done.stdout, done.stderr) == (6, "", "")
    assert {name: end["exit_code"] for name, end in ends(tmp_path).items()} == {"one": 6}


def test_only_a_run_that_still_runs_is_ended_if_running(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    before = tree(store)
    assert cli("finish", "ridge", "--if-running", "--exit-code", "3") == Answer(0, "", "")
    assert tree(store) == before
    run = json.loads(cli("start", "--json").out)["id"]
    assert cli("finish", run, "-q", "--if-running", "--exit-code", "3") == Answer(0, "", "")
    assert the_end(bare_runs(store)[run]) == {"role": "main", "state": "failed", "exit_code": 3}


def test_a_trap_leaves_alone_what_it_did_not_begin(tmp_path: Path) -> None:
    (tmp_path / "inner.sh").write_text(f'{TOOL}{BEGIN}eval "$(runlog finish 2> told)"\nexit 4\n')
    done = shell('eval "$(runlog start -n outer)"\nsh inner.sh || runlog ls --status running -q\n', tmp_path)
    outer = named(tmp_path / ".runlog")["outer"].folder.name
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{outer}\n", "")


@pytest.mark.parametrize("sh", SHELLS)
def test_a_script_does_not_go_on_without_its_run(tmp_path: Path, sh: str) -> None:
    done = shell('set -e\neval "$(runlog start -p bad)"\necho on\n', tmp_path, sh=sh)
    problem = "error: --param 'bad' is not of the form name=value\nhint: runlog start --param alpha=0.1\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", problem)


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["start", "--nosuch"], "false\n"),
        (["--store", "s", "start", "x"], "false\n"),
        (["start", "-p", "x", "--json"], ""),
        (["show", "start"], ""),
    ],
)
def test_only_a_shell_that_begins_a_run_is_told_to_stop(cli: Cli, store: Path, words: list[str], printed: str) -> None:
    assert cli(*words).out == printed


def test_programs_in_a_script_join_its_run(tmp_path: Path) -> None:
    program = """
import runlog
given = runlog.params(alpha=1.0)
with runlog.start_run() as run:
    run.log_metric("loss", given["alpha"])
"""
    (tmp_path / "train.py").write_text(program)
    script = f"""
eval "$(runlog start -p alpha=0.5)"
"{sys.executable}" train.py
runlog ls --status running -q | wc -l
eval "$(runlog finish -q)"
"""
    done = shell(script, tmp_path)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["1"], "")
    [run] = bare_runs(tmp_path / ".runlog").values()
    assert run.points == {"loss": [(0, 0.5)]}


def test_a_shell_that_was_not_told_of_the_end_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text('import runlog\nwith runlog.start_run(name="third"):\n    runlog.log_metric("loss", 1)\n')
    script = f"""
eval "$(runlog start -n first)"
first=$RUNLOG_RUN_ID
runlog finish >/dev/null 2>&1
runlog run -q -n second -- true
"{sys.executable}" train.py
eval "$(runlog start -n fourth)"
eval "$(runlog finish)"
echo "${{RUNLOG_RUN_ID-gone}}"
"""
    done = shell(script, tmp_path)
    runs = named(tmp_path / ".runlog")
    first = runs["first"].folder.name
    assert (done.returncode, done.stdout) == (0, "gone\n")
    assert done.stderr.splitlines()[0] == f"runlog: run {first} around this process has ended, so this is a run of its own"
    assert {name: run.birth["parent"] for name, run in runs.items()} == dict.fromkeys(["first", "second", "third", "fourth"])
    assert {name: run.points for name, run in runs.items() if run.points} == {"third": {"loss": [(0, 1.0)]}}


def test_a_run_of_nobody_goes_on_whoever_looks(cli: Cli, store: Path) -> None:
    begun = json.loads(cli("start", "--json").out)
    before = tree(Path(begun["path"]))
    for words in (["ls"], ["check"], ["check", "--repair"], ["show", begun["id"]]):
        assert cli(*words).status == 0
    assert tree(Path(begun["path"])) == before
    assert runlog.open_store(store).run(begun["id"]).state == "running"
    with open(begun["environment"]["RUNLOG_METRICS"], "a") as door:
        door.write('{"late": 1}\n')
    assert cli("finish", begun["id"], "-q").status == 0
    assert bare_run(Path(begun["path"])).points == {"late": [(0, 1.0)]}


def test_lines_without_a_time_get_that_of_the_end(cli: Cli, store: Path) -> None:
    begun = json.loads(cli("start", "--json").out)
    door = Path(begun["environment"]["RUNLOG_METRICS"])
    opened = json.loads(door.read_text())["time"]
    with open(door, "a") as file:
        file.write('{"loss": 1}')  # and no newline
    assert cli("finish", begun["id"], "-q").status == 0
    [row] = runlog.open_store(store).run(begun["id"]).history("loss").to_pylist()
    assert row["time"].timestamp() > opened


def test_what_cannot_be_ended_is_said(cli: Cli, store: Path, ids: dict[str, str], tmp_path: Path) -> None:
    ridge = ids["ridge"]
    ended = f"error: run {ridge} has ended already: finished\nhint: runlog show {ridge}\n"
    assert cli("finish", "ridge") == Answer(4, "", ended)
    nothing = 'error: there is no run around this command\nhint: eval "$(runlog start)"\n'
    assert cli("finish") == Answer(2, "", nothing)
    wrong = "error: a run ends as finished, failed or killed, not as 'lost'\nhint: runlog finish --state failed\n"
    assert cli("finish", "ridge", "--state", "lost") == Answer(2, "", wrong)
    run = runlog.start_run(store=store)
    try:
        living = f"error: run {run.id} ends with its process {os.getpid()}\nhint: runlog stop {run.id}\n"
        assert cli("finish", run.id) == Answer(4, "", living)
    finally:
        run.finish()


def test_a_lost_run_can_be_given_an_end(cli: Cli, store: Path) -> None:
    program = 'import os, runlog\nrun = runlog.start_run(name="gone")\nrun.log_metric("loss", 1)\nos._exit(1)\n'
    assert python(program, cwd=store.parent).returncode == 1
    assert cli("ls", "--status", "lost", "-q").out.count("\n") == 1
    assert cli("finish", "gone", "--state", "failed", "-q") == Answer(0, "", "")
    assert the_end(named(store)["gone"]) == {"role": "main", "state": "failed"}
    assert cli("ls", "--status", "lost", "-q").out == ""


def test_a_store_that_cannot_be_written_does_not_stop_the_script(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    script = 'eval "$(runlog start)"\nrunlog log loss=1 && runlog finish -q >/dev/null && echo done\n'
    done = shell(script, tmp_path, RUNLOG_STORE=str(tmp_path / "file"), TMPDIR=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "done\n")
    [spool] = tmp_path.glob("runlog-*/.runlog")
    assert done.stderr == (
        f"runlog: {tmp_path}/file is a file where a store must be; this run is kept in {spool}: "
        "copy it onto your store afterwards, stores merge that way\n"
    )
    [run] = bare_runs(spool).values()
    assert run.points == {"loss": [(0, 1.0)]}
