"""Frameworks that people train with: what they do is logged without a word in the program. Nothing of theirs is imported here."""
