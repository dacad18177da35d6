"""Secrets reach the program and not the store."""

import json
import subprocess
import sys
from pathlib import Path

from tests.scene import bare_runs, environment, only_run, python, runlog_cli

TOKEN = "hf" + "_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFg7"
SECRETS = [b"hunter2", b"s3cr3t", TOKEN.encode()]


def leaking(store: Path) -> list[str]:
    """Files that hold one of the secrets, apart from what the program itself wrote there."""
    files = [path for path in store.rglob("*") if path.is_file() and path.parent.name != "output" and path.suffix != ".jsonl"]
    return [path.name for path in files if any(secret in path.read_bytes() for secret in SECRETS)]


PROGRAM = """
import os, sys, runlog
given = runlog.params(lr=0.5)
run = runlog.start_run()
print(given["lr"], given["db_password"], given["model.token"], os.environ["RUNLOG_PARAM_DB_PASSWORD"], *sys.argv[1:])
run.log_param("client_secret", "hunter2")
run.log_params({"epochs": 3, "auth": {"api_key": "s3cr3t"}})
run.set_note("made with %s")
raise SystemExit(0)
""".replace("%s", TOKEN)


def test_a_program_gets_what_the_store_does_not_show(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(PROGRAM.replace(TOKEN, "hf" + '_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFg7'))
    params = ["-p", "lr=0.1", "-p", "db_password=hunter2", "-p", f"model.token={TOKEN}", "-p", "max_tokens=512"]
    command = ["python", "train.py", "{db_password}", "--api-key", "s3cr3t", "--header=X {model.token}"]
    done = runlog_cli("run", *params, "--tag", "password=hunter2", "--note", f"by {TOKEN}", "--", *command, cwd=tmp_path)
    assert done.stdout == f"0.1 hunter2 {TOKEN} hunter2 hunter2 --api-key s3cr3t --header=X {TOKEN}\n"
    assert done.returncode == 0
    names = ["db_password", "model.token", "api_key", "header", "password", "a word of the command", "note"]
    assert f"looks like a secret, so its value is not stored: {', '.join(names)}\n" in done.stderr
    assert leaking(tmp_path / ".runlog") == []
    run = only_run(tmp_path / ".runlog")
    assert {**run.params} == {
        "lr": 0.1,
        "db_password": "<withheld>",
        "model.token": "<withheld>",
        "max_tokens": 512,
        "api_key": "<withheld>",
        "header": "X <withheld>",
        "client_secret": "<withheld>",
        "epochs": 3,
        "auth.api_key": "<withheld>",
    }
    assert run.tags == {"password": "<withheld>"}
    assert run.note == "made with <withheld>"
    command_said = json.loads((run.path / "run.json").read_text())["command"]
    assert command_said["argv"] == ["python", "train.py", "<withheld>", "--api-key", "<withheld>", "--header=X <withheld>"]
    assert command_said["typed"] == ["python", "train.py", "{db_password}", "--api-key", "<withheld>", "--header=X {model.token}"]
    assert command_said["withheld"] == names


def test_a_run_of_python_tells_its_own_programs_and_nobody_else(tmp_path: Path) -> None:
    script = """
import subprocess, sys, runlog
with runlog.start_run(params={"password": "hunter2", "lr": 1}, tags={"token": "s3cr3t"}) as run:
    child = "import runlog; print(runlog.params(password='')['password'])"
    subprocess.run([sys.executable, "-c", child], check=True)
with runlog.start_run(params={"password": "hunter2"}):
    raise ValueError("cannot log in at https://ada:hunter2@example.org")
"""
    done = python(script, cwd=tmp_path)
    assert done.stdout == "hunter2\n"
    assert leaking(tmp_path / ".runlog") == []
    for run in bare_runs(tmp_path / ".runlog").values():
        assert run.birth["params"]["password"] == "<withheld>"


def test_a_shell_script_and_a_door(tmp_path: Path) -> None:
    script = """
eval "$(python -m runlog start --param password=hunter2 --param a=1)"
python -c 'import runlog; print(runlog.params()["password"], "$RUNLOG_PARAM_PASSWORD")'
python -m runlog log --param api_key=s3cr3t loss=0.5
python -m runlog tag "$RUNLOG_RUN_ID" token=s3cr3t > /dev/null
echo '{"acc": 1, "params": {"smtp_password": "hunter2"}}' >> "$RUNLOG_METRICS"
eval "$(python -m runlog finish)"
echo "<$RUNLOG_WITHHELD>"
"""
    (tmp_path / "script.sh").write_text(script.replace("python", sys.executable))
    done = runlog_cli("run", "-q", "--", "sh", "-c", "true", cwd=tmp_path)
    assert done.returncode == 0
    shell = subprocess.run(["sh", "script.sh"], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True)
    assert shell.stdout == "hunter2 $RUNLOG_PARAM_PASSWORD\n<>\n"
    assert leaking(tmp_path / ".runlog") == []
    assert "looks like a secret, so its value is not stored: password" in shell.stderr


def test_an_old_store_is_searched_and_only_places_are_named(tmp_path: Path) -> None:
    program = f"print('ok'); print('export API_KEY=q7XwM3zKpL'); open('config.txt', 'w').write('a\\n\\ntoken {TOKEN}\\n')"
    done = runlog_cli("run", "-q", "-a", "config.txt", "-p", "alpha=1", "--", "python", "-c", program, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path / ".runlog")
    path = run.path / "run.json"
    path.write_text(path.read_text().replace('"alpha": 1', '"alpha": 1,\n  "password": "hunter2"'))
    found = runlog_cli("check", "--secrets", cwd=tmp_path)
    below = run.path.relative_to(tmp_path / ".runlog").as_posix()
    line = 1 + path.read_text().splitlines().index('  "password": "hunter2"')
    assert found.returncode == 1
    assert found.stdout.splitlines()[:-1] == [
        f"{below}/artifacts/config.txt:3: Hugging Face token",
        f"{below}/output/stdout.log:2: value of API_KEY",
        f"{below}/run.json:{line}: value of password",
    ]
    assert not any(secret.decode() in found.stdout + found.stderr for secret in SECRETS)
    as_json = json.loads(runlog_cli("check", "--secrets", "--json", cwd=tmp_path).stdout)
    assert [leak["line"] for leak in as_json["leaks"]] == [3, 2, line]


def test_a_store_without_secrets_is_said_to_be_so(tmp_path: Path) -> None:
    assert runlog_cli("run", "-q", "-p", "tokenizer=bert", "--", "echo", "0" * 64, cwd=tmp_path).returncode == 0
    found = runlog_cli("check", "--secrets", cwd=tmp_path)
    assert (found.returncode, found.stdout.endswith("none found\n")) == (0, True)


def test_a_flag_that_a_program_takes_its_password_by_is_no_param_either(tmp_path: Path) -> None:
    program = tmp_path / "curl"
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    done = runlog_cli("run", "--", "./curl", "-s", "-u", "ada:hunter2", cwd=tmp_path)
    assert done.stdout == "-s -u ada:hunter2\n"
    assert leaking(tmp_path / ".runlog") == []
    run = only_run(tmp_path / ".runlog")
    assert {**run.params} == {"s": True, "u": "ada:<withheld>"}
    assert run.record.command["argv"] == ["./curl", "-s", "-u", "ada:<withheld>"]
