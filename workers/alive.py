"""`python -m workers.alive FOLDER`: what `workers.healthcheck` was called, for compose files that still name it so."""

from __future__ import annotations

from workers.healthcheck import main

if __name__ == "__main__":
    main()
