"""Commands that run when a model was promoted: only those of the user and the project, and never those of a store."""

from __future__ import annotations

from pathlib import Path

import pytest

import runlog
from runlog.config import promotion_hooks
from runlog.errors import BadInput, OutsideError
from runlog.models.find import find_version
from runlog.store.store import Store
from runlog.tracking.registering import promote
from tests.models.registry.conftest import named

SAYS = """env | grep -E '^RUNLOG_(MODEL|VERSION|FROM|TO|REPLACED|STORE)' | sort >> told.txt"""


@pytest.fixture
def two(store: Store) -> Store:
    for name in ("ridge", "xgb"):
        runlog.register_model(named(store, name), "duration")
    return store


def settings(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "runlog.toml").write_text(text)
    return folder / "runlog.toml"


def test_a_hook_is_told_what_was_promoted(two: Store) -> None:
    project = two.root.parent
    settings(project, f'[hooks]\non_promote = """{SAYS}"""\n')
    promote(two, find_version(two, "duration@1"), "production")
    promote(two, find_version(two, "duration@2"), "production")
    promote(two, find_version(two, "duration@2"), "production")  # nothing changed, so nothing runs
    promote(two, find_version(two, "duration@2"), None)

    def told(version: int, before: str, after: str, replaced: str) -> str:
        run = find_version(two, f"duration@{version}").run
        return (
            f"RUNLOG_FROM={before}\nRUNLOG_MODEL=duration\n"
            f"RUNLOG_MODEL_PATH={two.root}/experiments/duration/{run}/artifacts/model\nRUNLOG_MODEL_RUN={run}\n"
            f"RUNLOG_REPLACED={replaced}\nRUNLOG_STORE={two.root}\nRUNLOG_TO={after}\nRUNLOG_VERSION={version}\n"
        )

    wanted = [told(1, "none", "production", ""), told(2, "none", "production", "1"), told(2, "production", "none", "")]
    assert (project / "told.txt").read_text() == "".join(wanted)


def test_hooks_choose_models_and_stages(two: Store, tmp_path: Path) -> None:
    project = settings(
        two.root.parent,
        """
        [[hooks.on_promote]]
        run = "echo project >> told.txt"
        models = ["duration"]
        to = "production"
        [[hooks.on_promote]]
        run = "echo other >> told.txt"
        models = ["fares"]
        """,
    )
    settings(tmp_path / "config" / "runlog", f'hooks.on_promote = ["echo user >> {project.parent}/told.txt"]')
    promote(two, find_version(two, "duration@1"), "staging")
    promote(two, find_version(two, "duration@1"), "production")
    assert (project.parent / "told.txt").read_text() == "user\nproject\nuser\n"


def test_a_hook_that_fails_is_told_and_the_promotion_stays(two: Store) -> None:
    settings(two.root.parent, 'hooks.on_promote = ["exit 3", "kill -9 $$", "echo after > after.txt"]')
    done = promote(two, find_version(two, "duration@1"), "production")
    assert [failure.problem for failure in done.failed] == ["ended with status 3", "was ended by signal 9"]
    assert (two.root.parent / "after.txt").exists()
    assert find_version(two, "duration@production").number == 1
    with pytest.raises(OutsideError, match=r"duration@2 is in production, but hook 'exit 3' ended with status 3"):
        runlog.promote_model("duration@2", "production", store=two.root)


def test_a_store_brings_no_commands(two: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for folder in (two.root, two.root / "models", two.root / "experiments"):
        settings(folder, 'hooks.on_promote = "false"')
    for folder in (two.root, two.root / "models", two.root / "experiments", two.root.parent):
        monkeypatch.chdir(folder)
        assert promotion_hooks() == []
    # The store that is named lies elsewhere; what lies beside it is not asked either.
    settings(two.root.parent, 'hooks.on_promote = "false"')
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert promotion_hooks() == []
    assert promote(two, find_version(two, "duration@1"), "production").failed == []


BAD = {
    "hooks.on_promote = 5": "says no command under hooks.on_promote",
    "hooks = 5": "says no command under hooks.on_promote",
    "hooks.on_promote = [{to = 'production'}]": "says no command under hooks.on_promote",
    "hooks.on_promote = [{run = 'x', when = 'now'}]": "has an unknown key 'hooks.on_promote.when'",
    "hooks.on_promote = [{run = 'x', models = 5}]": "hooks.on_promote.models is neither a text nor a list of texts",
    "hooks.on_promote = [{run = 'x', to = ['Production']}]": "'Production' in hooks.on_promote.to is no stage",
    "hooks.on_promoted = 'x'": "has an unknown key 'hooks.on_promoted'",
    "[hook]": "has an unknown key 'hook'",
    "[hooks": "is not valid TOML",
}


@pytest.mark.parametrize(("text", "problem"), BAD.items())
def test_settings_that_make_no_sense_are_told_before_anything_is_done(text: str, problem: str, two: Store) -> None:
    settings(two.root.parent, text)
    with pytest.raises(BadInput, match=problem):
        promote(two, find_version(two, "duration@1"), "production")
    assert find_version(two, "duration@1").stage is None


def test_a_mistyped_word_is_named(two: Store) -> None:
    for text, hint in [("[hook]", "hooks"), ("hooks.on_promoted = 'x'", "hooks.on_promote")]:
        settings(two.root.parent, text)
        with pytest.raises(BadInput) as refused:
            promotion_hooks()
        assert refused.value.hint == f"did you mean {hint}?"
    settings(two.root.parent, "hooks.on_promote = [{run = 'x', to = 'prodction'}]")
    with pytest.raises(BadInput) as refused:
        promote(two, find_version(two, "duration@1"), "production")
    assert refused.value.hint == "did you mean production?"
