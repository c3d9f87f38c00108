"""Starts the PostgreSQL 16 that comes in the wheel beside 18: as 17, which compose ships, it skips within no index."""

from __future__ import annotations

from pathlib import Path
from signal import SIGINT

from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.local_stack.postgres import DATABASE, answers, make_database, url_of
from orchestrator.local_stack.postgres_programs import program_folder
from orchestrator.local_stack.process import ChildProcess
from orchestrator.local_stack.program import Program
from orchestrator.local_stack.server_user import chown_to_server, server_user

_HERE = "/proc/self/cwd"  # the user that the server runs as may not pass through the folders above
_OPTIONS = ("fsync=off", "full_page_writes=off", "timezone=UTC", "listen_addresses=", "unix_socket_directories=.")


def start_postgres_16(folder: Path) -> RunningServer:
    """Start it on an empty `folder`, whose path must be short enough for a socket; its data does not survive."""
    programs, cluster = program_folder("", server_user()), folder / "cluster"
    cluster.mkdir(parents=True, mode=0o700)
    chown_to_server(cluster)
    initdb = (str(programs / "initdb"), "-D", _HERE, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
    made = ChildProcess(
        Program(name="initdb", argv=initdb, cwd=cluster, drops_root=True, ready=lambda: False), folder / "log"
    )
    made.wait_until_ready(interrupted=lambda: made.exit_code() == 0)
    made.end()
    server = Program(
        name="postgres",
        argv=(str(programs / "postgres"), "-D", _HERE, *(word for option in _OPTIONS for word in ("-c", option))),
        cwd=cluster,
        ready=lambda: answers(url_of("postgres", cluster)),
        stop_signal=SIGINT,
        death_signal=SIGINT,
        drops_root=True,
    )
    child = ChildProcess(server, folder / "log")
    child.wait_until_ready()
    make_database(url_of(DATABASE, cluster))
    return RunningServer(url_of(DATABASE, cluster), child)
