"""The embedded PostgreSQL: the wheel's server on a Unix socket, made at the first start, root dropped if need be."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT
from urllib.parse import quote

import psycopg

from orchestrator.errors import Misconfigured
from orchestrator.local_stack.postgres_programs import program_folder
from orchestrator.local_stack.process import ChildProcess, DidNotStart
from orchestrator.local_stack.program import Program
from orchestrator.local_stack.server_user import chown_to_server, server_user, share_with_server

DATABASE = "orchestrator"
_MAJOR = "18"
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")  # sun_path of a Unix socket
_WITHIN = "/proc/self/cwd"  # leads into the working directory, whoever may pass through the folders above it


@dataclass(frozen=True)
class PostgresPlan:
    """A PostgreSQL to be started: the program, its address and the folder of its socket."""

    program: Program
    url: str
    socket_folder: Path


def plan_postgres(folder: Path, *, durable: bool = True) -> PostgresPlan:
    """Make the cluster in `folder` unless it is there and return what to start.

    `durable=False` leaves out fsync: for tests, whose data need not survive the machine.
    """
    cluster, programs = folder.resolve() / "cluster", program_folder(_MAJOR, server_user())
    if not cluster.exists():
        _make_cluster(cluster, programs, durable=durable)
    _refuse_another_version(cluster)
    sockets = _socket_folder(cluster)
    bound = "." if sockets == cluster else str(sockets)
    program = Program(
        name="postgres",
        argv=(str(programs / "postgres"), "-D", _server_path(cluster), *_options(bound, durable=durable)),
        cwd=cluster,
        ready=lambda: answers(url_of("postgres", sockets)),
        stop_signal=SIGINT,  # PostgreSQL's fast shutdown: open connections are closed, nothing is waited for
        death_signal=SIGINT,
        patience_s=20,
        drops_root=True,
    )
    return PostgresPlan(program, url_of(DATABASE, sockets), sockets)


def url_of(database: str, socket_folder: Path) -> str:
    """Return the SQLAlchemy URL of one database of the server with its socket in this folder."""
    return f"postgresql+psycopg://postgres@/{database}?host={quote(str(socket_folder), safe='')}"


def answers(url: str) -> bool:
    """Return whether the server at `url` accepts connections."""
    try:
        psycopg.connect(_plain(url), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def make_database(url: str) -> None:
    """Create the database that `url` names unless it is there."""
    name = psycopg.conninfo.conninfo_to_dict(_plain(url))["dbname"]
    with psycopg.connect(_plain(url), dbname="postgres", autocommit=True) as tx:
        if not tx.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            tx.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(str(name))))


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _server_path(cluster: Path) -> str:
    """Return the path of the cluster for a server started in it; `nobody` may not traverse its parent folders."""
    return str(cluster) if server_user() is None else _WITHIN


def _options(sockets: str, *, durable: bool) -> list[str]:
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": '"{}"'.format(sockets.replace('"', '""')),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "synchronous_commit": "on",
        "fsync": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        "log_error_verbosity": "terse",  # its details quote rows
    }
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def _make_cluster(cluster: Path, programs: Path, *, durable: bool) -> None:
    """Run initdb beside the final place and move the result there: a half-made cluster is never taken for one."""
    draft = cluster.with_name("cluster.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft.mkdir(mode=0o700)
    chown_to_server(draft)
    words = ["-D", _server_path(draft), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
    words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", *([] if durable else ["--no-sync"])]
    program = Program(
        name="initdb", argv=(str(programs / "initdb"), *words), cwd=draft, drops_root=True, ready=lambda: False
    )
    child = ChildProcess(program, cluster.with_name("initdb.log"))
    try:
        child.wait_until_ready()
    except DidNotStart:
        if child.exit_code() != 0:
            raise
    finally:
        child.end()
    draft.rename(cluster)


def _refuse_another_version(cluster: Path) -> None:
    found = (cluster / "PG_VERSION").read_text().strip()
    if found != _MAJOR:
        raise Misconfigured(f"{cluster} was made by PostgreSQL {found}, this is {_MAJOR}: dump it there, load it here")


def _socket_folder(cluster: Path) -> Path:
    """Return the cluster's own folder, or one in a temporary folder where that path is no address of a socket."""
    if _is_address(cluster):
        return cluster
    name = f"orchestrator-sockets-{hashlib.sha256(bytes(cluster)).hexdigest()[:16]}"
    above = next(place for place in (Path(tempfile.gettempdir()), Path("/tmp")) if _is_address(place / name))  # noqa: S108
    folder = above / name
    folder.mkdir(mode=0o700, exist_ok=True)
    _refuse_if_not_ours(folder)
    share_with_server(folder)
    return folder


def _is_address(folder: Path) -> bool:
    """Return whether a socket in this folder can be addressed by its path: libpq takes a comma for the end of one."""
    return len(os.fsencode(folder)) <= _LONGEST_SOCKET_FOLDER and "," not in str(folder)


def _refuse_if_not_ours(folder: Path) -> None:
    """Raise Misconfigured if another user made the folder first, in a place where everybody may make one."""
    found = folder.lstat()
    is_private = stat.S_ISDIR(found.st_mode) and not found.st_mode & stat.S_IRWXO
    if not is_private or found.st_uid != os.geteuid():
        raise Misconfigured(f"{folder} belongs to somebody else: choose a data folder with a shorter path")
