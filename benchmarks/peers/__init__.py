"""Other trackers, each in an environment of its own; the modules named after one run inside it."""
