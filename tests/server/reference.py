"""MLflow's own scoring server, asked in its own environment: reads requests from a file, and writes how they were answered."""

import asyncio
import base64
import json
import sys

import mlflow.pyfunc  # type: ignore[import-not-found]
from asking import ask  # type: ignore[import-not-found]
from mlflow.pyfunc import scoring_server


async def main(questions: str, answers: str) -> None:
    with open(questions) as file:
        asked = json.load(file)
    apps = {
        folder: scoring_server.init(mlflow.pyfunc.load_model(folder)) for folder in dict.fromkeys(one["model"] for one in asked)
    }
    found = []
    for one in asked:
        headers = {"content-type": one["type"]} if one["type"] else {}
        found.append(await ask(apps[one["model"]], one["method"], one["path"], headers, base64.b64decode(one["body"])))
    with open(answers, "w") as file:
        json.dump(found, file)


asyncio.run(main(*sys.argv[1:]))
