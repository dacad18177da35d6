"""What a store says to a stranger who opens the folder."""

README = """\
# A runlog store

This folder holds experiments, kept by [runlog](https://pypi.org/project/runlog/). It needs no server and no runlog to be read:

    experiments/<experiment>/<run>/run.json              what a run was when it began
    experiments/<experiment>/<run>/entries-*.json        what was said about it afterwards: params, tags, artifacts, its end
    experiments/<experiment>/<run>/metrics/*.parquet     its points: metric, step, time, value
    experiments/<experiment>/<run>/artifacts/            its files, as they were

Copy the folder wherever you like, or copy another store onto it: two stores merge that way. Never edit a file in place;
`runlog tag`, `runlog note` and their kin say new things without touching old ones. `runlog check` tells whether all is well.
The format is described in docs/format.md of runlog.
"""

IGNORE = "# results are not source: git leaves this folder alone\n*\n"
