"""The metrics engine: a log of binary records while a run lives, Parquet afterwards, one reading of both."""
