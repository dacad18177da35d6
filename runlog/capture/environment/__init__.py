"""On what a run ran: interpreter, packages, machine, variables."""
