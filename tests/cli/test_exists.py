"""`runlog exists`: an answer in the exit status, and nothing printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Cli

YES, NO = Answer(0, "", ""), Answer(3, "", "")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ([], YES),
        (["ridge"], YES),
        (["@last"], YES),
        (["@last~2"], YES),
        (["@last~3"], NO),
        (["nobody"], NO),
        (["ridge", "xgb"], YES),
        (["ridge", "nobody"], NO),
        (["--tag", "model=xgb"], YES),
        (["--tag", "model=lgbm"], NO),
        (["--status", "running"], NO),
        (["-e", "duration", "--status", "finished"], YES),
        (["ridge", "--tag", "model=ridge"], YES),
        (["ridge", "--tag", "model=xgb"], NO),
        (["ridge", "xgb", "-e", "duration"], YES),
        (["--removed"], NO),
    ],
)
def test_the_exit_status_is_the_answer(cli: Cli, store: Path, words: list[str], answer: Answer) -> None:
    assert cli("exists", *words) == answer


def test_what_is_in_the_trash_is_asked_for_by_name(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    assert cli("rm", "ridge").status == 0
    assert cli("exists", ids["ridge"]) == NO
    assert cli("exists", ids["ridge"], "--removed") == YES
    assert cli("exists", "--removed") == YES


def test_ids_may_come_from_standard_input(cli: Cli, store: Path, ids: dict[str, str]) -> None:
    assert cli("exists", "-", stdin=f"{ids['ridge']}\n{ids['xgb']}\n") == YES
    assert cli("exists", "-", stdin="20200101-000000-aaaaaa\n") == NO
    assert cli("exists", "-", stdin="") == cli("exists", "-", "--status", "finished", stdin="\n") == NO


def test_what_is_no_answer_is_an_error(cli: Cli, store: Path) -> None:
    told = cli("exists", "--status", "done")
    assert (told.status, told.out) == (2, "")
    assert cli("exists", "20").status == 4  # fits several


def test_without_a_store_there_is_no_run(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli("exists") == NO
    assert cli("exists", "--tag", "k=v") == NO
