"""`runlog model serve` as a process: it says where it listens, answers while a prediction goes on, and ends when told."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from runlog import __version__
from runlog.cli import main
from runlog.models.loading import load_predictor
from runlog.models.saving import save_model
from runlog.server.scoring import score
from tests.scene import environment, until


def waiting() -> Callable[[Any], Any]:
    """A function that takes as long as a file is not there, and says that it has begun by another."""

    def wait(frame: Any) -> Any:
        import time
        from pathlib import Path

        folder = Path(frame.folder.iloc[0])
        (folder / "begun").touch()
        while not (folder / "over").exists():
            time.sleep(0.01)
        return frame.folder.str.len()

    return wait


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "waiting"
    save_model(waiting(), folder)
    return folder


@contextlib.contextmanager
def served(model: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server and its address."""
    command = [sys.executable, "-m", "runlog", "model", "serve", str(model), "--port", "0", "--trust", *options]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert child.stderr is not None
            line = child.stderr.readline()
            found = re.fullmatch(rf"serving {re.escape(str(model))} on (http://127\.0\.0\.1:\d+)\n", line)
            assert found, line + child.stderr.read()
            yield child, found[1]
        finally:
            child.kill()


def get(address: str) -> tuple[int, str]:
    with urllib.request.urlopen(address, timeout=60) as answer:
        return answer.status, answer.read().decode()


def post(address: str, document: Any) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"{address}/invocations", json.dumps(document).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_it_answers_while_predictions_are_going_on_and_ends_cleanly(model: Path, tmp_path: Path) -> None:
    with served(model) as (child, address), ThreadPoolExecutor() as pool:
        slow = pool.submit(post, address, {"dataframe_records": [{"folder": str(tmp_path)}] * 3})
        until((tmp_path / "begun").exists, "the prediction")
        assert get(f"{address}/ping") == (200, "\n")
        assert get(f"{address}/version") == (200, __version__)
        child.send_signal(signal.SIGTERM)  # what is being answered is answered
        (tmp_path / "over").touch()
        assert slow.result() == (200, {"predictions": [{"folder": len(str(tmp_path))}] * 3})
        assert child.wait(timeout=60) == 128 + signal.SIGTERM
        assert child.stdout is not None
        assert child.stderr is not None
        assert (child.stdout.read(), child.stderr.read()) == ("", "")


def test_a_prediction_that_takes_too_long_holds_nothing_up(model: Path, tmp_path: Path) -> None:
    with served(model, "--timeout", "0.2") as (child, address):
        assert post(address, {"dataframe_records": [{"folder": str(tmp_path)}]}) == (
            504,
            "Request processing time exceeded limit",
        )
        began = time.monotonic()
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=60) == 128 + signal.SIGINT
        assert time.monotonic() - began < 30
        large = 3_000_000
    with served(model) as (child, address):
        (tmp_path / "over").touch()
        rows = [{"folder": str(tmp_path), "more": "x" * large}]
        assert post(address, {"dataframe_records": rows})[0] == 200


def test_a_port_that_is_taken_is_said_before_the_model_is_loaded(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(sys, "argv", ["runlog", "model", "serve", str(model), "--port", str(port)])
        assert main() == 7
    signal.signal(signal.SIGTERM, before)
    told = f"error: cannot listen on 127.0.0.1:{port}: address already in use\nhint: --port 0 takes any that is free\n"
    assert capsys.readouterr() == ("", told)


def test_a_host_that_is_not_here_is_named(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(sys, "argv", ["runlog", "model", "serve", str(model), "--host", "192.0.2.1", "--port", "0"])
    assert main() == 7
    signal.signal(signal.SIGTERM, before)
    assert capsys.readouterr().err.splitlines() == [
        "error: cannot listen on 192.0.2.1:0: cannot assign requested address",
        "hint: --host 127.0.0.1, or 0.0.0.0 for all addresses",
    ]


def test_a_model_that_fails_is_one_line_of_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def failing(frame: Any) -> Any:
        raise ValueError("far too far\nand more of that")

    save_model(failing, tmp_path / "failing")
    answer = score(load_predictor(tmp_path / "failing", trust=True), b'{"inputs": [1]}', "application/json")
    told = "ValueError: far too far"
    assert json.loads(answer.body) == {"error_code": "BAD_REQUEST", "message": f"The model failed on this input: {told}"}
    assert [(record.getMessage(), record.exc_info) for record in caplog.records] == [
        (f"the model failed on a request: {told}", None)
    ]


def test_what_is_missing_is_named(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.chdir(tmp_path)
    for package in ("pandas", "starlette", "uvicorn"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, package, None)
            for name in [name for name in sys.modules if name.startswith(f"{package}.")]:
                patch.setitem(sys.modules, name, None)
            patch.setattr(sys, "argv", ["runlog", "model", "serve", str(model), "--port", "0", "--trust"])
            assert main() == 7
    signal.signal(signal.SIGTERM, before)
    told = "error: serving a model needs {}, which cannot be imported\nhint: pip install 'runlog[serve]'\n"
    assert capsys.readouterr().err == "".join(map(told.format, ("pandas", "starlette", "uvicorn")))
