"""`runlog model predict`."""

from __future__ import annotations

import typer


def predict(
    what: str = typer.Argument(..., metavar="MODEL", help="NAME, NAME@3, NAME@production, RUN or RUN/PATH.", show_default=False),
    source: str = typer.Option("-", "--input", "-i", metavar="FILE", help="A table: .csv, .parquet or .jsonl; - is stdin."),
    target: str = typer.Option("-", "--output", "-o", metavar="FILE", help="Where to; the ending counts, and - is stdout."),
    source_form: str = typer.Option("", "--from", metavar="FORM", help="The form of the input: csv, parquet or jsonl."),
    target_form: str = typer.Option("", "--to", metavar="FORM", help="The form of the output."),
    column: str = typer.Option("prediction", "--column", metavar="NAME", help="The column that the predictions go to."),
    only: bool = typer.Option(False, "--only", help="The predictions without the columns of the input."),
    rows: int = typer.Option(10_000, "--rows", metavar="N", min=1, help="So many rows are predicted at a time."),
    force: bool = typer.Option(False, "--force", "-f", help="Take the place of a file that is there."),
    trust: bool = typer.Option(False, "--trust", help="Let code that lies in the model run."),
) -> None:
    """Predict a value for every row of a file.

    The output has the columns of the input and the predictions. It is there when it is complete.
    """
    from runlog.cli import writing
    from runlog.cli.model_loading import loaded
    from runlog.cli.progress import progress
    from runlog.models import batch, tabular

    forms = tabular.form_of(source, source_form, "--from"), tabular.form_of(target, target_form, "--to")
    label, model = loaded(what, trust)
    job = batch.Job(source, target, *forms, column=column, only=only, force=force, rows=rows)
    done = batch.predict_file(model, job, progress(f"predicting with {label}", of_bytes=True))
    if target != "-":
        writing.write(f"predicted {done} {'row' if done == 1 else 'rows'} with {label} into {target}\n")
