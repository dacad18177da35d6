"""Flags of the user's own program, and what stands before it."""

import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runlog.tracking.command.flags import as_typed, own_words, read_flags


@pytest.mark.parametrize(
    ("command", "flags"),
    [
        ("python train.py --lr 0.1 --epochs=3 -b 32", {"lr": 0.1, "epochs": 3, "b": 32}),
        ("python train.py --shuffle --no-cuda --name ridge", {"shuffle": True, "cuda": False, "name": "ridge"}),
        ("./train --learning-rate 1e-3 --model.depth=3", {"learning_rate": 0.001, "model.depth": 3}),
        ("train --shift -0.5 --scale -1e3 -2 data.csv", {"shift": -0.5, "scale": [-1000.0, -2]}),
        ("train --layers 64 32 16 --out dir more", {"layers": [64, 32, 16], "out": "dir"}),
        ("train -j4 -v -vv -o out.txt -lr 0.5", {"j": 4, "v": True, "vv": True, "o": "out.txt", "lr": 0.5}),
        ("train --tag a --tag b --seed 1 -- --not-a-flag 5", {"tag": ["a", "b"], "seed": 1}),
        ("train --x --x --y=1 --y=2", {"x": True, "y": [1, 2]}),
        ("train --no-warmup-steps 10 --no-shuffle data.csv", {"no_warmup_steps": 10, "shuffle": False}),
        ("train data.csv 5 - -- --x 1", {}),
        ("train --empty= --id 007 --flag=true --opt null", {"empty": "", "id": "007", "flag": True, "opt": "null"}),
        ("train --config '{\"a\": 1}' --list [1,2]", {"config": '{"a": 1}', "list": [1, 2]}),
        ("train --rate .5 --", {"rate": 0.5}),
        ("train ---odd 1 --=2 --1x 3", {"odd": 1}),
        ("train --größe 3", {"größe": 3}),
    ],
)
def test_flags_are_read_as_programs_read_them(command: str, flags: dict[str, Any]) -> None:
    found = read_flags(shlex.split(command))
    assert found == flags
    assert {name: type(value) for name, value in found.items()} == {name: type(value) for name, value in flags.items()}


def test_flags_are_known_by_their_words_as_long_as_their_values_are_those() -> None:
    command = shlex.split(
        "python a.py --fast --no-cuda --learning-rate 1e-3 -lr .5 -j4 --l 1 2 --tag=a --tag b --seed 1 x -- --z 1"
    )
    typed = {
        "fast": ["--fast"],
        "cuda": ["--no-cuda"],
        "learning_rate": ["--learning-rate", "1e-3"],
        "lr": ["-lr", ".5"],
        "j": ["-j4"],
        "l": ["--l", "1", "2"],
        "tag": ["--tag=a", "--tag", "b"],
        "seed": ["--seed", "1"],
    }
    assert as_typed(command, read_flags(command)) == typed
    assert as_typed(command, {"fast": False, "cuda": False, "seed": 2, "z": 1}) == {"cuda": ["--no-cuda"]}


@pytest.mark.parametrize(
    "before",
    [
        "python train.py",
        "python3.12 -u train.py",
        "python -uBWignore -X dev train.py",
        "python -W error -m pkg.train",
        "python -um pkg.train",
        "python -mpkg.train",
        "python -c pass",
        "/usr/bin/python3 -I -- train.py",
        "pypy3 train.py",
        "bash -ex run.sh",
        "bash -o pipefail run.sh",
        "sh -c 'echo \"$@\"' name",
        "Rscript --vanilla train.R",
        "julia --project=. -t 4 train.jl",
        "node --max-old-space-size=4096 -r dotenv train.js",
        "perl -w train.pl",
        "env -i -u HOME A=1 B=--lr python -u train.py",
        "nice -n 10 python train.py",
        "nohup nice -n10 ./train",
        "timeout -k 5 --signal TERM 60 python train.py",
        "time -f %e ./train",
        "stdbuf -oL -e 0 ./train",
        "taskset -c 0,1 python train.py",
        "numactl -N 0 --membind 1 ./train",
        "torchrun --nproc_per_node 2 --standalone train.py",
        "mpirun -np 4 -x PATH python -u train.py",
        "srun -n 4 --gres gpu:1 python train.py",
        "uv run --with numpy python train.py",
        "poetry run python -m pkg.train",
        "conda run -n env python train.py",
        "accelerate launch --num_processes 2 train.py",
        "uv run --python 3.12 train.py",
        "java -Xmx4g -jar train.jar",
        "coverage run -p train.py",
        "docker run --rm -v a:b image python train.py",
    ],
)
def test_what_stands_before_the_program_is_not_recorded(before: str) -> None:
    assert read_flags([*shlex.split(before), "--lr", "0.1", "-b", "32", "data"]) == {"lr": 0.1, "b": 32}


@pytest.mark.parametrize(
    "command",
    [
        "torchrun --nproc_per_node 2",
        "uv run --with x tool --lr 0.1",
        "ssh host ls -l",
        "python",
        "python -u",
        "env A=1",
        "make -j 4",
    ],
)
def test_where_the_program_cannot_be_told_nothing_is(command: str) -> None:
    assert read_flags(shlex.split(command)) == {}


def test_the_program_itself_is_never_a_flag() -> None:
    assert own_words(["--odd", "--lr", "1"]) == ["--lr", "1"]
    assert own_words([]) == []


@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z_]{1,8}", fullmatch=True).filter(lambda name: not name.startswith("no")),
        st.integers() | st.booleans() | st.from_regex(r"[a-z/._]{2,10}", fullmatch=True),
        max_size=6,
    ),
    st.booleans(),
)
def test_flags_that_were_written_are_read_again(flags: dict[str, Any], joined: bool) -> None:
    words = []
    for name, value in flags.items():
        flag = "--" + name.replace("_", "-")
        if isinstance(value, bool):
            words += [flag if value else f"--no-{name.replace('_', '-')}"]
        else:
            words += [f"{flag}={value}"] if joined else [flag, str(value)]
    # As JSON these are no texts.
    expected = {name: {"true": True, "false": False}.get(str(value), value) for name, value in flags.items()}
    assert read_flags(["python", "train.py", *words]) == expected


@given(st.lists(st.text(max_size=12), max_size=8))
def test_no_command_line_is_too_odd(words: list[str]) -> None:
    for name in read_flags(words):
        assert name.strip()
