"""`python -m workers [PART…]` runs the engine: all its parts, or those named."""

from __future__ import annotations

import sys

from .engine import main

if __name__ == "__main__":
    main(sys.argv[1:])
