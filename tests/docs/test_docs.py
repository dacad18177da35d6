"""Documents that can fail the build."""

import re
from pathlib import Path
from typing import get_args

import pytest

from docs.generate import DOCS, pages
from runlog.cli.app import command_paths
from runlog.errors import all_errors
from runlog.records import Kind
from runlog.store import format as documents
from runlog.store.registry import documents as registered

ROOT = DOCS.parent


def test_generated_pages_are_up_to_date() -> None:
    for path, text in pages().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is out of date: make docs"


def test_every_kind_of_entry_is_described() -> None:
    page = (DOCS / "format.md").read_text(encoding="utf-8")
    missing = [kind for kind in get_args(Kind) if f"`{kind}`" not in page and f'"kind": "{kind}"' not in page]
    assert missing == []


def test_every_key_of_a_document_is_described() -> None:
    source = "".join(Path(str(room.__file__)).read_text(encoding="utf-8") for room in (documents, registered))
    keys = set(re.findall(r'^ +"([a-z0-9_]+)":', source, re.MULTILINE))
    page = (DOCS / "format.md").read_text(encoding="utf-8")
    assert len(keys) > 20
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []


def test_every_setting_is_described() -> None:
    settings = set()
    for path in (ROOT / "runlog").rglob("*.py"):
        settings |= set(re.findall(r"\bRUNLOG_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8")))
    pages_text = "".join(path.read_text(encoding="utf-8") for path in [*DOCS.rglob("*.md"), ROOT / "README.md"])
    assert [name for name in sorted(settings) if name not in pages_text] == []


@pytest.mark.parametrize("name", [" ".join(words) for words in command_paths()])
def test_every_command_has_help_that_ends_with_an_example(name: str) -> None:
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    section = page.split(f"## runlog {name}\n")[1].split("\n## ")[0]
    assert re.search(rf"Example: (.*\W)?runlog {name}\b.*\n```\n$", section.rstrip() + "\n")


def test_every_error_has_a_code_of_its_own_and_a_status() -> None:
    codes = [error.code for error in all_errors()]
    assert len(set(codes)) == len(codes)
    assert all(error.meaning.endswith(".") for error in all_errors())


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in [*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http") and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []
