"""Imports one CSV file in a separate process and prints its duration and peak memory.

Run: python -m benchmarks.importer CAMPAIGN FILE
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import orjson

from orchestrator.ids import new_id
from orchestrator.operations.contacts.import_contacts import ImportOptions, import_contacts
from orchestrator.services import open_services


def main(campaign_id: str, file: Path) -> None:
    """Import and print one line of JSON; memory is in MB."""
    services, began = open_services(), time.monotonic()
    with file.open("rb") as rows:
        result = import_contacts(
            campaign_id,
            rows,
            options=ImportOptions(),
            import_id=new_id("imp"),
            sql=services.sql,
            flows=services.flows,
            clock=services.clock,
        )
    took = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(orjson.dumps({"seconds": took, "accepted": result.accepted, "peak_mb": peak}).decode(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
