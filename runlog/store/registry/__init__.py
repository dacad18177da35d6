"""The registry of models: which model of which run has which number, and what was said of it since.

Every document is written once and never changed, under a name that no other machine gives, so that copying one store onto
another loses none. What they come to is worked out whenever somebody asks.
"""

from runlog.store.registry.need import needed_runs

__all__ = ["needed_runs"]
