"""May a candidate take the place of what is there? Rules, and what they say of runs."""

from runlog.models.gate.judge import judge
from runlog.models.gate.rules import Rules, Tolerance
from runlog.models.gate.verdict import Check, Meant, Verdict

__all__ = ["Check", "Meant", "Rules", "Tolerance", "Verdict", "judge"]
