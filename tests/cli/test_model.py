"""`runlog model`: registered, listed, shown, promoted, told apart, removed, shipped."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from runlog.models import registry
from runlog.models.find import find_version
from runlog.store.store import Store
from tests.cli.conftest import Answer, Cli
from tests.models.registry.conftest import SCENE, named
from tests.scene import made_store, on_a_terminal, project_with, runlog_cli, tree

HEADINGS = "version\tstage\taliases\trun\tpath\tregistered\tby\ttags\tdescription\n"


@pytest.fixture(scope="module")
def models_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_store(SCENE, tmp_path_factory.mktemp("models"), RUNLOG_CAPTURE="off")


@pytest.fixture
def models(models_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of the project that the test stands in: four runs, nothing registered."""
    return Store.open(project_with(models_once, tmp_path, monkeypatch))


def plain(text: str, store: Store) -> str:
    """An answer without its times, ids and the name of this machine."""
    for run in [*store.runs(), *store.runs(removed=True)]:
        text = text.replace(run.id, (run.name or "").upper())
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", "TIME", text)
    text = re.sub(r"\d{8}-\d{6}-[0-9a-z]{6}", "ID", text)
    text = re.sub(r"\b[0-9a-f]{64}\b", "DIGEST", text)
    speakers = {version.by for model in store.models() for version in model.versions}
    return re.sub("|".join(map(re.escape, speakers)) or r"\Z.", "WHO", text)


def answer(cli: Cli, store: Store, *words: str) -> str:
    """What a command that goes well writes."""
    done = cli("model", *words)
    assert (done.status, done.err) == (0, "")
    return plain(done.out, store)


def test_from_a_run_to_production(cli: Cli, models: Store) -> None:
    assert answer(cli, models, "register", "ridge") == "registered RIDGE/model as duration@1\n"
    more = ["--stage", "staging", "--alias", "champion", "--tag", "team=trips", "-t", "reviewed", "--note", "the tuned one"]
    wanted = "registered XGB/model as duration@2, in staging, as champion\n"
    assert answer(cli, models, "register", "xgb", *more) == wanted
    assert answer(cli, models, "register", "two", "--path", "trips", "-q") == "trips@1\n"
    assert (
        answer(cli, models, "ls")
        == answer(cli, models)
        == (
            "model\tversions\tlatest\tstaging\tproduction\taliases\tregistered\tdescription\n"
            "duration\t2\t2\t2\t\tchampion=2\tTIME\t\n"
            "trips\t1\t1\t\t\t\tTIME\t\n"
        )
    )
    assert (
        answer(cli, models, "promote", "duration", "1", "--to", "production") == "promoted duration@1 from none to production\n"
    )
    assert answer(cli, models, "promote", "duration@champion", "--to", "production", "--why", "better on rain") == (
        "promoted duration@2 from staging to production, duration@1 from production to archived\n"
    )
    assert answer(cli, models, "promote", "duration", "2", "--to", "production") == "duration@2 is in production already\n"
    assert answer(cli, models, "ls", "duration") == (
        f"{HEADINGS}1\tarchived\t\tRIDGE\tmodel\tTIME\tWHO\t\t\n"
        "2\tproduction\tchampion\tXGB\tmodel\tTIME\tWHO\treviewed team=trips\tthe tuned one\n"
    )
    folder = named(models, "xgb").path / "artifacts" / "model"
    assert cli("model", "path", "duration@production") == Answer(0, f"{folder}\n", "")
    assert answer(cli, models, "history", "duration") == (
        "at\tby\tversion\twhat\tfrom\tto\twhy\n"
        "TIME\tWHO\t1\tregistered\t\tRIDGE/model\t\n"
        "TIME\tWHO\t2\tregistered\t\tXGB/model\t\n"
        "TIME\tWHO\t2\talias champion\t\t2\t\n"
        "TIME\tWHO\t2\tstage\tnone\tstaging\t\n"
        "TIME\tWHO\t1\tstage\tnone\tproduction\t\n"
        "TIME\tWHO\t2\tstage\tstaging\tproduction\tbetter on rain\n"
        "TIME\tWHO\t1\tstage\tproduction\tarchived\tbetter on rain\n"
    )
    last = json.loads(cli("model", "history", "duration@1", "--json").out)[-1]
    assert (last["version"], last["what"], last["from"], last["to"]) == ("1", "stage", "production", "archived")
    assert last["why"] == "better on rain"


