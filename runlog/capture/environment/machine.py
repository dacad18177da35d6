"""The machine, as far as it can change what a program computes. Read from files of the system: no program is started for it."""

from __future__ import annotations

import functools
import glob
import json
import os
import re
from typing import Any

from runlog.capture.process import first_line


@functools.cache
def describe_machine() -> dict[str, Any]:
    """Distribution, processor, and graphics cards with their driver and CUDA; empty parts are left out."""
    found = {
        "system": _field("/etc/os-release", r'PRETTY_NAME="?([^"\n]*)') or " ".join(os.uname()[:1]),
        "libc": _libc(),
        "arch": os.uname().machine,
        "cpu": _field("/proc/cpuinfo", r"(?:model name|Hardware|cpu model)\s*:\s*(.*)"),
        "gpus": _gpus(),
        "driver": _field("/proc/driver/nvidia/version", r"NVRM version:.*?(\d+\.\d+(?:\.\d+)?)"),
        "cuda": _cuda(),
    }
    return {key: value for key, value in found.items() if value}


def _field(path: str, pattern: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            found = re.search(pattern, file.read(1 << 16))
    except OSError:
        return ""
    return found[1].strip() if found else ""


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (ValueError, OSError, AttributeError):
        return ""


def _gpus() -> list[str]:
    """The names of graphics cards that can compute: of NVIDIA, else of AMD."""
    found = [_field(path, r"Model:\s*(.*)") for path in sorted(glob.glob("/proc/driver/nvidia/gpus/*/information"))]
    found = found or [first_line(path) for path in sorted(glob.glob("/sys/class/drm/card*/device/product_name"))]
    return [name for name in found if name]


def _cuda() -> str:
    """The version of CUDA that is installed beside the driver. What torch brings along is among the packages."""
    try:
        with open("/usr/local/cuda/version.json", encoding="utf-8") as file:
            return str(json.load(file)["cuda"]["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
