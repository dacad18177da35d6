"""`runlog stop`, with real processes."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Answer, Cli
from tests.scene import bare_runs, begin_python, ended, environment, until

GOING = """
import runlog, sys, time
with runlog.start_run(name="going") as run:
    print(run.id, flush=True)
    while True:
        run.log_metric("loss", 1.0)
        time.sleep(0.02)
"""
DEAF = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + GOING


def ends(store: Path, run_id: str) -> list[dict[str, object]]:
    return [entry["end"] for entry in bare_runs(store)[run_id].entries if "end" in entry]


def test_a_run_is_asked_to_end_and_does(cli: Cli, store: Path) -> None:
    with begin_python(GOING, cwd=store.parent) as child:
        assert child.stdout is not None
        run_id = child.stdout.readline().strip()
        assert cli("stop", "going") == Answer(0, f"stopped {run_id}: killed (SIGTERM)\n", "")
        assert ended(child) == -signal.SIGTERM
    over = f"error: run {run_id} is not running: it is killed\nhint: runlog show {run_id}\n"
    assert cli("stop", "going") == Answer(4, "", over)
    assert ends(store, run_id) == [{"role": "main", "state": "killed", "signal": "SIGTERM"}]
    assert cli("check").status == 0


def test_a_run_that_does_not_listen_is_killed_only_when_that_is_said(cli: Cli, store: Path) -> None:
    with begin_python(DEAF, cwd=store.parent) as child:
        assert child.stdout is not None
        run_id = child.stdout.readline().strip()
        still = f"error: run {run_id} still runs 0.2 s after SIGTERM, as process {child.pid}\nhint: runlog stop --kill {run_id}\n"
        assert cli("stop", run_id, "--wait", "0.2") == Answer(7, "", still)
        assert cli("stop", run_id, "--wait", "0.2", "--kill", "-q") == Answer(0, f"{run_id}\n", "")
        assert ended(child) == -signal.SIGKILL
    assert ends(store, run_id) == [{"role": "main", "state": "killed", "signal": "SIGKILL"}]


def test_a_program_that_does_not_listen_is_killed_below_its_wrapper(cli: Cli, store: Path) -> None:
    script = store.parent / "deaf.sh"
    script.write_text("trap '' TERM\necho $$ > pid\nwhile true; do sleep 0.05; done\n")
    command = [sys.executable, "-m", "runlog", "run", "--name", "wrapped", "--", "sh", str(script)]
    quiet = subprocess.DEVNULL
    child = subprocess.Popen(command, cwd=store.parent, env=environment(), stdin=quiet, stdout=quiet, stderr=quiet)
    with child:
        pid = store.parent / "pid"
        until(lambda: pid.exists() and pid.read_text().strip(), "the program")
        answer = cli("stop", "wrapped", "--wait", "0.2", "--kill")
        assert child.wait(timeout=60) == 128 + signal.SIGKILL
    assert re.fullmatch(r"stopped \S+: killed \(SIGKILL\)\n", answer.out)
    assert not Path(f"/proc/{pid.read_text().strip()}").exists()


def test_a_run_without_a_process_is_marked_when_that_is_said(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    with begin_python(GOING, cwd=store.parent) as child:
        assert child.stdout is not None
        run_id = child.stdout.readline().strip()
        here = f"error: run {run_id} is not lost: it runs here as process {child.pid}\nhint: runlog stop {run_id}\n"
        assert cli("stop", "--lost", run_id) == Answer(4, "", here)
        child.kill()
        ended(child)
    gone = f"error: the process of run {run_id} is gone\nhint: runlog stop --lost {run_id}\n"
    assert cli("stop", run_id) == Answer(4, "", gone)
    lost = json.loads(cli("show", run_id, "--json").out)
    assert lost["state"] == "lost"
    told = cli("stop", "--lost", run_id, "ridge")
    not_running = f"error: run {ids['ridge']} is not running: it is finished\nhint: runlog show {ids['ridge']}\n"
    assert told == Answer(1, f"marked {run_id}: killed\n", not_running)
    marked = json.loads(cli("show", run_id, "--json").out)
    assert (marked["state"], marked["ended_at"]) == ("killed", lost["ended_at"])


def elsewhere(store: Path, run_id: str, **changes: object) -> None:
    """Make a run look as if it were one of another process."""
    [birth] = store.glob(f"experiments/*/{run_id}/run.json")
    document = json.loads(birth.read_text())
    document["process"] |= changes
    birth.write_text(json.dumps(document))
    for path in birth.parent.glob("entries-*.json"):
        path.unlink()


def test_a_run_on_another_machine_is_not_reached(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    run_id = ids["ridge"]
    elsewhere(store, run_id, host="node7", pid=42, boot="another")
    [birth] = store.glob(f"experiments/*/{run_id}/run.json")
    birth.write_text(birth.read_text().replace('"created_at": "20', '"created_at": "21'))
    far = f"error: run {run_id} runs as process 42 on node7, not here\nhint: runlog stop --lost {run_id}\n"
    assert cli("stop", run_id) == Answer(4, "", far)
    elsewhere(store, run_id, pid=0)
    nobody = f"error: no process stands for run {run_id}: it runs until somebody ends it\nhint: runlog finish {run_id}\n"
    assert cli("stop", run_id) == Answer(4, "", nobody)
    both = "error: --lost and --kill exclude each other\nhint: runlog stop --help\n"
    assert cli("stop", run_id, "--lost", "--kill") == Answer(2, "", both)


def test_a_word_from_outside_is_no_sign_of_life(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    elsewhere(store, ids["ridge"], host="node7", pid=42, boot="another")
    [birth] = store.glob(f"experiments/*/{ids['ridge']}/run.json")
    birth.write_text(re.sub(r'"created_at": "\d{4}', '"created_at": "2020', birth.read_text()))
    lost = json.loads(cli("show", "ridge", "--json").out)
    assert lost["state"] == "lost"
    cli("tag", "ridge", "seen")
    tagged = json.loads(cli("show", "ridge", "--json").out)
    assert (tagged["state"], tagged["ended_at"]) == ("lost", lost["ended_at"])
