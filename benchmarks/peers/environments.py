"""Where the peers live and how they get there."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".bench-peers"


@dataclass(frozen=True)
class Peer:
    """One tracker: its folder, what pip is asked for, and the distribution whose version is shown."""

    name: str
    requirement: str

    @property
    def python(self) -> Path:
        return HOME / self.name / "bin" / "python"

    def find_version(self) -> str | None:
        """The version installed, or none: the peer is absent, and the table says so."""
        if not self.python.exists():
            return None
        question = f"import importlib.metadata as m; print(m.version({self.name!r}))"
        answer = subprocess.run([str(self.python), "-c", question], capture_output=True, text=True, check=False)
        return answer.stdout.strip() if answer.returncode == 0 else None


MLFLOW = Peer("mlflow", "mlflow==3.17.2")
TENSORBOARDX = Peer("tensorboardX", "tensorboardX==2.6.5")
TRACKIO = Peer("trackio", "trackio==0.43.0")
PEERS = (TENSORBOARDX, TRACKIO, MLFLOW)


def install(peer: Peer) -> str | None:
    """Give the peer its environment; returns the version now there, or none when pip could not."""
    HOME.mkdir(exist_ok=True)
    (HOME / ".gitignore").write_text("*\n")
    if not peer.python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(HOME / peer.name)], check=True)
    pip = [str(peer.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", peer.requirement]
    subprocess.run(pip, check=False)
    return peer.find_version()
