"""`runlog run` as users type it: options in, a run and the program's own status out."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runlog import open_store
from tests.cli.conftest import program
from tests.scene import BareRun, bare_runs, environment, runlog_cli, shell

ID = r"\d{8}-\d{6}-[2-9a-z]{6}"
Done = subprocess.CompletedProcess[str]


def only(folder: Path) -> BareRun:
    (found,) = bare_runs(folder / ".runlog").values()
    return found


def tells(folder: Path, *words: str, code: str, options: tuple[str, ...] = (), **settings: str | Path) -> Any:
    """What a program prints as JSON when it is run with these options."""
    done = runlog_cli("run", "--quiet", *options, "--", *program(folder, code), *words, cwd=folder, **settings)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_the_command_of_the_first_page_works(work: Path) -> None:
    (work / "train.py").write_text(
        "import runlog\nalpha = runlog.params(alpha=1.0)['alpha']\nrunlog.log_metric('loss', alpha / 2)"
    )
    done = runlog_cli("run", "--param", "alpha=0.1", "--", sys.executable, "train.py", cwd=work)
    assert (done.returncode, done.stdout) == (0, "")
    assert re.fullmatch(rf"run {ID} finished in \d+\.\ds  loss 0\.05\n", done.stderr)
    assert only(work).params == {"alpha": [0.1]}
    assert only(work).points == {"loss": [(0, 0.05)]}


def test_params_keep_their_types(work: Path) -> None:
    given = ["a=1", "b=0.5", "c=true", "d=null", "e=text", 'f="1"', "g:=1", "h=[1,2]", "i=", "j=x=y", "a=2"]
    options = [word for text in given for word in ("-p", text)]
    assert tells(work, code="import json, runlog\nprint(json.dumps(runlog.params(z=9)))", options=tuple(options)) == {
        "a": 2,
        "b": 0.5,
        "c": True,
        "d": None,
        "e": "text",
        "f": "1",
        "g": "1",
        "h": [1, 2],
        "i": "",
        "j": "x=y",
        "z": 9,
    }


def test_params_from_files_are_nested_and_the_command_line_has_the_last_word(work: Path) -> None:
    (work / "a.json").write_text('{"model": {"depth": 3, "width": 2}, "alpha": 1, "beta": 1}')
    (work / "b.toml").write_text("beta = 2\n[model]\nwidth = 5\n")
    words = ["--params-file", "a.json", "--params-file", "b.toml", "-p", "alpha=7", "--", "echo", "{model} {model.width} {beta}"]
    assert runlog_cli("run", *words, cwd=work).stdout == '{"depth": 3, "width": 5} 5 2\n'
    assert only(work).birth["params"] == {"model.depth": 3, "model.width": 5, "alpha": 7, "beta": 2}


DATED = """\
day: 2020-01-01
at: [10:30:00, 2020-01-01T10:00:00Z]
raw: !!binary aGVsbG8=
tags: !!set {b, a}
model: {born: 2019-12-31}
"""


def test_what_json_cannot_hold_is_one_text_wherever_it_is_seen(work: Path) -> None:
    (work / "p.yml").write_text(DATED)
    (work / "p.toml").write_text("noon = 12:00:00\n")
    code = """
