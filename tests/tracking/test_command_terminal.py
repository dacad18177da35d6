"""On a terminal a program behaves as it would without runlog, and the terminal is given back as it was."""

import os
import shlex
import signal
import time
from pathlib import Path

import pytest

from tests.tracking.programs import Screen, how, kept, only_run, problems, process_state, runlog_run, script, wait_for

BAR = """
import sys, time
for step in range(1, 4):
    sys.stderr.write(f"\\r{step * 33}%|{'#' * step:<3}| {step}/3 [00:00<00:00, 9.9it/s, loss={1 / step:.2f}]")
    sys.stderr.flush()
sys.stderr.write("\\n")
print("done")
"""


def on_screen(folder: Path, *words: str, size: tuple[int, int] = (30, 100)) -> Screen:
    return Screen(folder, runlog_run("--quiet", *words), size)


def in_shell(folder: Path, line: str, *words: str) -> Screen:
    """`runlog run` on a terminal, with some of its files led elsewhere: `line` has the command for `{}`."""
    return Screen(folder, ["sh", "-c", line.replace("{}", shlex.join(runlog_run("--quiet", *words)))])


def test_the_program_sees_a_terminal_of_the_users_size(tmp_path: Path) -> None:
    code = "import os\nprint([os.isatty(fd) for fd in range(3)], os.get_terminal_size(), os.ttyname(0) == os.ttyname(2))"
    with on_screen(tmp_path, "--", *script(tmp_path, code), size=(11, 77)) as screen:
        assert screen.end() == 0
        assert screen.shown == b"[True, True, True] os.terminal_size(columns=77, lines=11) True\r\n"
    assert kept(only_run(tmp_path)) == {"terminal.log": screen.shown.replace(b"\r\n", b"\n")}


def test_a_progress_bar_animates_and_is_kept_with_plain_newlines(tmp_path: Path) -> None:
    with on_screen(tmp_path, "--metrics-from-output", "--", *script(tmp_path, BAR)) as screen:
        assert screen.end() == 0
    assert screen.shown.count(b"\r33%|#  |") == screen.shown.count(b"\r66%|## |") == screen.shown.count(b"\r99%|###|") == 1
    assert screen.shown.endswith(b"loss=0.33]\r\ndone\r\n")
    found = only_run(tmp_path)
    assert kept(found) == {"terminal.log": screen.shown.replace(b"\r\n", b"\n")}
    assert found.points == {"loss": [(0, 0.33)]}


def test_bytes_are_kept_as_the_program_wrote_them(tmp_path: Path) -> None:
    code = """
import os
written = bytes(byte for byte in range(256) if byte not in b"\\x0e\\x0f") + b"\\r\\n\\r\\r\\n\\n\\r" + b"x\\r\\n" * 5000 + b"\\r"
open("written", "wb").write(written)
while written:
    written = written[os.write(1, written):]
"""
    with on_screen(tmp_path, "--", *script(tmp_path, code)) as screen:
        assert screen.end() == 0
    written = (tmp_path / "written").read_bytes()
    assert kept(only_run(tmp_path)) == {"terminal.log": written}
    assert screen.shown == written.replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    ("printed", "begin"),
    [
        ("all of it\n", "all of it\r\nrun "),
        ("half a line", "half a line\r\nrun "),
        ("bar 9/9\r", "bar 9/9\r\r\nrun "),
        ("\x1b[31mred\n\x1b[0m", "\x1b[31mred\r\n\x1b[0mrun "),
        ("bar\r\x1b[2K\x1b[?25h", "bar\r\x1b[2K\x1b[?25hrun "),
        ("", "run "),
    ],
)
def test_the_last_line_stands_on_a_line_of_its_own(tmp_path: Path, printed: str, begin: str) -> None:
    with Screen(tmp_path, runlog_run("--", "printf", "%b", printed)) as screen:
        assert screen.end() == 0
    found = only_run(tmp_path)
    assert screen.shown.decode().startswith(f"{begin}{found.birth['id']} finished in ")
    assert screen.shown.count(b"run ") == 1


def test_keys_reach_the_program(tmp_path: Path) -> None:
    code = "name = input('name? ')\nprint('hello', name)\nimport sys\nprint(len(sys.stdin.read()))"
    with on_screen(tmp_path, "--", *script(tmp_path, code)) as screen:
        screen.until(b"name? ")
        screen.type("Zoë\r".encode())
        screen.until("hello Zoë".encode())
        screen.type(b"abc\r\x04")
        assert screen.end() == 0
        # Two ways to show a line: the terminal's echo, and the program's answer.
        assert screen.shown == "name? Zoë\r\nhello Zoë\r\nabc\r\n4\r\n".encode()


