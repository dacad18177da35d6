"""Who wanted a run: asked of a real git, and of variables as CI services set them."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from runlog.capture.who import author, ci_job
from tests.scene import bare_runs, python, runlog_cli

JOBS: list[tuple[dict[str, str], dict[str, Any]]] = [
    (
        {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_JOB": "train",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "ada/trips",
            "GITHUB_RUN_ID": "42",
            "GITHUB_HEAD_REF": "faster",
            "GITHUB_REF_NAME": "7/merge",
            "GITHUB_REF": "refs/pull/7/merge",
            "GITHUB_SHA": "c0ffee",
            "GITHUB_ACTOR": "ada",
        },
        {
            "kind": "github",
            "job": "train",
            "branch": "faster",
            "commit": "c0ffee",
            "actor": "ada",
            "url": "https://github.com/ada/trips/actions/runs/42",
            "pull_request": "7",
        },
    ),
    (
        {
            "CI": "true",
            "GITLAB_CI": "true",
            "CI_JOB_NAME": "train",
            "CI_JOB_URL": "https://ada:pw@gitlab.com/ada/trips/-/jobs/1",
            "CI_COMMIT_REF_NAME": "main",
            "CI_COMMIT_SHA": "c0ffee",
        },
        {
            "kind": "gitlab",
            "job": "train",
            "url": "https://gitlab.com/ada/trips/-/jobs/1",
            "branch": "main",
            "commit": "c0ffee",
        },
    ),
    ({"BUILDKITE": "true", "BUILDKITE_PULL_REQUEST": "false", "BUILDKITE_BRANCH": "x"}, {"kind": "buildkite", "branch": "x"}),
    ({"CI": "1", "JOB_NAME": "nightly"}, {"kind": "ci", "job": "nightly"}),
    ({"CI": "false"}, {}),
    ({}, {}),
]


@pytest.mark.parametrize(("variables", "job"), JOBS)
def test_ci_services(variables: dict[str, str], job: dict[str, Any]) -> None:
    assert ci_job(variables) == job


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose author is told to nobody else."""
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "CI", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    folder = tmp_path / "project"
    folder.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


def test_the_author_is_whom_git_would_name(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert author(str(repository)) == {}
    author.cache_clear()
    (repository.parent / "more").write_text('[user]\n\temail = "ada@example.org"\n')
    (repository.parent / "gitconfig").write_text("[user]\n\tname = Ada\n\temail = x\n[include]\n\tpath = more\n")
    assert author(str(repository)) == {"name": "Ada", "email": "ada@example.org"}
    author.cache_clear()
    subprocess.run(["git", "config", "author.name", "Ada Lovelace"], cwd=repository, check=True)
    assert author(str(repository)) == {"name": "Ada Lovelace", "email": "ada@example.org"}
    author.cache_clear()
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "other@example.org")
    assert author(str(repository)) == {"name": "Ada Lovelace", "email": "other@example.org"}


def test_runs_name_author_and_job(repository: Path) -> None:
    (repository.parent / "gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")
    script = "import runlog\nwith runlog.start_run(): pass\n"
    job = {"GITLAB_CI": "true", "CI_JOB_NAME": "train", "CI_JOB_URL": "https://example.org/1"}
    assert python(script, cwd=repository, RUNLOG_CAPTURE="on", **job).returncode == 0
    [run] = bare_runs(repository / ".runlog").values()
    assert run.birth["origin"] == {
        "author": {"name": "Ada", "email": "ada@example.org"},
        "ci": {"kind": "gitlab", "job": "train", "url": "https://example.org/1"},
    }
    shown = runlog_cli("show", cwd=repository).stdout
    assert "author      Ada <ada@example.org>, gitlab train https://example.org/1\n" in shown
