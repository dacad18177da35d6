"""Who wanted a run: the author as git would name them, and the job of a CI service."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Mapping
from typing import Any

from runlog.capture.secrets import redacted, without_credentials

# Which variable says what, by service. Several are tried in order.
_Table = dict[str, tuple[str, ...]]
_SERVICES: dict[str, tuple[str, _Table]] = {
    "github": (
        "GITHUB_ACTIONS",
        {
            "job": ("GITHUB_JOB",),
            "branch": ("GITHUB_HEAD_REF", "GITHUB_REF_NAME"),
            "commit": ("GITHUB_SHA",),
            "actor": ("GITHUB_ACTOR",),
        },
    ),
    "gitlab": (
        "GITLAB_CI",
        {
            "job": ("CI_JOB_NAME",),
            "url": ("CI_JOB_URL",),
            "branch": ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_REF_NAME"),
            "commit": ("CI_COMMIT_SHA",),
            "pull_request": ("CI_MERGE_REQUEST_IID",),
            "actor": ("GITLAB_USER_LOGIN",),
        },
    ),
    "buildkite": (
        "BUILDKITE",
        {
            "job": ("BUILDKITE_LABEL", "BUILDKITE_PIPELINE_SLUG"),
            "url": ("BUILDKITE_BUILD_URL",),
            "branch": ("BUILDKITE_BRANCH",),
            "commit": ("BUILDKITE_COMMIT",),
            "pull_request": ("BUILDKITE_PULL_REQUEST",),
            "actor": ("BUILDKITE_BUILD_CREATOR",),
        },
    ),
    "circleci": (
        "CIRCLECI",
        {
            "job": ("CIRCLE_JOB",),
            "url": ("CIRCLE_BUILD_URL",),
            "branch": ("CIRCLE_BRANCH",),
            "commit": ("CIRCLE_SHA1",),
            "pull_request": ("CIRCLE_PR_NUMBER",),
            "actor": ("CIRCLE_USERNAME",),
        },
    ),
    "jenkins": (
        "JENKINS_URL",
        {
            "job": ("JOB_NAME",),
            "url": ("BUILD_URL",),
            "branch": ("CHANGE_BRANCH", "BRANCH_NAME", "GIT_BRANCH"),
            "commit": ("GIT_COMMIT",),
            "pull_request": ("CHANGE_ID",),
            "actor": ("CHANGE_AUTHOR",),
        },
    ),
    "azure": (
        "TF_BUILD",
        {
            "job": ("BUILD_DEFINITIONNAME",),
            "branch": ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH"),
            "commit": ("BUILD_SOURCEVERSION",),
            "pull_request": ("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER",),
            "actor": ("BUILD_REQUESTEDFOR",),
        },
    ),
    "bitbucket": (
        "BITBUCKET_BUILD_NUMBER",
        {"branch": ("BITBUCKET_BRANCH",), "commit": ("BITBUCKET_COMMIT",), "pull_request": ("BITBUCKET_PR_ID",)},
    ),
    "ci": (
        "CI",
        {"job": ("CI_JOB_NAME", "JOB_NAME"), "url": ("CI_JOB_URL", "BUILD_URL"), "branch": ("CI_BRANCH", "BRANCH_NAME")},
    ),
}


def describe_origin() -> dict[str, Any]:
    """Author and CI job; what is not known is left out."""
    found = {"author": author(os.getcwd()), "ci": ci_job(os.environ)}
    return {key: value for key, value in found.items() if value}


def ci_job(environment: Mapping[str, str]) -> dict[str, str]:
    """The job of a CI service that runs this, as it tells its programs."""
    for kind, (sign, table) in _SERVICES.items():
        if environment.get(sign, "").lower() not in {"", "0", "false"}:
            said = {key: next((environment[name] for name in names if environment.get(name)), "") for key, names in table.items()}
            said |= _github(environment) if kind == "github" else {}
            said = {key: value for key, value in said.items() if value and value != "false"}
            shown = {key: without_credentials(value) if key == "url" else redacted(value)[0] for key, value in said.items()}
            return {"kind": kind, **shown}
    return {}


def _github(environment: Mapping[str, str]) -> dict[str, str]:
    """GitHub names the parts of a link, and hides the number of a pull request in the name of its ref."""
    parts = [environment.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    request = re.fullmatch(r"refs/pull/(\d+)/.*", environment.get("GITHUB_REF", ""))
    url = f"{parts[0]}/{parts[1]}/actions/runs/{parts[2]}" if all(parts) else ""
    return {"url": url, "pull_request": request[1] if request else ""}


@functools.lru_cache(8)
def author(folder: str) -> dict[str, str]:
    """Name and address as git would write them into a commit that is made in this folder; nothing when nobody told git."""
    told = {"name": os.environ.get("GIT_AUTHOR_NAME", ""), "email": os.environ.get("GIT_AUTHOR_EMAIL", "")}
    if not all(told.values()):
        told = {key: told[key] or value for key, value in _configured(folder).items()} or told
    return {key: redacted(value)[0] for key, value in told.items() if value}


def _configured(folder: str) -> dict[str, str]:
    from runlog.capture.code.git import Git, GitFailed

    try:
        lines = Git(folder).ask("config", "--null", "--get-regexp", r"^(user|author)\.(name|email)$").decode("utf-8", "replace")
    except GitFailed:
        return {}
    found = {"name": "", "email": ""}
    for item in lines.split("\0"):
        key, _, value = item.partition("\n")
        section, _, name = key.partition(".")
        # What is said of the author alone has the last word.
        if name in found and (section == "author" or not found[name] or f"author.{name}\n" not in lines):
            found[name] = value
    return found