import json, os, runlog, sys
seen = {key[13:]: value for key, value in os.environ.items() if key.startswith("RUNLOG_PARAM_")}
print(json.dumps([sys.argv[1:], seen, runlog.params()]))
"""
    options = ("--params-file", "p.yml", "--params-file", "p.toml")
    placeholders = ["{day}", "{at}", "{raw}", "{tags}", "{model}", "{noon}"]
    done = runlog_cli("run", "--quiet", *options, "--", *program(work, code), *placeholders, cwd=work)
    kept = {
        "day": "2020-01-01",
        "at": [37800, "2020-01-01T10:00:00+00:00"],
        "raw": "b'hello'",
        "tags": ["a", "b"],
        "model.born": "2019-12-31",
        "noon": "12:00:00",
    }
    typed = [text if isinstance(text, str) else json.dumps(text) for text in kept.values()]
    seen = dict(zip(["DAY", "AT", "RAW", "TAGS", "MODEL_BORN", "NOON"], typed, strict=True))
    assert json.loads(done.stdout) == [[*typed[:4], '{"born": "2019-12-31"}', "12:00:00"], seen, kept]
    (run_id,) = bare_runs(work / ".runlog")
    told = f"runlog: run {run_id}: param 'raw' was a bytes, kept as the text \"b'hello'\"\n"
    assert (done.returncode, done.stderr, only(work).birth["params"]) == (0, told, kept)


@pytest.mark.parametrize("name", ["-", "/dev/stdin", "<(echo 'alpha = 0.5')"])
def test_params_come_through_pipes_and_are_read_once(work: Path, name: str) -> None:
    line = f"run -q --needed --params-file {name} -- echo '{{alpha}}'"
    done = shell(f"echo 'alpha = 0.5' | {sys.executable} -m runlog {line}", cwd=work, sh="bash")
    assert (done.returncode, done.stdout, done.stderr) == (0, "0.5\n", "")
    assert only(work).birth["params"] == {"alpha": 0.5}


def test_params_reach_the_program_as_variables(work: Path) -> None:
    code = "import os, json\nprint(json.dumps({k: v for k, v in os.environ.items() if k.startswith('RUNLOG_PARAM_')}))"
    found = tells(
        work, code=code, options=("-p", "alpha=0.1", "-p", "model.name=a b", "-p", "on=true"), RUNLOG_PARAM_OLD="from outside"
    )
    assert found == {"RUNLOG_PARAM_ALPHA": "0.1", "RUNLOG_PARAM_MODEL_NAME": "a b", "RUNLOG_PARAM_ON": "true"}


def test_params_that_share_a_variable_are_told_and_the_last_has_it(work: Path) -> None:
    given = ["-p", "a-b=100", "-p", "a_b=2", "-p", "日=3", "-p", "本=4", "-p", "alone=5"]
    done = runlog_cli("run", "-q", *given, "--", "sh", "-c", "env | grep ^RUNLOG_PARAM_ | sort", cwd=work)
    assert done.stdout == "RUNLOG_PARAM_ALONE=5\nRUNLOG_PARAM_A_B=2\nRUNLOG_PARAM__=4\n"
    problems = [
        f"params {first!r} and {second!r} share variable {variable}: it holds that of {second!r}; runlog.params() has all params"
        for first, second, variable in (("a-b", "a_b", "RUNLOG_PARAM_A_B"), ("日", "本", "RUNLOG_PARAM__"))
    ]
    run = only(work)
    assert done.stderr == "".join(f"runlog: run {run.birth['id']}: {problem}\n" for problem in problems)
    assert [entry["problem"] for entry in run.entries if "problem" in entry] == problems


def test_what_is_too_long_for_a_variable_reaches_the_program_all_the_same(work: Path) -> None:
    (work / "p.json").write_text(json.dumps({"long": "ä" * 60_000, "short": 1}))
    code = """
