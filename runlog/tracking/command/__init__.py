"""`runlog run`: any program as a run. The only place that starts the user's program."""
