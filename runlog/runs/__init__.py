"""Verbs over the runs of a store: find them, set them side by side. They return data."""