def test_a_password_is_not_shown_and_not_kept(tmp_path: Path) -> None:
    code = "import getpass\nprint(len(getpass.getpass('secret: ')))"
    with on_screen(tmp_path, "--", *script(tmp_path, code)) as screen:
        screen.until(b"secret: ")
        wait_for(lambda: not screen.settings()[3] & 8, "the terminal to be raw")
        screen.type(b"hunter2\r")
        screen.until(b"7\r\n")
        assert screen.end() == 0
    assert b"hunter2" not in screen.shown + kept(only_run(tmp_path))["terminal.log"]


def test_keys_that_nobody_reads_hold_nothing_up(tmp_path: Path) -> None:
    code = (
        "import sys, time\nprint('up', flush=True)\nwhile not __import__('os').path.exists('go'): time.sleep(0.01)\nprint('end')"
    )
    with on_screen(tmp_path, "--", *script(tmp_path, code)) as screen:
        screen.until(b"up\r\n")
        for _ in range(30):
            screen.type(b"x" * 500)
            screen.until(b"x")
        (tmp_path / "go").touch()
        assert screen.end() == 0
        assert b"end\r\n" in screen.shown  # keys that were on their way may be shown after it


def test_ctrl_c_interrupts_the_program_and_records_it(tmp_path: Path) -> None:
    with Screen(tmp_path, runlog_run("--", "sh", "-c", "echo up; exec sleep 1000")) as screen:
        screen.until(b"up\r\n")
        screen.type(b"\x03")
        assert screen.end() == 130
        assert screen.shown.startswith(b"up\r\n^C\r\nrun 2")
        assert b" killed (SIGINT) in " in screen.shown
    assert how(only_run(tmp_path)) == ("killed", 130, "SIGINT")


def test_ctrl_c_that_the_program_handles(tmp_path: Path) -> None:
    code = "import time\ntry:\n    print('up', flush=True)\n    time.sleep(1000)\nexcept KeyboardInterrupt:\n    print('saved')"
    with on_screen(tmp_path, "--", *script(tmp_path, code)) as screen:
        screen.until(b"up\r\n")
        screen.type(b"\x03")
        assert screen.end() == 0
        assert screen.shown.endswith(b"saved\r\n")
    assert how(only_run(tmp_path)) == ("finished", 0, None)


def test_ctrl_c_that_makes_the_program_fail_is_an_interruption(tmp_path: Path) -> None:
    with on_screen(tmp_path, "--", "sh", "-c", "trap 'exit 7' INT; echo up; while :; do sleep 0.05; done") as screen:
        screen.until(b"up\r\n")
        screen.type(b"\x03")
        assert screen.end() == 7
    assert how(only_run(tmp_path)) == ("killed", 7, "SIGINT")


def test_a_program_in_raw_mode_gets_ctrl_c_as_a_key(tmp_path: Path) -> None:
    code = """
import os, sys, tty
tty.setraw(0)
os.write(1, b"up\\n")
sys.exit(os.read(0, 1)[0])
"""
    with on_screen(tmp_path, "--", *script(tmp_path, code)) as screen:
        end = screen.until(b"up\n")
        screen.type(b"\x03")
        assert screen.end() == 3
        assert screen.shown[:end] == b"up\n"  # nothing was put before its newline
    assert how(only_run(tmp_path)) == ("failed", 3, None)


def test_a_new_size_of_the_window_reaches_the_program(tmp_path: Path) -> None:
    code = """
import os, signal, sys, time
def told(*_):
    print(os.get_terminal_size(), flush=True)
    sys.exit(0)
signal.signal(signal.SIGWINCH, told)
print("up", flush=True)
time.sleep(1000)
"""
    with on_screen(tmp_path, "--", *script(tmp_path, code)) as screen:
        screen.until(b"up\r\n")
        screen.resize(7, 123)
        assert screen.end() == 0
        assert screen.shown.endswith(b"os.terminal_size(columns=123, lines=7)\r\n")


@pytest.mark.parametrize(
    ("command", "status"),
    [(["true"], 0), (["sh", "-c", "stty raw -echo; exit 3"], 3), (["sh", "-c", "kill -9 $$"], 137), (["nowhere"], 127)],
)
def test_the_terminal_is_given_back_as_it_was(tmp_path: Path, command: list[str], status: int) -> None:
    line = "stty -a > before; {}; code=$?; stty -a > after; exit $code"
    with in_shell(tmp_path, line, "--", *command) as screen:
        assert screen.end() == status
    assert (tmp_path / "before").read_text() == (tmp_path / "after").read_text() != ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_terminal_is_given_back_after_a_signal_to_runlog(tmp_path: Path, number: int) -> None:
    line = "stty -a > before; sh -c 'echo $$ > pid; exec \"$@\"' sh {}; code=$?; stty -a > after; exit $code"
    with in_shell(tmp_path, line, "--", "sh", "-c", "echo up; exec sleep 1000") as screen:
        screen.until(b"up\r\n")
        os.kill(int((tmp_path / "pid").read_text()), number)
        assert screen.end() == 128 + number
    assert (tmp_path / "before").read_text() == (tmp_path / "after").read_text() != ""
    assert how(only_run(tmp_path)) == ("killed", 128 + number, signal.Signals(number).name)


