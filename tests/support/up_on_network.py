"""`orchestrator up` whose programs reach their stores through proxies; `stores.json` has the stores' own addresses."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from sqlalchemy import make_url

from orchestrator.local_stack.data_folder import write_private
from orchestrator.local_stack.interrupts import Interrupts, count_interrupts
from orchestrator.local_stack.options import Carrier, StackOptions
from orchestrator.local_stack.stack import Stack
from orchestrator.local_stack.supervisor import Interrupted
from orchestrator.local_stack.up import keep_running
from orchestrator.settings import load_settings

STORES = "stores.json"
UP = "Ctrl-C stops everything"


class _StackOnNetwork(Stack):
    def __init__(self, options: StackOptions, *, interrupts: Interrupts, valkey_port: int, postgres_port: int) -> None:
        super().__init__(options, load_settings(), interrupts=interrupts, say=_say)
        self._valkey_port, self._postgres_port = valkey_port, postgres_port

    def _start_stores(self) -> dict[str, str]:
        stores = super()._start_stores()
        write_private(self.folder.path / STORES, json.dumps(stores))
        valkey, postgres = make_url(stores["redis_url"]), make_url(stores["database_url"])
        postgres = postgres.set(host="127.0.0.1", port=self._postgres_port, query={"sslmode": "disable"})
        proxied = {"redis_url": valkey.set(port=self._valkey_port), "database_url": postgres}
        return {name: url.render_as_string(hide_password=False) for name, url in proxied.items()}


def main() -> None:
    """Run the stack until Ctrl-C."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    for name in ("port", "workers", "valkey-port", "postgres-port"):
        parser.add_argument(f"--{name}", type=int)
    given = vars(parser.parse_args())
    proxies = {name: given.pop(name) for name in ("valkey_port", "postgres_port")}
    options = StackOptions(**given, carrier=Carrier.TELNYX, flower=False)
    with count_interrupts() as interrupts:
        stack = _StackOnNetwork(options, interrupts=interrupts, **proxies)
        try:
            stack.start()
            _say(UP)
            keep_running(stack, interrupts)
        except Interrupted:
            pass
        finally:
            stack.stop()


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
