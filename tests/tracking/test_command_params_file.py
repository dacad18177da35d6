"""Params from files: JSON, YAML, TOML."""

import sys
from pathlib import Path
from typing import Any

import pytest

from runlog.errors import BadInput
from runlog.tracking.command.params_file import read_params_file

JSON = '{"alpha": 0.1, "model": {"depth": 3, "name": "ridge"}, "on": true, "none": null, "layers": [64, 32]}'
TOML = 'alpha = 0.1\non = true\nlayers = [64, 32]\n[model]\ndepth = 3\nname = "ridge"\n'


def test_json(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(JSON)
    assert read_params_file(str(path)) == {
        "alpha": 0.1,
        "model": {"depth": 3, "name": "ridge"},
        "on": True,
        "none": None,
        "layers": [64, 32],
    }


def test_toml(tmp_path: Path) -> None:
    path = tmp_path / "p.TOML"
    path.write_bytes(b"\xef\xbb\xbf" + TOML.encode())
    assert read_params_file(str(path)) == {"alpha": 0.1, "on": True, "layers": [64, 32], "model": {"depth": 3, "name": "ridge"}}


def test_yaml_with_numbers_as_people_write_them(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("lr: 1e-3\nfactor: .5\nseed: 7\nname: '1e-3'\nmodel:\n  depth: 3\non: true\n")
    assert read_params_file(str(path)) == {
        "lr": 0.001,
        "factor": 0.5,
        "seed": 7,
        "name": "1e-3",
        "model": {"depth": 3},
        True: True,  # what YAML makes of `on`, as a name too
    }


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("p.yml", "a YAML file needs PyYAML"),
        ("params", "{path!r} is neither JSON nor TOML, and a YAML file needs PyYAML"),
    ],
)
def test_yaml_without_its_library_is_a_clear_error(name: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    path = tmp_path / name
    path.write_text("a: 1\n")
    with pytest.raises(BadInput) as caught:
        read_params_file(str(path))
    assert (caught.value.message, caught.value.hint) == (told.format(path=str(path)), "pip install pyyaml")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "[1]", "must hold names and values, not a list"),
        ("a.json", "7", "must hold names and values, not one int"),
        ("a.json", "null", "must hold names and values, not nothing"),
        ("a.json", "{", "cannot be read: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("a.toml", "a = ", "cannot be read: Invalid value (at end of document)"),
        ("a.json", b"\xff\xfe", "cannot be read: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(tmp_path: Path, name: str, content: Any, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadInput) as caught:
        read_params_file(str(path))
    assert caught.value.message == f"{str(path)!r} {message}"


def test_a_file_that_is_not_there_and_one_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        read_params_file("nowhere.json")
    assert caught.value.message == "there is no file 'nowhere.json'"
    with pytest.raises(BadInput) as caught:
        read_params_file("params.ini")
    assert caught.value.message == "there is no file 'params.ini'"
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(BadInput, match="is a directory"):
        read_params_file(str(tmp_path / "folder.json"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (JSON, {"alpha": 0.1, "model": {"depth": 3, "name": "ridge"}, "on": True, "none": None, "layers": [64, 32]}),
        (TOML, {"alpha": 0.1, "on": True, "layers": [64, 32], "model": {"depth": 3, "name": "ridge"}}),
        ("# none\n", {}),
        ("alpha: 1e-3\nmodel:\n  depth: 3\n", {"alpha": 0.001, "model": {"depth": 3}}),
        ("{alpha: 0.1}", {"alpha": 0.1}),
    ],
)
def test_a_file_whose_name_does_not_tell_is_known_by_what_is_in_it(tmp_path: Path, text: str, expected: dict[str, Any]) -> None:
    path = tmp_path / "params"
    path.write_text(f"\ufeff{text}")
    assert read_params_file(str(path)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("[1]", "must hold names and values, not a list"),
        ("- a\n- b\n", "must hold names and values, not a list"),
        ("loss fell", "is neither JSON, TOML nor YAML"),
        ('{"a": 1', "is neither JSON, TOML nor YAML; as JSON it has: Expecting ',' delimiter: line 1 column 8 (char 7)"),
        ("# a table\na = \n", "is neither JSON, TOML nor YAML; as TOML it has: Invalid value (at line 2, column 5)"),
        ("a: [1\nb: 2", "is neither JSON, TOML nor YAML; as YAML it has: while parsing a flow sequence"),
    ],
)
def test_what_nothing_can_read_is_said_by_what_it_looks_like(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "params"
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        read_params_file(str(path))
    assert caught.value.message.partition(" in ")[0] == f"{str(path)!r} {message}"