import os, runlog
print(len(runlog.params()["long"]), "RUNLOG_PARAM_LONG" in os.environ, os.environ["RUNLOG_PARAM_SHORT"])
"""
    done = runlog_cli("run", "--params-file", "p.json", "--", *program(work, code), cwd=work)
    assert done.stdout == "60000 False 1\n"
    (problem,) = [entry["problem"] for entry in only(work).entries if "problem" in entry]
    assert problem == "cannot be variables of the environment: long; runlog.params() has all params"


def test_what_was_typed_and_what_was_run_are_both_known(work: Path) -> None:
    done = runlog_cli("run", "-p", "alpha=0.1", "--", "echo", "--alpha={alpha}", "{{alpha}} {beta}", cwd=work)
    assert done.stdout == "--alpha=0.1 {alpha} {beta}\n"
    assert only(work).birth["command"] == {
        "argv": ["echo", "--alpha=0.1", "{alpha} {beta}"],
        "typed": ["echo", "--alpha={alpha}", "{{alpha}} {beta}"],
        "cwd": ".",
    }


def test_flags_of_the_program_are_params(work: Path) -> None:
    code = "import json, sys\nprint(json.dumps(sys.argv[1:]))"
    words = ["--lr", "0.1", "--epochs=3", "-b", "32", "--shuffle", "--no-cuda", "data.csv"]
    (work / "train.py").write_text(code)
    done = runlog_cli("run", "-q", "--", sys.executable, "-u", "-W", "error", "train.py", *words, cwd=work)
    assert json.loads(done.stdout) == words
    birth = only(work).birth
    assert birth["params"] == {"lr": 0.1, "epochs": 3, "b": 32, "shuffle": True, "cuda": False}
    assert birth["command"]["flags"] == ["lr", "epochs", "b", "shuffle", "cuda"]


def test_params_that_were_given_win_over_flags(work: Path) -> None:
    options = ["-p", "lr=0.5", "-p", "learning-rate=1"]
    runlog_cli("run", *options, "--", "true", "--lr", "0.1", "--learning-rate", "2", "--depth", "3", cwd=work)
    assert only(work).birth["params"] == {"lr": 0.5, "learning-rate": 1, "depth": 3}


def test_flags_are_left_alone_when_asked(work: Path) -> None:
    runlog_cli("run", "--no-flags", "--", "true", "--lr", "0.1", cwd=work)
    assert only(work).birth["params"] == {}
    assert "flags" not in only(work).birth["command"]


def test_a_program_gets_its_flags_as_params_only_where_it_names_them(work: Path) -> None:
    code = "import json, runlog\nprint(json.dumps(runlog.params(lr=0.5, seed=1)))"
    found = tells(work, "--lr", "1", "--verbose", code=code, options=("-p", "alpha=0.1"))
    assert found == {"lr": 1.0, "seed": 1, "alpha": 0.1}


def test_no_flag_stops_a_run(work: Path) -> None:
    long = "x" * 70_000
    done = runlog_cli("run", "-q", "--", "echo", f"--{'n' * 300}=1", "--text", long, "--=", "--a.b=1", cwd=work)
    assert (done.returncode, done.stderr) == (0, "")
    assert only(work).birth["params"] == {"a.b": 1}


def test_all_that_can_be_said_of_a_run(work: Path) -> None:
    options = ["-e", "duration", "-n", "ridge", "-m", "a try", "-t", "model=ridge", "--tag", "baseline"]
    runlog_cli("run", *options, "--", "true", cwd=work)
    birth = only(work).birth
    assert (birth["experiment"], birth["name"], birth["note"]) == ("duration", "ridge", "a try")
    assert birth["tags"] == {"model": "ridge", "baseline": ""}


def test_it_runs_in_the_callers_folder(work: Path) -> None:
    (work / ".git").mkdir()
    (work / "sub" / "deep").mkdir(parents=True)
    done = runlog_cli("run", "-q", "--", "pwd", cwd=work / "sub" / "deep")
    assert done.stdout == f"{work.resolve()}/sub/deep\n"
    assert only(work).birth["command"]["cwd"] == "sub/deep"


def test_a_run_has_a_parent(work: Path) -> None:
    assert runlog_cli("run", "-q", "-n", "sweep", "--", "true", cwd=work).returncode == 0
    parent = only(work).birth["id"]
    for selector in (parent, parent[-6:], "sweep"):
        done = runlog_cli("run", "--parent", selector, "-n", f"of {selector}", "--", "true", cwd=work)
        assert done.returncode == 0, done.stderr
    assert [run.birth["parent"] for run in bare_runs(work / ".runlog").values() if run.birth["name"] != "sweep"] == [parent] * 3


def test_a_run_within_a_run_is_its_child_with_params_of_its_own(work: Path) -> None:
    inner = [sys.executable, "-m", "runlog", "run", "-q", "-n", "inner", "-p", "b=2", "--", "env"]
    done = runlog_cli("run", "-q", "-n", "outer", "-p", "a=1", "--", *inner, cwd=work)
    assert [line for line in done.stdout.splitlines() if line.startswith("RUNLOG_PARAM")] == ["RUNLOG_PARAM_B=2"]
    runs = {run.birth["name"]: run.birth for run in bare_runs(work / ".runlog").values()}
    assert runs["inner"]["parent"] == runs["outer"]["id"]


def test_inputs_are_known_by_size_and_hash(work: Path) -> None:
    (work / "data").mkdir()
    (work / "data" / "a.csv").write_bytes(b"1,2\n")
    (work / "rows.csv").write_bytes(b"x,y\n")
    runlog_cli("run", "--input", "train=rows.csv", "--input", "all=data", "--", "true", cwd=work)
    inputs = {entry["input"]: entry["value"] for entry in only(work).entries if "input" in entry}
    row = hashlib.sha256(b"1,2\n").hexdigest()
    assert inputs == {
        "train": {"path": "rows.csv", "bytes": 4, "sha256": hashlib.sha256(b"x,y\n").hexdigest(), "files": 1},
        "all": {"path": "data", "bytes": 4, "sha256": hashlib.sha256(f"{row} 4 a.csv\n".encode()).hexdigest(), "files": 1},
    }


def test_one_quiet_line_at_the_end(work: Path) -> None:
    code = "import runlog\nrunlog.log_metrics({name: 1 / (n + 2) for n, name in enumerate('abcdef')})\nraise SystemExit(4)"
    done = runlog_cli("run", "--", *program(work, code), cwd=work)
    assert done.returncode == 4
    line = rf"run {ID} failed \(4\) in \d+\.\ds  a 0\.5  b 0\.333333  c 0\.25  d 0\.2  and 2 more\n"
    assert re.fullmatch(line, done.stderr)


@pytest.mark.parametrize("option", ["--quiet", "-q"])
def test_or_none(work: Path, option: str) -> None:
    done = runlog_cli("run", option, "--", "echo", "out", cwd=work)
    assert (done.stdout, done.stderr) == ("out\n", "")


@pytest.mark.parametrize(
    ("name", "content", "status", "reason"),
    [
        ("nowhere", None, 127, "command not found"),
        ("./nowhere", None, 127, "command not found"),
        ("./plain", "text", 126, "permission denied"),
        (".", None, 126, "permission denied"),
        ("./odd", b"\x00\x01binary", 126, "exec format error"),
        ("./script", "#!/nowhere/python\n", 127, "the interpreter that its first line names was not found"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_line(work: Path, name: str, content: Any, status: int, reason: str) -> None:
    if content is not None:
        path = work / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(0o644 if name == "./plain" else 0o755)
    done = runlog_cli("run", "-q", "--", name, cwd=work)
    assert done.returncode == status
    assert (done.stdout, done.stderr) == ("", f"error: cannot run {name}: {reason}\n")
    (end,) = [entry["end"] for entry in only(work).entries if "end" in entry]
    assert (end["state"], end["exit_code"], end["error"]["message"]) == ("failed", status, f"cannot run {name}: {reason}")


@pytest.mark.parametrize(
    ("name", "mode", "status", "reason", "hint"),
    [
        ("train.py", 0o644, 127, "command not found", "python train.py --lr '0 1'"),
        ("./train.py", 0o644, 126, "permission denied", "python ./train.py --lr '0 1'"),
        ("./train.py", 0o755, 126, "exec format error", "python ./train.py --lr '0 1'"),
        ("train.sh", 0o755, 127, "command not found", "sh train.sh --lr '0 1'"),
        ("train", 0o755, 127, "command not found", "./train --lr '0 1'"),
        ("./train", 0o755, 126, "exec format error", "sh ./train --lr '0 1'"),
    ],
)
def test_a_script_without_its_interpreter_is_told_how_to_run(
    work: Path, name: str, mode: int, status: int, reason: str, hint: str
) -> None:
    (work / name).write_text("print(1)\n")
    (work / name).chmod(mode)
    done = runlog_cli("run", "-q", "--", name, "--lr", "0 1", cwd=work)
    told = f"error: cannot run {name}: {reason}\nhint: runlog run -- {hint}\n"
    assert (done.returncode, done.stdout, done.stderr) == (status, "", told)


def test_a_script_of_the_path_without_a_first_line_is_told_how_to_run(work: Path) -> None:
    (work / "bin").mkdir()
    (work / "bin" / "ns").write_text("echo hi\n")
    (work / "bin" / "ns").chmod(0o755)
    (work / "ns").write_text("another\n")
    done = runlog_cli("run", "-q", "--", "ns", cwd=work, PATH=f"{work / 'bin'}:{os.environ['PATH']}")
    told = f"error: cannot run ns: exec format error\nhint: runlog run -- sh {work / 'bin' / 'ns'}\n"
    assert (done.returncode, done.stdout, done.stderr) == (126, "", told)


def test_the_error_of_a_program_is_told_by_itself(work: Path) -> None:
    code = "import runlog\nrunlog.log_metric('a', 1)\nraise ValueError('too hot')"
    assert runlog_cli("run", "-q", "--", *program(work, code), cwd=work).returncode == 1
    (run,) = open_store(work / ".runlog").runs()
    assert run.record.end and run.record.end.error
    assert run.record.end.error["message"] == "too hot"


def test_resources_are_shown(work: Path) -> None:
    runlog_cli("run", "--", *program(work, "x = bytearray(100_000_000)"), cwd=work)
    shown = json.loads(runlog_cli("show", "--json", cwd=work).stdout)["resources"]
    assert shown.keys() == {"wall_s", "user_s", "system_s", "peak_memory_bytes"}
    assert shown["peak_memory_bytes"] > 100_000_000
    page = runlog_cli("show", cwd=work).stdout
    assert re.search(r"^took +\d+\.\ds, cpu \d+\.\ds, memory 1\d\d\.\d MB$", page, re.MULTILINE)


def test_a_check_finds_nothing(work: Path) -> None:
    runlog_cli("run", "--metrics-from-output", "-a", "*.py", "--", "echo", "loss=1", cwd=work)
    done = runlog_cli("check", cwd=work)
    assert done.returncode == 0
    assert re.fullmatch(r"1 run, \d+ files checked: all is well\n", done.stdout)


NAMELESS = 2, "the program to run has no name: it is the empty text", "runlog run -- python train.py"


@pytest.mark.parametrize(
    ("words", "status", "message", "hint"),
    [
        ([], 2, "there is no command to run", "runlog run -- python train.py"),
        (["--"], 2, "there is no command to run", "runlog run -- python train.py"),
        (["--", ""], *NAMELESS),
        (["-p", "x=", "--", "{x}", "a"], *NAMELESS),
        (
            ["-p", "alpha", "--", "touch", "ran"],
            2,
            "--param 'alpha' is not of the form name=value",
            "runlog run --param alpha=0.1 -- <command>",
        ),
        (
            ["--input", "data.csv", "--", "touch", "ran"],
            2,
            "--input 'data.csv' is not of the form name=value",
            "runlog run --input train=data.csv -- <command>",
        ),
        (["--input", "a=nowhere.csv", "--", "touch", "ran"], 5, "there is no file 'nowhere.csv' to be input 'a'", None),
        (["--params-file", "nowhere.json", "--", "touch", "ran"], 5, "there is no file 'nowhere.json'", None),
        (["-t", "=x", "--", "touch", "ran"], 5, "tag name is empty", None),
        (
            ["-e", "a/b", "--", "touch", "ran"],
            5,
            "experiment name 'a/b' reads as a path",
            "use '-' or '.' between the parts of a name",
        ),
        (
            ["--metric-regex", "loss", "--", "touch", "ran"],
            2,
            "--metric-regex 'loss' has no named group, so the metric has no name",
            "--metric-regex 'loss is (?P<loss>\\S+)'",
        ),
    ],
)
def test_wrong_usage_is_told_before_anything_runs(
    work: Path, words: list[str], status: int, message: str, hint: str | None
) -> None:
    done = runlog_cli("run", *words, cwd=work)
    assert done.returncode == status
    assert done.stderr == f"error: {message}\n" + (f"hint: {hint}\n" if hint else "")
    assert list(work.iterdir()) == []


def test_a_misspelt_option_is_not_taken_for_the_program(work: Path) -> None:
    done = runlog_cli("run", "--parm", "alpha=1", "--", "touch", "ran", cwd=work)
    assert done.returncode == 2
    assert "--parm" in done.stderr and "--param" in done.stderr
    assert list(work.iterdir()) == []


def test_a_parent_that_is_not_there(work: Path) -> None:
    runlog_cli("run", "-q", "--", "true", cwd=work)
    done = runlog_cli("run", "--parent", "zzzzzz", "--", "touch", "ran", cwd=work)
    assert (done.returncode, done.stderr) == (3, "error: no run matches 'zzzzzz'\nhint: runlog ls\n")
    assert not (work / "ran").exists()


def test_after_the_dashes_everything_is_the_program(work: Path) -> None:
    done = runlog_cli("run", "-q", "--", "echo", "--name", "x", "--", "--quiet", "-p", cwd=work)
    assert done.stdout == "--name x -- --quiet -p\n"
    assert runlog_cli("run", "-q", "echo", "--name", "y", "-q", cwd=work).stdout == "--name y -q\n"


HEAVY = {"pyarrow", "numpy", "git", "rich", "pydantic", "pandas", "sqlite3", "asyncio", "yaml", "tomllib"}


@pytest.mark.parametrize(
    "words",
    [
        ["--", "true"],
        ["-p", "alpha=0.1", "-t", "a", "-m", "note", "-a", "*.x", "--", "sh", "-c", "echo out; exit 3", "x", "--lr", "1"],
        ["--metrics-from-output", "--", "echo", "nothing"],
        ["--", "nowhere"],
    ],
)
def test_a_run_without_metrics_imports_nothing_heavy(work: Path, words: list[str]) -> None:
    (work / "a.x").touch()
    command = [sys.executable, "-X", "importtime", "-m", "runlog", "run", *words]
    done = subprocess.run(command, cwd=work, env=environment(), capture_output=True, text=True, check=False, timeout=100)
    imported = {
        line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if line.startswith("import time:")
    }
    assert "typer" in imported
    assert imported & HEAVY == set()


def test_the_help_ends_with_an_example_that_works(work: Path) -> None:
    text = runlog_cli("run", "--help", cwd=work).stdout
    example = text.rstrip().splitlines()[-1].strip()
    assert example == "Example: runlog run --param alpha=0.1 -- python train.py --alpha {alpha}"
    (work / "train.py").write_text("import sys\nprint(sys.argv[1:])")
    words = example.removeprefix("Example: runlog ").replace("python", sys.executable).split()
    done = runlog_cli(*words, cwd=work)
    assert (done.returncode, done.stdout) == (0, "['--alpha', '0.1']\n")
    assert os.listdir(work / ".runlog" / "experiments") == ["default"]
