"""A cache of all runs in SQLite, in the user's cache folder: asked for many runs, it reads only those that changed.

It holds nothing that the store does not say. On any doubt it is thrown away and made anew, or the store itself is read.
"""
