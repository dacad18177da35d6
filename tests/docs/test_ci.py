"""The pipelines of docs/ci.md: read as YAML, and every line of theirs executed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml  # type: ignore[import-untyped,import-not-found,unused-ignore]

import runlog
from docs.generate import DOCS
from runlog.models.find import find_version
from runlog.store.registry.version import Version
from tests.scene import environment

PAGE = (DOCS / "ci.md").read_text(encoding="utf-8")
GITHUB, GITLAB = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
RULES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]

# Three seeds that spread a little around what `rmse.txt` says.
TRAIN = """\
import runlog
given = runlog.params(seed=1, data="trips-v3")
with runlog.start_run(params=given) as run:
    run.log_metric("rmse", float(open("rmse.txt").read()) + given["seed"] / 100)
    run.log_text("flavors: {}\\n", "duration/MLmodel")
"""
# What the pipelines need besides runlog, each of which only notes what it was asked.
TOOLS = {"pip": 'echo "pip $*" >> "$NOTES"', "gh": 'echo "gh $*" >> "$NOTES"; cat "${@: -1}" >> "$NOTES"'}


FIRST = """\
runlog run -q -n first -p seed=0 -- python train.py
runlog model register first
runlog model promote duration 1 --to production
"""


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with a first model in production, and the tools of a runner."""
    place = tmp_path_factory.mktemp("ci")
    (place / "bin").mkdir()
    for name, script in TOOLS.items():
        (place / "bin" / name).write_text(f"#!/bin/bash\n{script}\n")
        (place / "bin" / name).chmod(0o755)
    (place / "project").mkdir()
    for name, text in {"train.py": TRAIN, "gate.toml": RULES, "rmse.txt": "6.2"}.items():
        (place / "project" / name).write_text(text)
    done = shell(place / "project", FIRST, RUNLOG_CACHE=str(place / "cache"), RUNLOG_CAPTURE="off")
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture
def project(made_once: Path, tmp_path: Path) -> Path:
    """The same, for one test."""
    return shutil.copytree(made_once, tmp_path / "ci") / "project"


def shell(folder: Path, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A step as a runner executes it."""
    above = folder.parent
    path = f"{above / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    settings = environment(PATH=path, NOTES=above / "notes", RUNLOG_STORE=above / "store", **variables)
    command = ["bash", "-e", "-c", script]
    return subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False, timeout=100)


def _is_wanted(condition: str | None, event: str, ref: str, failed: bool) -> bool:
    """What GitHub makes of the conditions of the page; of any other, nobody has thought here."""
    match condition:
        case None:
            return not failed
        case "always() && github.event_name == 'pull_request'":
            return event == "pull_request"
        case "github.ref == 'refs/heads/main'":
            return not failed and ref == "refs/heads/main"
        case _:
            raise AssertionError(condition)


def github(folder: Path, event: str, ref: str, sha: str) -> list[str]:
    """Run the workflow; how each step went."""
    known = {"github.sha": sha, "github.event.number": "7", "github.token": "secret"}

    def filled(text: str) -> str:
        return re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: known[found[1]], text)

    failed, told = False, []
    common = {key: filled(value) for key, value in GITHUB["env"].items() if key != "RUNLOG_STORE"}
    github_own = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(folder.parent / "summary.md")}
    for step in GITHUB["jobs"]["model"]["steps"]:
        if "run" not in step or not _is_wanted(step.get("if"), event, ref, failed):
            continue
        own = {key: filled(value) for key, value in step.get("env", {}).items()}
        done = shell(folder, filled(step["run"]), **common, **github_own, **own)
        told.append(f"{step['name']} {done.returncode}")
        failed = failed or done.returncode != 0
    return told


def production(folder: Path) -> Version:
    """What is in production now."""
    return find_version(runlog.open_store(folder.parent / "store"), "duration@production")


def test_the_rules_and_triggers_are_what_the_page_says() -> None:
    assert tomllib.loads(RULES)["no_worse_than"] == ["duration@production"]
    assert set(GITHUB[True]) == {"pull_request", "push"}  # `on` is a truth to YAML
    assert GITLAB["gate"]["artifacts"] == {"when": "always", "reports": {"junit": "gate.xml"}}


def test_github_a_good_change_is_promoted_when_it_is_merged(project: Path) -> None:
    (project / "rmse.txt").write_text("6.1")
    assert github(project, "pull_request", "refs/pull/7/merge", "abc") == ["Install 0", "Train 0", "Gate 0", "Comment 0"]
    notes = (project.parent / "notes").read_text()
    page = (project / "gate.md").read_text()
    assert notes == f"pip install -r requirements.txt\ngh pr comment 7 --body-file gate.md\n{page}"
    assert page.startswith("### runlog gate passed: 4 checks\n")
    assert (project.parent / "summary.md").read_text() == f"{page}\n"
    assert github(project, "push", "refs/heads/main", "def") == ["Install 0", "Train 0", "Gate 0", "Promote 0"]
    version = production(project)
    best = runlog.open_store(project.parent / "store").run(version.run)
    assert (version.label, best.name, best.params["seed"]) == ("duration@2", "candidate-def", 1)


def test_github_a_bad_change_stops_and_says_so(project: Path) -> None:
    (project / "rmse.txt").write_text("6.4")
    assert github(project, "pull_request", "refs/pull/7/merge", "abc") == ["Install 0", "Train 0", "Gate 1", "Comment 0"]
    assert "### runlog gate failed: 1 of 4 checks\n" in (project.parent / "notes").read_text()
    assert github(project, "push", "refs/heads/main", "def") == ["Install 0", "Train 0", "Gate 1"]
    assert production(project).label == "duration@1"


def gitlab(folder: Path, branch: str, sha: str) -> list[str]:
    """Run the jobs stage by stage; how each went."""
    own = {"CI_COMMIT_SHA": sha, "CI_COMMIT_BRANCH": branch, "CI_DEFAULT_BRANCH": "main"}
    common = {key: value.replace("$CI_COMMIT_SHA", sha) for key, value in GITLAB["variables"].items() if key != "RUNLOG_STORE"}
    told = []
    for stage in GITLAB["stages"]:
        for name, job in GITLAB.items():
            if not isinstance(job, dict) or job.get("stage") != stage:
                continue
            assert job.get("rules", []) in ([], [{"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"}])
            if job.get("rules") and branch != "main":
                continue
            script = "\n".join([*GITLAB["default"]["before_script"], *job["script"]])
            done = shell(folder, script, **own, **common)
            told.append(f"{name} {done.returncode}")
            if done.returncode:
                return told
    return told


def test_gitlab_promotes_on_the_main_branch_what_passed(project: Path) -> None:
    (project / "rmse.txt").write_text("6.1")
    assert gitlab(project, "better", "abc") == ["gate 0"]
    assert gitlab(project, "main", "def") == ["gate 0", "promote 0"]
    assert production(project).label == "duration@2"
    (project / "rmse.txt").write_text("6.6")
    assert gitlab(project, "main", "xyz") == ["gate 1"]
    report = ElementTree.parse(project / "gate.xml").getroot()
    assert (report.attrib["tests"], report.attrib["failures"]) == ("4", "2")
    assert production(project).label == "duration@2"
