"""A run once more: planned, put into a fresh folder, run, and judged."""
