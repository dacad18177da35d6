"""The picture in the README: what `ls` and `compare` print on a terminal, drawn as SVG. `python -m docs.generate` writes it.

The runs are real; then their ids and times are set, so that the picture is the same whenever it is made.
"""

from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

DOCS = Path(__file__).resolve().parent
PATH = DOCS / "picture.svg"
COLUMNS = 80
COMMANDS = ["ls --tag model", "compare @last @last~1 @last~2 --curves --baseline @last~2"]
_TAILS = ["k3f9x2", "ab3d9f", "q8w7e6", "x7k2p4"]
_AGO = [timedelta(days=1, hours=2), timedelta(hours=5, minutes=9), timedelta(hours=2, minutes=9), timedelta(minutes=8, seconds=9)]
_TOOK_S = [4.2, 31.8, 72.4, 188.1]
# Nothing is fetched when somebody looks at it: every viewer has some font of fixed width.
_FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; \
font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
_COLOURS = [
    (22, 25, 31),
    (224, 108, 117),
    (126, 198, 127),
    (229, 192, 123),
    (97, 175, 239),
    (198, 120, 221),
    (86, 182, 194),
    (200, 204, 212),
]
_THEME = TerminalTheme((22, 25, 31), (200, 204, 212), _COLOURS, _COLOURS)


def session() -> str:
    """What the commands print, with the colours of a terminal."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("RUNLOG_") and key != "NO_COLOR"}
        environment |= {"RUNLOG_CACHE": str(work / "cache"), "RUNLOG_CAPTURE": "off", "PYTHONPATH": str(DOCS.parent)}
        environment |= {"RUNLOG_STORE": str(work / ".runlog"), "COLUMNS": str(COLUMNS), "TERM": "xterm", "TZ": "UTC"}
        subprocess.run([sys.executable, DOCS / "picture_session.py"], cwd=work, env=environment, check=True)
        subprocess.run([sys.executable, "-m", "runlog", "ls", "-q"], cwd=work, env=environment, check=True, capture_output=True)
        for place, run in enumerate(sorted((work / ".runlog" / "experiments" / "duration").glob("2*"), key=_begun)):
            _settle_on(run, _TAILS[place], _AGO[place], _TOOK_S[place])
        shown = [f"\x1b[1;34m$\x1b[0m runlog {words}\n{_on_a_terminal(words.split(), work, environment)}" for words in COMMANDS]
    return "\n".join(shown)


def _begun(run: Path) -> str:
    return str(json.loads((run / "run.json").read_bytes())["created_at"])


def _settle_on(run: Path, tail: str, ago: timedelta, took_s: float) -> None:
    """Give a run that has ended another id, and another time at which it began and ended."""
    began = datetime.now(UTC) - ago
    new_id = f"{began:%Y%m%d-%H%M%S}-{tail}"
    for path in run.glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8").replace(run.name, new_id))
        for place, entry in enumerate(document.get("entries", [])):
            entry["at"] = _moment(began + timedelta(seconds=took_s if "end" in entry else 0, microseconds=place))
        if "created_at" in document:
            document["created_at"] = _moment(began)
        path.write_text(json.dumps(document), encoding="utf-8")
    run.rename(run.with_name(new_id))


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _on_a_terminal(words: list[str], folder: Path, environment: dict[str, str]) -> str:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "runlog", *words]
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        shown = b""
        while part := _read(ours):
            shown += part
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, 65536)
    except OSError:  # how a terminal says that nobody writes to it any more
        return b""


def draw(session: str) -> str:
    """The picture of a session."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(session), soft_wrap=True)
    svg = console.export_svg(title="", theme=_THEME, code_format=_FRAME, unique_id="runlog")
    svg = re.sub(r"<text[^>]*>\s*</text>", "", svg)  # the ends of lines
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)


def words(picture: str) -> list[str]:
    """What a picture says, piece by piece: other versions of Rich may draw the same otherwise."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", picture)


def write() -> None:
    """Draw it anew, unless it says the same as before."""
    drawn = draw(session())
    if not PATH.exists() or words(PATH.read_text(encoding="utf-8")) != words(drawn):
        PATH.write_text(drawn, encoding="utf-8")
