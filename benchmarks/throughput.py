"""Points per second: one metric a call, and 20 metrics a call."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from benchmarks.bench import Bench
from benchmarks.measure import Rounds, Side, interleave
from benchmarks.peers.environments import TENSORBOARDX, TRACKIO, Peer
from benchmarks.table import Row, digits, render_ratio
from benchmarks.workers import Worker

POINTS = {"single": 50_000, "batch": 100_000, "bare": 200_000, "closed": 100_000}
TENSORBOARDX_POINTS = 2_000
TRACKIO_POINTS = 100_000


def measure(bench: Bench) -> list[Row]:
    with ExitStack() as stack:
        ours = stack.enter_context(Worker("benchmarks.children.points", bench.folder("throughput")))
        sides: dict[str, Side] = {case: _rate(ours, "looped_s", case=case, points=points) for case, points in POINTS.items()}
        sides |= _peer(bench, stack, TENSORBOARDX, "benchmarks.peers.tensorboardx_points", TENSORBOARDX_POINTS)
        sides |= _peer(bench, stack, TRACKIO, "benchmarks.peers.trackio_points", TRACKIO_POINTS)
        rounds = interleave(sides, bench.rounds(15))
        told = ours.ask(case="count")
    if told["asked"] != told["kept"] or told["problems"]:
        raise AssertionError(f"points were lost: {told}")
    return [_single(rounds), _batch(rounds), _closed(rounds)]


def _rate(worker: Worker, key: str, **question: object) -> Side:
    def side() -> float:
        answer = worker.ask(**question)
        return float(answer["points"] / answer[key])

    return side


def _peer(bench: Bench, stack: ExitStack, peer: Peer, module: str, points: int) -> dict[str, Side]:
    """Two sides of one round: the second is the in-loop rate of the round that the first has just run."""
    if peer.find_version() is None:
        return {}
    worker = stack.enter_context(Worker(module, bench.folder(peer.name), python=peer.python))
    looped: list[float] = []

    def drained() -> float:
        answer = worker.ask(points=points)
        looped.append(answer["points"] / answer["looped_s"])
        return float(answer["points"] / answer["drained_s"])

    return {peer.name: drained, f"{peer.name} in loop": lambda: looped[-1]}


def _single(rounds: Rounds) -> Row:
    to_bare = rounds.ratio("single", "bare")
    peers, peer_met = _against(rounds, "single", TENSORBOARDX.name, lambda ratio: ratio >= 25)
    absent = TENSORBOARDX.name not in rounds.figures
    return Row(
        "one `log_metric` call at a time, nothing lost on kill -9",
        "at least 0.25 of a bare loop of time_ns + struct.pack + os.write, and 25x tensorboardX (some 450,000 points/s)",
        _points(rounds, "single"),
        _points(rounds, "bare"),
        render_ratio(to_bare),
        peers,
        to_bare.median >= 0.25 and (peer_met or absent),
        TENSORBOARDX.name if absent else "",
    )


def _batch(rounds: Rounds) -> Row:
    to_bare = rounds.ratio("batch", "bare")
    peers, peer_met = _against(rounds, "batch", TRACKIO.name, lambda ratio: ratio >= 3)
    absent = TRACKIO.name not in rounds.figures
    return Row(
        "20 metrics per step in one call",
        "at least 0.5 of that loop per point, and 3x Trackio (some 1,000,000 points/s)",
        _points(rounds, "batch"),
        _points(rounds, "bare"),
        render_ratio(to_bare),
        peers,
        to_bare.median >= 0.5 and (peer_met or absent),
        TRACKIO.name if absent else "",
    )


def _closed(rounds: Rounds) -> Row:
    peers, _ = _against(rounds, "closed", TRACKIO.name, lambda ratio: True)
    return Row(
        "the same, 100,000 points, counted until the run is finished and is Parquet",
        "-",
        _points(rounds, "closed"),
        _points(rounds, "bare"),
        render_ratio(rounds.ratio("closed", "bare")),
        peers,
    )


def _against(rounds: Rounds, ours: str, peer: str, enough: Callable[[float], bool]) -> tuple[list[str], bool]:
    """Judged on what the peer has written, because our points are there when the call returns."""
    if peer not in rounds.figures:
        return [f"{peer}: absent"], False
    ratio = rounds.ratio(ours, peer)
    looped = f"{peer} in loop"
    told = [
        f"{peer} until written: {_points(rounds, peer)}, {render_ratio(ratio)}",
        f"{looped}: {_points(rounds, looped)}, {render_ratio(rounds.ratio(ours, looped))}",
    ]
    return told, enough(ratio.median)


def _points(rounds: Rounds, side: str) -> str:
    return f"{digits(rounds.spread(side).median)} points/s"
