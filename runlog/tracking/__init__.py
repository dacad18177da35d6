"""The living run: what a training program calls."""