def test_a_terminal_that_closes_hangs_the_program_up(tmp_path: Path) -> None:
    code = """
import os, signal, time
def told(*_):
    open("told", "w").close()
    os._exit(1)
signal.signal(signal.SIGHUP, told)
print("up", flush=True)
time.sleep(1000)
"""
    screen = on_screen(tmp_path, "--", *script(tmp_path, code))
    screen.until(b"up\r\n")
    os.close(screen.fd)
    os.waitpid(screen.pid, 0)
    assert (tmp_path / "told").exists()
    state, code_left, _ = how(only_run(tmp_path))
    assert (state, code_left) == ("failed", 1)


def test_messages_that_lead_elsewhere_are_not_on_the_terminal(tmp_path: Path) -> None:
    code = "import os, sys\nprint([os.isatty(fd) for fd in range(3)])\nprint('message', file=sys.stderr)"
    with in_shell(tmp_path, "{} 2> messages", "--", *script(tmp_path, code)) as screen:
        assert screen.end() == 0
        assert screen.shown == b"[True, True, False]\r\n"
    assert (tmp_path / "messages").read_bytes() == b"message\n"
    assert kept(only_run(tmp_path)) == {"terminal.log": b"[True, True, False]\n", "stderr.log": b"message\n"}


def test_a_bar_animates_where_only_the_results_lead_elsewhere(tmp_path: Path) -> None:
    code = f"import os\nprint([os.isatty(fd) for fd in range(3)], os.get_terminal_size(2))\n{BAR}"
    with in_shell(tmp_path, "{} > results", "--", *script(tmp_path, code)) as screen:
        assert screen.end() == 0
        assert screen.shown.startswith(b"\r33%|#  | 1/3") and screen.shown.endswith(b"loss=0.33]\r\n")
    result = b"[True, False, True] os.terminal_size(columns=100, lines=30)\ndone\n"
    assert (tmp_path / "results").read_bytes() == result
    assert kept(only_run(tmp_path)) == {"stdout.log": result, "stderr.log": screen.shown.replace(b"\r\n", b"\n")}


def test_input_that_comes_from_elsewhere_reaches_the_program(tmp_path: Path) -> None:
    with in_shell(tmp_path, "echo piped | {}", "--", *script(tmp_path, "import os\nprint(os.isatty(1), input())")) as screen:
        assert screen.end() == 0
        assert screen.shown == b"True piped\r\n"


def test_ctrl_c_reaches_a_program_whose_input_comes_from_elsewhere(tmp_path: Path) -> None:
    with in_shell(
        tmp_path, "{} < /dev/null", "--", *script(tmp_path, "import time\nprint('up', flush=True)\ntime.sleep(99)")
    ) as screen:
        screen.until(b"up\r\n")
        screen.type(b"\x03")
        assert screen.end() == 130
        assert screen.shown.count(b"KeyboardInterrupt") == 1
    assert how(only_run(tmp_path)) == ("killed", 130, "SIGINT")


def test_pipes_on_a_terminal_when_asked_for(tmp_path: Path) -> None:
    code = "import os\nprint([os.isatty(fd) for fd in range(3)], input())"
    with on_screen(tmp_path, "--no-tty", "--", *script(tmp_path, code)) as screen:
        screen.type(b"typed\r")
        assert screen.end() == 0
        assert screen.shown == b"typed\r\n[True, False, False] typed\r\n"
    assert kept(only_run(tmp_path)) == {"stdout.log": b"[True, False, False] typed\n"}


def test_ctrl_c_on_a_terminal_with_pipes_comes_once(tmp_path: Path) -> None:
    code = """
import signal, time
seen = []
signal.signal(signal.SIGINT, lambda *_: seen.append(1))
print("up", flush=True)
while not seen: time.sleep(0.01)
time.sleep(0.3)
print(len(seen))
"""
    with on_screen(tmp_path, "--no-tty", "--", *script(tmp_path, code)) as screen:
        screen.until(b"up\r\n")
        screen.type(b"\x03")
        assert screen.end() == 0
        assert screen.shown.endswith(b"1\r\n")


