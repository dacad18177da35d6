"""`python -m runlog`."""

from runlog.cli import script

if __name__ == "__main__":
    script()
