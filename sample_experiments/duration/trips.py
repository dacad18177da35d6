"""Taxi trips of a city that does not exist, with a best possible error that is known.

The duration of a trip follows from its zones, distance, hour and weather, plus noise that nothing in the
data explains. So no model can have an error (rmse) below that of the noise: `best_rmse()`. What a model
has above it is what it could still learn.
"""

import csv
import math
import os
import random
from dataclasses import asdict, dataclass, fields
from pathlib import Path

ZONES = {"airport": (5, 4), "centre": (0, 0), "harbour": (-2, 1), "north": (1, 3), "south": (0, -2), "west": (-3, -1)}
NOISE_MIN = 2.0


@dataclass(frozen=True)
class Trip:
    pickup_hour: int
    pickup_zone: str
    dropoff_zone: str
    distance_km: float
    rain: int
    duration_min: float


def best_rmse() -> float:
    """The error of a model that knows everything but the noise, in minutes."""
    return NOISE_MIN


def expected_duration(hour: int, pickup: str, dropoff: str, distance_km: float, rain: int) -> float:
    rush = hour in (7, 8, 9, 16, 17, 18)
    speed_kmh = (45.0 if hour < 6 or hour > 20 else 30.0) * (0.6 if rush else 1.0) * (0.8 if rain else 1.0)
    kerb_min = 8.0 + 4.0 * (pickup == "airport") + 3.0 * ("harbour" in (pickup, dropoff))
    return kerb_min + 60.0 * distance_km / speed_kmh


def make_trips(count: int = 5000, seed: int = 0) -> list[Trip]:
    rng = random.Random(seed)
    return [make_trip(rng) for _ in range(count)]


def make_trip(rng: random.Random) -> Trip:
    hour, rain = rng.randrange(24), int(rng.random() < 0.3)
    pickup, dropoff = rng.choice(list(ZONES)), rng.choice(list(ZONES))
    distance = round(math.dist(ZONES[pickup], ZONES[dropoff]) * rng.uniform(1.1, 1.5) + rng.uniform(0.5, 2.5), 2)
    duration = expected_duration(hour, pickup, dropoff, distance, rain) + rng.gauss(0.0, NOISE_MIN)
    return Trip(hour, pickup, dropoff, distance, rain, round(duration, 2))


def write_trips(trips: list[Trip], path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")  # several trainings may run at once
    with draft.open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Trip)])
        writer.writeheader()
        writer.writerows(asdict(trip) for trip in trips)
    draft.replace(path)