def test_what_held_the_stage_goes_where_it_is_sent(cli: Cli, models: Store) -> None:
    for run in ("ridge", "xgb", "ridge"):
        cli("model", "register", run, "--name", "duration")
    cli("model", "promote", "duration", "1", "--to", "production")
    assert answer(cli, models, "promote", "duration", "2", "--to", "production", "--move-to", "staging") == (
        "promoted duration@2 from none to production, duration@1 from production to staging\n"
    )
    kept = json.loads(cli("model", "promote", "duration", "3", "--to", "production", "--keep", "--json").out)
    assert (kept["selector"], kept["from"], kept["left"], kept["changed"]) == ("duration@3", None, [], True)
    assert [version.stage for version in models.models()[0].versions] == ["staging", "production", "production"]
    both = cli("model", "promote", "duration", "1", "--to", "production", "--move-to", "production")
    assert both == Answer(
        2, "", "error: what was in production cannot leave it for production\nhint: say --keep to leave it there\n"
    )
    assert answer(cli, models, "promote", "duration", "3", "--to", "none") == "promoted duration@3 from production to none\n"


def test_a_version_is_shown_whole(cli: Cli, models: Store) -> None:
    cli("model", "register", "ridge", "--stage", "production", "--alias", "champion", "--tag", "team=trips", "--note", "first")
    cli("model", "describe", "duration", "how long a trip takes")
    folder = named(models, "ridge").path / "artifacts" / "model"
    assert answer(cli, models, "show", "duration@production").replace(plain(str(folder), models), "FOLDER") == (
        "model        duration@1\n"
        "stage        production\n"
        "aliases      champion\n"
        "description  first\n"
        "tags         team=trips\n"
        "run          RIDGE\n"
        "path         model\n"
        "folder       FOLDER\n"
        "digest       DIGEST\n"
        "registered   TIME by WHO\n"
        "id           ID\n"
        "\n"
        "metrics\n"
        "  rmse  6.5\n"
    )
    assert answer(cli, models, "show", "duration") == (
        "model        duration\n"
        "description  how long a trip takes\n"
        "\n"
        f"{HEADINGS}1\tproduction\tchampion\tRIDGE\tmodel\tTIME\tWHO\tteam=trips\tfirst\n"
    )
    document = json.loads(cli("model", "show", "duration@1", "--json").out)
    version = find_version(models, "duration@1")
    assert document.pop("registered_at") and document.pop("by")
    assert document == {
        "model": "duration",
        "version": 1,
        "id": version.id,
        "selector": "duration@1",
        "stage": "production",
        "aliases": ["champion"],
        "run": version.run,
        "path": "model",
        "digest": version.digest,
        "tags": {"team": "trips"},
        "description": "first",
        "removed": False,
        "conflicts": [],
        "folder": str(folder),
        "metrics": {"rmse": 6.5},
        "damage": None,
    }
    whole = json.loads(cli("model", "show", "duration", "--json").out)
    assert whole == json.loads(cli("model", "ls", "--json").out)[0]
    assert (whole["production"], whole["staging"], whole["aliases"]) == ("1", None, {"champion": "1"})
    assert [each["selector"] for each in whole["versions"]] == ["duration@1"]


def test_a_damaged_model_is_shown_as_such(cli: Cli, models: Store) -> None:
    cli("model", "register", "ridge")
    weights = named(models, "ridge").artifact("model/weights.txt")
    weights.chmod(0o644)
    weights.write_text("weights of RIDGE/model\n")
    problem = "error: duration@1 is damaged: 'model/weights.txt' is not what was logged\nhint: runlog check\n"
    shown = cli("model", "show", "duration@1")
    assert (shown.status, shown.err) == (6, problem)
    assert "rmse  6.5" in shown.out
    assert cli("model", "path", "duration") == Answer(6, "", problem)
    assert cli("model", "promote", "duration", "1", "--to", "staging") == Answer(6, "", problem)
    assert cli("model", "export", "duration") == Answer(6, "", problem)