SHELL = """
import os, signal, sys, termios
# As a shell does: a job in a group of its own, in front of the terminal until it stops.
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
before = termios.tcgetattr(0)
front = sys.argv[1] == "front"
pid = os.fork()
if pid == 0:
    os.setpgid(0, 0)
    if front:
        os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[2], sys.argv[2:])
while front:
    _, status = os.waitpid(pid, os.WUNTRACED)
    os.tcsetpgrp(0, os.getpgrp())
    if not os.WIFSTOPPED(status):
        break
    print("stopped, as it was:", termios.tcgetattr(0) == before, flush=True)
    sys.stdin.readline()
    os.tcsetpgrp(0, pid)
    os.killpg(pid, signal.SIGCONT)
else:
    sys.stdin.readline()
    os.tcsetpgrp(0, pid)
    _, status = os.waitpid(pid, 0)
    os.tcsetpgrp(0, os.getpgrp())
print("ended:", os.waitstatus_to_exitcode(status), termios.tcgetattr(0) == before)
"""


def test_ctrl_z_stops_the_program_and_it_goes_on(tmp_path: Path) -> None:
    code = """
import os, time
with open("pid", "w") as file: file.write(str(os.getpid()))
before = time.monotonic()
print("up", flush=True)
while True:
    now = time.monotonic()
    if now - before > 0.5:
        break  # we were stopped
    before = now
    time.sleep(0.01)
print("name?", flush=True)
print("hello", input())
"""
    shell = script(tmp_path, SHELL, "shell.py")
    with Screen(tmp_path, [*shell, "front", *runlog_run("--quiet", "--", *script(tmp_path, code))]) as screen:
        screen.until(b"up\r\n")
        screen.type(b"\x1a")
        screen.until(b"stopped, as it was: True\r\n")
        program = int((tmp_path / "pid").read_text())
        wait_for(lambda: process_state(program) == "T", "the program to stop")
        time.sleep(0.6)
        screen.type(b"\n")
        screen.until(b"name?\r\n")
        screen.type(b"again\r")
        screen.until(b"hello again\r\n")
        screen.end()
        assert screen.shown.endswith(b"ended: 0 True\r\n")
    assert how(only_run(tmp_path)) == ("finished", 0, None)


def test_a_job_in_the_background_takes_the_keys_when_it_comes_to_the_front(tmp_path: Path) -> None:
    code = """
import os, time
print("up", flush=True)
while not os.path.exists("go"): time.sleep(0.01)
print("name?", flush=True)
print("hello", input())
"""
    shell = script(tmp_path, SHELL, "shell.py")
    with Screen(tmp_path, [*shell, "back", *runlog_run("--quiet", "--", *script(tmp_path, code))]) as screen:
        screen.until(b"up\r\n")  # and was not stopped for touching the terminal
        screen.type(b"\n")
        wait_for(lambda: os.tcgetpgrp(screen.fd) != screen.pid, "the job to come to the front")
        (tmp_path / "go").touch()
        screen.until(b"name?\r\n")
        screen.type(b"you\r")
        screen.until(b"hello you\r\n")
        screen.end()
        assert screen.shown.endswith(b"ended: 0 True\r\n")


def test_a_program_that_lets_go_of_the_terminal_is_not_hung_up(tmp_path: Path) -> None:
    code = """
import os, time
print("bye", flush=True)
null = os.open(os.devnull, os.O_RDWR)
for fd in range(3): os.dup2(null, fd)
time.sleep(0.5)
with open("/dev/tty", "w") as terminal: terminal.write("back\\n")
"""
    with on_screen(tmp_path, "--", *script(tmp_path, code)) as screen:
        assert screen.end() == 0
        assert screen.shown == b"bye\r\nback\r\n"


def test_what_stays_in_the_background_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with on_screen(tmp_path, "--", "sh", "-c", "trap '' HUP; sleep 1000 & echo $!; echo done") as screen:
        assert screen.end() == 0
        sleeper, done = screen.shown.split()
        assert done == b"done"
    os.kill(int(sleeper), 9)


def test_much_output_comes_through_whole(tmp_path: Path) -> None:
    with on_screen(tmp_path, "--", "seq", "200000") as screen:
        assert screen.end() == 0
    expected = b"".join(b"%d\n" % number for number in range(1, 200_001))
    assert kept(only_run(tmp_path)) == {"terminal.log": expected}
    assert screen.shown == expected.replace(b"\n", b"\r\n")


def test_a_run_within_a_run_has_a_terminal_too(tmp_path: Path) -> None:
    inner = runlog_run("--quiet", "--", *script(tmp_path, "import os\nprint(os.isatty(1), input('name? '))"))
    with on_screen(tmp_path, "--", *inner) as screen:
        screen.until(b"name? ")
        screen.type(b"x\r")
        assert screen.end() == 0
        assert screen.shown == b"name? x\r\nTrue x\r\n"
    assert len(list(tmp_path.glob(".runlog/experiments/default/2*/output/terminal.log"))) == 2


def test_the_tracking_has_nothing_to_complain_about(tmp_path: Path) -> None:
    with on_screen(tmp_path, "--", "true") as screen:
        assert screen.end() == 0
    assert problems(only_run(tmp_path)) == []
