"""The code that a run begins with: what git knows of it, what git was not told, and what there is without git."""