def test_on_a_terminal_a_table_is_aligned(models: Store) -> None:
    registry.register(models, named(models, "ridge"), aliases=["champion"])
    ridge = named(models, "ridge").id[-6:]
    shown = on_a_terminal("model", "ls", cwd=models.root.parent, columns=100)
    since = re.compile(r"(\d+s ago|just now) *")
    assert since.sub("NOW ", shown).splitlines() == [
        "model     versions  latest  staging  production  aliases     registered",
        "duration         1  1                            champion=1  NOW ",
    ]
    shown = on_a_terminal("model", "ls", "duration", cwd=models.root.parent, columns=90)
    assert since.sub("NOW ", shown).splitlines() == [
        "version  stage  aliases   run     path   registered  by",
        f"1               champion  {ridge}  model  NOW {find_version(models, 'duration').by}",
    ]


def test_words_are_said_and_taken_back(cli: Cli, models: Store) -> None:
    cli("model", "register", "ridge")
    cli("model", "register", "xgb")
    assert answer(cli, models, "alias", "duration", "1", "champion") == "duration@champion is duration@1\n"
    assert answer(cli, models, "alias", "duration@2", "champion") == "duration@champion is duration@2, before duration@1\n"
    assert answer(cli, models, "alias", "duration", "champion", "--rm") == "took alias champion off duration\n"
    assert answer(cli, models, "tag", "duration@1", "team=trips", "reviewed") == "tagged duration@1: team=trips reviewed\n"
    assert answer(cli, models, "tag", "duration@1", "--rm", "team", "--rm", "reviewed") == "tagged duration@1: -team -reviewed\n"
    assert answer(cli, models, "tag", "duration", "team=trips") == "tagged duration: team=trips\n"
    assert answer(cli, models, "tag", "duration") == "team=trips\n"
    assert answer(cli, models, "describe", "duration@1", "a first try") == "described duration@1\n"
    assert answer(cli, models, "describe", "duration@1") == "a first try\n"
    assert answer(cli, models, "describe", "duration@1", "--clear") == "took back the description of duration@1\n"
    assert answer(cli, models, "describe", "duration@1") == ""


def test_a_version_may_be_the_second_word(cli: Cli, models: Store) -> None:
    cli("model", "register", "ridge/model", "-q")
    assert answer(cli, models, "describe", "duration", "how long a trip takes") == "described duration\n"
    assert answer(cli, models, "describe", "duration", "1") == ""
    assert answer(cli, models, "describe", "duration", "1", "a first try") == "described duration@1\n"
    assert answer(cli, models, "describe", "duration") == "how long a trip takes\n"
    assert answer(cli, models, "tag", "duration", "1", "reviewed=yes") == "tagged duration@1: reviewed=yes\n"
    assert answer(cli, models, "tag", "duration", "1") == "reviewed=yes\n"
    assert answer(cli, models, "tag", "duration") == ""


def test_a_hook_that_is_cut_off_is_told(cli: Cli, models: Store) -> None:
    project = models.root.parent
    (project / "runlog.toml").write_text('hooks.on_promote = "kill -INT $PPID; exec sleep 60"\n')
    registry.register(models, named(models, "ridge"))
    done = runlog_cli("model", "promote", "duration", "1", "--to", "production", cwd=project, XDG_CONFIG_HOME=project / "none")
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "error: hook 'kill -INT $PPID; exec sleep 60' was cut off; duration@1 is in production all the same\n"
    assert find_version(models, "duration@production").number == 1


def test_what_lost_its_stage_in_the_trash_is_told(cli: Cli, models: Store) -> None:
    cli("model", "register", "ridge", "--stage", "production")
    cli("model", "register", "xgb")
    cli("model", "rm", "duration@1", "--force")
    cli("model", "promote", "duration@2", "--to", "production")
    assert cli("model", "restore", "duration@1") == Answer(
        0, "restored duration@1, in archived\n", "note: duration@1 is back; production is duration@2 now\n"
    )


def test_secrets_are_not_kept(cli: Cli, models: Store) -> None:
    cli("model", "register", "ridge", "--tag", "api_key=s3cr3t-s3cr3t-s3cr3t")
    cli("model", "tag", "duration", "password=s3cr3t-s3cr3t-s3cr3t")
    assert find_version(models, "duration").tags == {"api_key": "<withheld>"}
    kept = b"".join(path.read_bytes() for path in models.root.rglob("models/**/*") if path.is_file())
    assert b"s3cr3t" not in kept


