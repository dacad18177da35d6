import os

import runlog

with runlog.start_run(
    experiment="duration",
    name="ridge",
    params={"alpha": 0.1, "model": {"depth": 3}, "odd": float("nan")},
    tags={"model": "ridge", "bare": ""},
) as run:
    for step in range(100):
        run.log_metrics({"rmse": 6.5 - step / 100, "mae": 5.0}, step=step)
    run.log_metric("final", float("inf"))
    run.log_param("alpha", 0.2)
    run.log_text("weights\n", "model/weights.txt")
    run.use_data("session.py", name="train")
    run.set_note("größer")
    with runlog.start_run(name="child"):
        pass
try:
    with runlog.start_run(experiment="Größe 模型 🚀"):
        raise ValueError("no such luck")
except ValueError:
    pass
run = runlog.start_run(experiment="duration", name="killed")
run.log_metric("loss", 0.5, step=1)
with open(os.environ["RUNLOG_METRICS"], "a") as door:
    door.write('{"loss": 0.25, "step": 2}\nnot json\n')
os.kill(os.getpid(), 9)
