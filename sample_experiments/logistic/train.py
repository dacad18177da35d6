"""Logistic regression by gradient descent, in plain Python.

Two clouds of points, one centred on (0, 0) and one on (2, 2), both with a spread of 1. They overlap, so
nobody can tell them apart perfectly: the best rule there is has the weights 2 and 2 and the bias -4, and
is right 92.1 % of the time, give or take a little by the luck of the points drawn.

    python train.py
    runlog run --experiment logistic --param alpha=0.5 --param epochs=100 -- python train.py

How near the training comes depends on alpha and epochs.
"""

import csv
import math
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import runlog

DATA = Path(__file__).parent / "data"
CENTRES = (0.0, 2.0)
BEST = {"weights": [2.0, 2.0], "bias": -4.0}


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    label: int


@dataclass(frozen=True)
class Model:
    """Says how probable it is that a point belongs to the second cloud."""

    weights: tuple[float, float] = (0.0, 0.0)
    bias: float = 0.0

    def score(self, point: Point) -> float:
        return self.weights[0] * point.x + self.weights[1] * point.y + self.bias

    def probability(self, point: Point) -> float:
        return 0.5 * (1.0 + math.tanh(self.score(point) / 2.0))


def make_points(count: int, seed: int) -> list[Point]:
    rng = random.Random(seed)
    labels = [index % 2 for index in range(count)]
    return [Point(rng.gauss(CENTRES[label], 1.0), rng.gauss(CENTRES[label], 1.0), label) for label in labels]


def write_points(points: Sequence[Point], path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")  # several trainings may run at once
    with draft.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["x", "y", "label"])
        writer.writerows([point.x, point.y, point.label] for point in points)
    draft.replace(path)


def descend(model: Model, points: Sequence[Point], alpha: float) -> Model:
    """One step against the gradient of the loss over all points."""
    errors = [model.probability(point) - point.label for point in points]
    rate = alpha / len(points)
    return Model(
        weights=(
            model.weights[0] - rate * sum(error * point.x for error, point in zip(errors, points, strict=True)),
            model.weights[1] - rate * sum(error * point.y for error, point in zip(errors, points, strict=True)),
        ),
        bias=model.bias - rate * sum(errors),
    )


def log_loss(model: Model, points: Sequence[Point]) -> float:
    def loss(point: Point) -> float:
        score = model.score(point)
        return max(score, 0.0) + math.log1p(math.exp(-abs(score))) - point.label * score

    return sum(loss(point) for point in points) / len(points)


def accuracy(model: Model, points: Sequence[Point]) -> float:
    return sum((model.score(point) > 0) == (point.label == 1) for point in points) / len(points)


def main() -> None:
    params = runlog.params(alpha=0.1, epochs=30, seed=0)
    points = make_points(5000, params["seed"])
    data = DATA / f"points-{params['seed']}.csv"
    write_points(points, data)
    train, held_out = points[:1000], points[1000:]

    with runlog.start_run(experiment="logistic", params=params) as run:
        run.use_data(data, name="points")
        model = Model()
        for epoch in range(params["epochs"] + 1):
            if epoch:
                model = descend(model, train, params["alpha"])
            loss, correct = log_loss(model, train), accuracy(model, held_out)
            run.log_metrics({"loss": loss, "accuracy": correct}, step=epoch)
        run.log_dict({"weights": list(model.weights), "bias": model.bias, "best": BEST}, "weights.json")
    print(f"alpha {params['alpha']}: loss {loss:.3f}, accuracy {correct:.1%} on points it has not seen")


if __name__ == "__main__":
    main()
