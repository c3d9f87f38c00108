"""The whole service on one machine: start, supervision and shutdown."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from orchestrator.clock import utc_now
from orchestrator.errors import Misconfigured
from orchestrator.local_stack import environment, programs
from orchestrator.local_stack.data_folder import DataFolder
from orchestrator.local_stack.environment import CarrierAccess
from orchestrator.local_stack.interrupts import Interrupts
from orchestrator.local_stack.log_files import add_line, truncate_log
from orchestrator.local_stack.options import Carrier, StackOptions
from orchestrator.local_stack.ports import Ports
from orchestrator.local_stack.postgres import make_database, plan_postgres
from orchestrator.local_stack.program import Program
from orchestrator.local_stack.stale_processes import end_stale_processes
from orchestrator.local_stack.supervisor import Supervisor
from orchestrator.local_stack.valkey import plan_valkey
from orchestrator.operations.system.check_disk_space import has_room
from orchestrator.settings import Settings
from orchestrator.store.sql.migrate import upgrade
from orchestrator.web.session import open_session

_NOT_WRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """The addresses of a running stack."""

    api: str
    webhooks: str
    carrier: str
    flower: str | None
    media: str | None = None


class Stack:
    """One stack; `start`, then `tick` a few times a second, then `stop`, all in the main thread.

    `say` receives one sentence per event; `ports` may hold reservations for this stack already.
    """

    def __init__(
        self,
        options: StackOptions,
        settings: Settings,
        *,
        interrupts: Interrupts,
        say: Callable[[str], None],
        ports: Ports | None = None,
    ) -> None:
        self._options, self._settings, self._print_line = options, settings, say
        self._ports = ports or Ports()
        self.folder = DataFolder(options.data)
        self._log = self.folder.logs / "up.log"
        self._supervisor = Supervisor(
            logs=self.folder.logs,
            record_file=self.folder.children,
            interrupts=interrupts,
            say=self._say,
            has_room=lambda: has_room(self.folder.path),
        )

    @property
    def api_key(self) -> SecretStr:
        """Return the operator's key, or the one made for this folder."""
        return self._settings.api_key or self.folder.secret("api_key")

    @property
    def flower_password(self) -> SecretStr:
        """Return the password of Flower's user `admin`."""
        return self.folder.secret("flower_password")

    def start(self) -> Addresses:
        """Start everything and return the addresses.

        Raises Misconfigured or DidNotStart with a remedy, Interrupted on Ctrl-C; call `stop` in every case.
        """
        try:
            return self._start()
        except OSError as err:
            if err.errno not in _NOT_WRITTEN:
                raise
            raise Misconfigured(f"the disk of {self.folder.path} takes nothing more ({err.strerror})") from err

    def _start(self) -> Addresses:
        self._check_preconditions()
        self._take_over_folder()
        addresses = self._choose_addresses()
        stores = self._start_stores()
        env = environment.store_environment(stores) | self._start_carrier(addresses)
        env |= {
            "ORCHESTRATOR_API_KEY": self.api_key.get_secret_value(),
            "ORCHESTRATOR_DATA_DIR": str(self.folder.path),
            "PYTHONUNBUFFERED": "1",
        }
        if addresses.media and not self._settings.media_url:
            env["ORCHESTRATOR_MEDIA_URL"] = addresses.media.replace("http://", "ws://")
        self._supervisor.start(*self._programs(env, addresses))
        self.folder.write_addresses({"api": addresses.api, **stores, **self._simulated(env)})
        return addresses

    def tick(self) -> None:
        """Restart programs that have exited."""
        self._supervisor.tick()

    def pids(self) -> dict[str, int]:
        """Return the process id of every program that runs, by name."""
        return self._supervisor.pids()

    def stop(self) -> None:
        """Stop all programs in order and release the data folder."""
        self._supervisor.stop(programs.stop_order(list(self._supervisor.pids())))
        self.folder.close()
        self._ports.close()

    def _say(self, line: str) -> None:
        self._print_line(line)
        add_line(self._log, line, at=utc_now())
        truncate_log(self._log)

    def _check_preconditions(self) -> None:
        self._telnyx_access()
        self.folder.check(environment.binding(self._options, self._settings))
        if not self._ports.take(self._options.port):
            raise Misconfigured(f"port {self._options.port} is taken: choose another with --port")

    def _take_over_folder(self) -> None:
        for name in end_stale_processes(self.folder.children):
            self._say(f"ended {name}, left over from the last run")
        if self._options.fresh:
            self.folder.clear()
        self.folder.bind(environment.binding(self._options, self._settings))

    def _telnyx_access(self) -> CarrierAccess | None:
        return environment.telnyx_access(self._settings) if self._options.carrier is Carrier.TELNYX else None

    def _choose_addresses(self) -> Addresses:
        port, near = self._options.port, self._ports.near
        simulated = self._options.carrier is Carrier.SIMULATOR
        return Addresses(
            api=_loopback(port),
            webhooks=_loopback(near(port + 1)),
            carrier=f"{_loopback(near(port + 2))}/v2" if simulated else self._settings.telnyx_base_url,
            flower=_loopback(near(port + 3)) if self._options.flower else None,
            media=_loopback(near(port + 4)) if self._options.media else None,
        )

    def _start_stores(self) -> dict[str, str]:
        valkey = plan_valkey(self.folder.path / "valkey", port=self._ports.any())
        postgres = plan_postgres(self.folder.path / "postgres")
        self._supervisor.start(valkey.program, postgres.program)
        make_database(postgres.url)
        upgrade(postgres.url)
        return {"redis_url": valkey.url, "database_url": postgres.url}

    def _start_carrier(self, addresses: Addresses) -> dict[str, str]:
        access = self._telnyx_access() or self._start_simulator(addresses)
        rate, channels = environment.limits(self._options, self._settings)
        return environment.carrier_environment(access, calls_per_second=rate, max_live_calls=channels)

    def _simulated(self, env: Mapping[str, str]) -> dict[str, str]:
        """Return the addresses and the public key of the simulated carrier; empty for a real account."""
        if self._options.carrier is not Carrier.SIMULATOR:
            return {}
        named = {"carrier": "TELNYX_BASE_URL", "public_key": "TELNYX_PUBLIC_KEY", "webhooks": "ORCHESTRATOR_PUBLIC_URL"}
        return {name: env[variable] for name, variable in named.items()}

    def _start_simulator(self, addresses: Addresses) -> CarrierAccess:
        key = self.folder.secret("simulator_key").get_secret_value()
        program = programs.simulator(
            port=_port_of(addresses.carrier),
            webhook_url=f"{addresses.webhooks}/webhooks/telnyx",
            api_key=key,
            connection_id=environment.SIMULATED_CONNECTION,
            time_scale=self._options.time_scale,
        )
        self._supervisor.start(program)
        answer = open_session().get(
            f"{addresses.carrier}/public_key", headers={"Authorization": f"Bearer {key}"}, timeout=5
        )
        return CarrierAccess(
            base_url=addresses.carrier,
            api_key=key,
            public_key=str(answer.json()["data"]["public"]),
            connection_id=environment.SIMULATED_CONNECTION,
            public_url=addresses.webhooks,
        )

    def _programs(self, env: dict[str, str], addresses: Addresses) -> list[Program]:
        chosen = [programs.api(env, port=_port_of(addresses.api))]
        chosen += [programs.webhooks(env, port=_port_of(addresses.webhooks))]
        chosen += programs.workers(env, count=self._options.workers)
        chosen += [programs.engine(env), programs.dispatch(env)]
        if addresses.flower:
            password = self.flower_password.get_secret_value()
            chosen += [programs.flower(env, port=_port_of(addresses.flower), password=password)]
        if addresses.media:
            chosen += [programs.media(env, port=_port_of(addresses.media))]
        return chosen


def _loopback(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _port_of(address: str) -> int:
    return int(address.split(":")[2].split("/", maxsplit=1)[0])
