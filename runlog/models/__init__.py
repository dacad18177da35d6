"""Models: packaged in a run, and loaded from anywhere."""
