"""Repositories, for questions about the code of runs."""

from tests.capture.code.conftest import empty, own_git, project

__all__ = ["empty", "own_git", "project"]
