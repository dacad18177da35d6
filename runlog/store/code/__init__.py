"""Snapshots of code in the store: what a run began with, wherever the store goes."""