def test_the_trash(cli: Cli, models: Store) -> None:
    cli("model", "register", "ridge")
    cli("model", "register", "xgb", "--stage", "production")
    ridge = named(models, "ridge").id
    assert cli("rm", "ridge") == Answer(
        4, "", f"error: run {ridge} is needed: duration@1 lies in it\nhint: runlog model rm duration@1\n"
    )
    assert answer(cli, models, "rm", "duration@1", "--why", "worse") == "removed duration@1\n"
    assert cli("model", "rm", "duration") == Answer(
        4, "", "error: duration@2 is in production\nhint: runlog model promote duration 2 --to archived\n"
    )
    assert answer(cli, models, "ls", "--removed", "-q") == "duration\n"
    lines = answer(cli, models, "ls", "--removed").splitlines()
    assert [line.split("\t")[:5] for line in lines] == [
        ["version", "stage", "aliases", "run", "path"],
        ["duration@1", "", "", "RIDGE", "model"],
    ]
    assert answer(cli, models, "ls", "duration", "--removed", "-q") == "duration@1\n"
    assert answer(cli, models, "restore", "duration") == "restored duration@1\n"
    assert answer(cli, models, "rm", "duration", "--force") == "removed duration@1\nremoved duration@2\n"
    assert cli("model", "ls") == Answer(0, "", "no models yet: runlog model register RUN\n")
    assert answer(cli, models, "restore", "duration", "2") == "restored duration@2, in production\n"
    assert answer(cli, models, "ls", "-q", "duration") == "duration@2\n"


def test_a_number_from_two_machines(cli: Cli, models: Store, tmp_path: Path) -> None:
    other = Store.open(Path(shutil.copytree(models.root, tmp_path / "other")))
    kept, moved = registry.register(models, named(models, "ridge")), registry.register(other, named(other, "xgb"))
    shutil.copytree(other.root, models.root, dirs_exist_ok=True)
    low, high = sorted([kept, moved], key=lambda version: version.id)
    names = f"1.{low.id[-6:]} and 1.{high.id[-6:]}"
    clash = f"number 1 was given to {' and '.join(sorted(names.split(' and ')))} at once"
    listed = cli("model", "ls")
    assert listed.status == 0
    assert listed.err == f"conflict: duration: {clash}: runlog model settle duration {low.exact}\n"
    assert cli("model", "path", "duration@1") == Answer(
        4,
        "",
        f"error: number 1 of 'duration' was given twice, on two machines: duration@{low.exact} and duration@{high.exact}\n"
        f"hint: runlog model settle duration {low.exact}\n",
    )
    assert f"conflicts\n  {clash}" in cli("model", "show", "duration").out
    assert cli("model", "settle", "duration", kept.exact) == Answer(
        0, f"duration@1 keeps its number\nduration@{moved.exact} is duration@2 now\n", ""
    )
    assert cli("model", "ls").err == ""
    assert cli("model", "show", f"duration@{moved.exact}").status == 0


def test_hooks_run_and_may_fail(cli: Cli, models: Store) -> None:
    project = models.root.parent
    settings = project / "runlog.toml"
    settings.write_text('hooks.on_promote = "echo deploying $RUNLOG_MODEL $RUNLOG_VERSION; exit 3"\n')
    registry.register(models, named(models, "ridge"))
    done = runlog_cli("model", "promote", "duration", "1", "--to", "production", cwd=project, XDG_CONFIG_HOME=project / "none")
    assert (done.returncode, done.stdout) == (1, "promoted duration@1 from none to production\n")
    assert done.stderr == (
        "deploying duration 1\n"
        "error: hook 'echo deploying $RUNLOG_MODEL $RUNLOG_VERSION; exit 3' ended with status 3; the promotion stands\n"
        f"hint: see {settings}\n"
    )
    assert find_version(models, "duration@production").number == 1


