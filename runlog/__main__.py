"""`python -m runlog`."""

import sys

from runlog.cli import main

if __name__ == "__main__":
    sys.exit(main())
