import runlog

with runlog.start_run(experiment="duration", name="ridge", params={"alpha": 0.1}, tags={"model": "ridge"}) as run:
    for step in range(3):
        run.log_metric("rmse", 6.5 - step / 10, step=step)
    run.log_param("epochs", 3)
    run.log_text("weights of a model\n", "model.txt")
