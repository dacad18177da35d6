"""Asks the outside world, once: which process this is, on which machine, under which scheduler."""
