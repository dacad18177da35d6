"""A disposable cache of what the documents of a store say, on the user's own disk. Nothing here is the truth: whatever is in
doubt is read again, and without the cache every answer is the same, only slower. See docs/decisions/index.md."""
