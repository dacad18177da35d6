"""How long will a taxi trip take? Four models learn it, each in a run of its own.

    python train.py
    runlog run --experiment duration --param model=ridge --param alpha=10 -- python train.py

The first line trains all four, the second one of them, with other params than those below.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import runlog
from trips import Trip, best_rmse, make_trips, write_trips

try:
    from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LinearRegression, Ridge
    from sklearn.pipeline import Pipeline, make_pipeline
except ModuleNotFoundError:
    raise SystemExit('error: this sample needs scikit-learn: pip install "runlog[samples]"') from None

DATA = Path(__file__).parent / "data" / "trips.csv"

MODELS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "linear": (LinearRegression, {}),
    "ridge": (Ridge, {"alpha": 1.0}),
    "random_forest": (RandomForestRegressor, {"n_estimators": 50, "min_samples_leaf": 3, "random_state": 0}),
    "gradient_boosting": (GradientBoostingRegressor, {"n_estimators": 200, "max_depth": 4, "random_state": 0}),
}


def features(trips: Sequence[Trip]) -> list[dict[str, Any]]:
    """What is known when the trip begins; text becomes one column for each value it takes."""
    return [
        {
            "route": f"{trip.pickup_zone} to {trip.dropoff_zone}",
            "distance_km": trip.distance_km,
            "hour": trip.pickup_hour,
            "rain": trip.rain,
        }
        for trip in trips
    ]


def durations(trips: Sequence[Trip]) -> list[float]:
    return [trip.duration_min for trip in trips]


def rmse(predicted: Sequence[float], trips: Sequence[Trip]) -> float:
    squares = [(guess - truth) ** 2 for guess, truth in zip(predicted, durations(trips), strict=True)]
    return math.sqrt(sum(squares) / len(squares))


def train(name: str, trips: Sequence[Trip], nested: bool) -> None:
    training, validation, test = trips[:3000], trips[3000:4000], trips[4000:]
    algorithm, defaults = MODELS[name]
    given = runlog.params(**defaults)
    params = {key: given[key] for key in defaults}
    tags = {"model": name}
    with runlog.start_run(experiment="duration", name=name, params=params, tags=tags, nested=nested) as run:
        run.use_data(DATA, name="trips")
        run.log_param("best_rmse", best_rmse())
        model = make_pipeline(DictVectorizer(sparse=False), algorithm(**params))
        model.fit(features(training), durations(training))
        log_stages(run, model, validation)
        error = rmse(model.predict(features(test)), test)
        run.log_metrics({"rmse_test": error, "rmse_above_best": error - best_rmse()})
        run.log_model(model)
    print(f"{name:<18} rmse {error:.2f} min, the best possible is {best_rmse():.2f}")


def log_stages(run: runlog.Run, model: Pipeline, validation: Sequence[Trip]) -> None:
    """The error on validation: after each tree when the model grows by trees, else the final one."""
    columns, algorithm = model[0].transform(features(validation)), model[-1]
    stages = algorithm.staged_predict(columns) if hasattr(algorithm, "staged_predict") else [algorithm.predict(columns)]
    for step, predicted in enumerate(stages):
        run.log_metric("rmse_validation", rmse(predicted, validation), step=step)


def main() -> None:
    trips = make_trips()
    write_trips(trips, DATA)
    model = runlog.params(model="all")["model"]
    if model not in (*MODELS, "all"):
        raise SystemExit(f"error: no model {model!r}; there are {', '.join(MODELS)}, and all")
    for name in MODELS if model == "all" else [model]:
        train(name, trips, nested=model == "all")  # under `runlog run`: four runs inside that one


if __name__ == "__main__":
    main()