def test_a_model_is_shipped(cli: Cli, models: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("model", "register", "ridge")
    assert cli("model", "export", "duration@1") == Answer(0, "duration-1\n", "")
    assert cli("model", "export", "duration@1", "-o", "out/model.zip") == Answer(0, "out/model.zip\n", "")
    assert cli("model", "export", "duration@1") == Answer(
        4, "", "error: 'duration-1' is there already\nhint: runlog model export --force ...\n"
    )
    assert cli("model", "export", "duration@1", "--force").status == 0
    monkeypatch.chdir("out")
    shutil.unpack_archive("model.zip")
    shutil.rmtree(models.root)  # a folder needs no store
    assert cli("model", "path", "./duration-1") == Answer(0, "duration-1\n", "")


REFUSED = [
    (["register", "bare"], 3, "has no model: its program did not call log_model"),
    (["register", "two"], 4, "has 2 models: trips, fares"),
    (["register", "ridge", "--stage", "live"], 5, "'live' is no stage"),
    (["register", "ridge", "--alias", "production"], 5, "alias 'production' means something already"),
    (["register", "ridge", "--alias", "7"], 5, "alias '7' reads as a number"),
    (["register", "ridge", "--name", "a@b"], 5, "model name 'a@b' holds '@'"),
    (["register", "ridge", "--name", ""], 5, "model name"),
    (["register", "two/trips", "--path", "fares"], 2, "'two/trips' names a model of the run, and --path fares another"),
    (["describe", "duration", "7"], 3, "'duration' has no version 7"),
    (["describe", "duration", "how", "long"], 2, "a description is one word on the command line"),
    (["tag", "duration", "7", "a=1"], 3, "'duration' has no version 7"),
    (["export", "duration@1", "-o", "d.rar"], 2, "'d.rar' looks like an archive of a kind that is not written"),
    (["export", "duration@1", "-o", "d.tar.bz2"], 2, "'d.tar.bz2' looks like an archive"),
    (["promote", "duration", "--to", "staging"], 2, "which version of 'duration' is not said"),
    (["promote", "duration@1", "1", "--to", "staging"], 2, "'duration@1' names a version, and '1' another"),
    (["promote", "duration", "9", "--to", "staging"], 3, "'duration' has no version 9"),
    (["promote", "durations", "1", "--to", "staging"], 3, "no model is registered as 'durations'"),
    (["promote", "duration", "1", "--to", "live"], 5, "'live' is no stage"),
    (["alias", "duration", "1", "a", "b"], 2, "an alias is one word for one version"),
    (["alias", "duration", "nothing", "--rm"], 3, "'duration' has no alias 'nothing'"),
    (["alias", "duration", "1", "latest"], 5, "alias 'latest' means something already"),
    (["tag", "duration", "a=1", "--rm", "a"], 2, "tag 'a' cannot be set and taken off at once"),
    (["tag", "duration", "--rm", "a"], 3, "duration has no tag 'a'"),
    (["describe", "duration", " "], 5, "the description is empty"),
    (["restore", "duration", "1"], 4, "duration@1 is not in the trash"),
    (["settle", "duration", "1"], 4, "no other version of 'duration' has number 1"),
    (["show", "nothing"], 3, "no model is registered as 'nothing'"),
    (["path", "nothing"], 3, "no model and no run matches 'nothing'"),
    (["path", "/nothing"], 3, "'/nothing' is no folder of a model"),
    (["history", "duration@9"], 3, "'duration' has no version 9"),
    (["export", "duration@9"], 3, "'duration' has no version 9"),
]


@pytest.mark.parametrize(("words", "status", "problem"), REFUSED)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    words: list[str], status: int, problem: str, cli: Cli, models: Store
) -> None:
    registry.register(models, named(models, "ridge"))
    before = tree(models.root)
    done = cli("model", *words)
    assert (done.status, done.out) == (status, "")
    assert problem in done.err
    assert done.err.startswith("error: ")
    assert tree(models.root) == before


def test_nothing_is_registered_yet(cli: Cli, models: Store) -> None:
    before = tree(models.root)
    assert cli("model", "ls") == Answer(0, "", "no models yet: runlog model register RUN\n")
    assert cli("model", "ls", "--removed") == Answer(0, "", "no version of a model is in the trash\n")
    assert cli("model", "ls", "--json") == Answer(0, "[]\n", "")
    assert tree(models.root) == before
