"""On what a run ran: machine, interpreter, scheduler, container. No secrets: only variables that are named here are read."""

from __future__ import annotations

import functools
import os
import sys
from typing import Any

from runlog.capture.process import first_line

_SLURM = {
    "job_id": "SLURM_JOB_ID",
    "array_job_id": "SLURM_ARRAY_JOB_ID",
    "array_task_id": "SLURM_ARRAY_TASK_ID",
    "restart_count": "SLURM_RESTART_COUNT",
    "rank": "SLURM_PROCID",
    "nodes": "SLURM_JOB_NODELIST",
    "partition": "SLURM_JOB_PARTITION",
    "cluster": "SLURM_CLUSTER_NAME",
}


def describe_host() -> dict[str, Any]:
    """What a reader wants to know of the machine a run ran on; empty parts are left out."""
    found = {**_machine(), "slurm": slurm(), "container": container()}
    return {key: value for key, value in found.items() if value}


@functools.cache
def _machine() -> dict[str, Any]:
    system = os.uname()
    return {
        "os": f"{system.sysname} {system.release}",
        "arch": system.machine,
        "python": ".".join(map(str, sys.version_info[:3])),
        "cpus": os.cpu_count(),
    }


def slurm() -> dict[str, str]:
    """The ids by which a Slurm cluster knows this process."""
    return {name: value for name, key in _SLURM.items() if (value := os.environ.get(key))}


@functools.cache
def container() -> dict[str, str]:
    """The container this process runs in, as far as it can be seen from inside."""
    found: dict[str, str] = {}
    if os.path.exists("/.dockerenv"):
        found["kind"] = "docker"
    elif os.path.exists("/run/.containerenv"):
        found["kind"] = "podman"
    elif name := os.environ.get("APPTAINER_NAME") or os.environ.get("SINGULARITY_NAME"):
        return {"kind": "apptainer", "id": name}
    if pod := os.environ.get("KUBERNETES_SERVICE_HOST") and os.environ.get("HOSTNAME"):
        return {"kind": "kubernetes", "id": pod}
    if found and (identity := _container_id()):
        found["id"] = identity
    return found


def _container_id() -> str:
    """Docker names the container's own host after its id, and older kernels show it among the control groups."""
    for part in first_line("/proc/self/cgroup").replace(":", "/").split("/"):
        if len(part) == 64 and all(letter in "0123456789abcdef" for letter in part):
            return part
    return first_line("/etc/hostname")
