"""One store: an engine and its units of work."""

from __future__ import annotations

import itertools
import random
import time
from contextlib import ExitStack, contextmanager, suppress
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from adjudge.errors import (
    AdjudgeError,
    BusyError,
    ConnectionLostError,
    InvalidInputError,
    NoSpaceError,
    StoreUnusableError,
    UnknownError,
)
from adjudge.storage.engine import copying, faults, postgres, sqlite
from adjudge.storage.engine.pool import Pool
from adjudge.storage.engine.sql import columns, numbered, translate
from adjudge.storage.engine.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import ModuleType

    from sqlalchemy import Connection

    from adjudge.storage.engine.pool import Held

_PLANNED_AT = 5  # executions; the driver's own default
PATIENCE = 20.0  # seconds that a deed is tried again; a server restarts in less
_ROOM = -24_000  # KiB of pages, where there are usually two thousand
_IMPORT_LOCK = 4_726_002  # any number of ours


_T = TypeVar("_T")


class Cursor(Protocol):
    """The part of a database cursor that we use."""

    rowcount: int

    def execute(self, sql: str | bytes, parameters: Any = ..., /) -> Any:
        """Run one statement."""

    def executemany(self, sql: str | bytes, parameters: Any, /) -> Any:
        """Run one statement for many rows."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Take all rows."""

    def fetchone(self) -> tuple[Any, ...] | None:
        """Take one row."""

    def close(self) -> None:
        """Close the cursor."""


class Companion(Protocol):
    """What lives beside a store, as long as this process has it open."""

    has_more: bool

    def settle(self, unit: Unit) -> None:
        """Write what is left to write."""


class Unit:
    """One transaction: statements in, rows out. Nothing else knows the driver."""

    def __init__(
        self, connection: Any, store: Store, cursor: Cursor | None = None
    ) -> None:
        self._connection = connection
        self._known = store.known
        self.store = store
        self.learned: dict[str, Any] = {}
        self.aside: dict[str, object] = {}
        self.before_commit: list[Callable[[], None]] = []
        self.after_commit: list[Callable[[], None]] = []
        self._cursor: Cursor = cursor or store.cursor(connection)
        self.wire: Wire | None = None
        self.dialect = store.dialect

    @property
    def is_postgres(self) -> bool:
        """Tell which dialect this is where a statement must differ."""
        return self.dialect == "postgresql"

    def once(self, key: str, ask: Callable[[], _T]) -> _T:
        """Ask for what never changes once it stands, and remember the answer.

        It is remembered when the unit is kept, so that nothing rolled back stays.
        """
        if key in self._known:
            known: _T = self._known[key]
            return known
        found = ask()
        if found is not None:
            self.learned[key] = found
        return found

    def run(self, statement: str, **values: Any) -> int:
        """Run a statement; give the number of rows it changed."""
        self._execute(statement, values)
        return self._cursor.rowcount

    def _execute(self, statement: str, values: dict[str, Any]) -> None:
        if self.is_postgres:
            text, names = numbered(statement)
            self._cursor.execute(text, [values[name] for name in names])
        else:
            self._cursor.execute(translate(statement, self.dialect), values)

    def many(self, statement: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement for many rows."""
        if self.is_postgres:
            text, names = numbered(statement)
            self._cursor.executemany(text, [[row[n] for n in names] for row in rows])
        else:
            self._cursor.executemany(translate(statement, self.dialect), list(rows))

    def load(
        self,
        table: str,
        rows: Iterable[Mapping[str, Any]],
        *,
        fresh: bool = False,
    ) -> int:
        """Add many rows of a table; rows that stand already are left as they are.

        Args:
            table: Its name.
            rows: The rows.
            fresh: This very unit looked, and none of them stood.

        Returns:
            How many rows are new.
        """
        names = columns(table)
        values = map(itemgetter(*names), rows)
        if self.is_postgres:
            copy = copying.load_fresh if fresh else copying.load
            return copy(self._cursor, table, names, values)
        listed = ", ".join(names)
        self._cursor.executemany(
            f'INSERT INTO "{table}" ({listed}) '
            f"VALUES ({', '.join('?' * len(names))}) ON CONFLICT DO NOTHING",
            values,
        )
        return max(0, self._cursor.rowcount)

    @contextmanager
    def roomy(self) -> Iterator[None]:
        """Let SQLite keep more pages while many rows go into large indices."""
        if self.is_postgres:
            yield
            return
        (before,) = self.one("PRAGMA cache_size") or (-2000,)
        self._cursor.execute(f"PRAGMA cache_size = {_ROOM}")
        try:
            yield
        finally:
            self._cursor.execute(f"PRAGMA cache_size = {before}")

    def copy_out(self, table: str, names: Sequence[str]) -> Iterator[bytes]:
        """Read a whole table on PostgreSQL in the form that ``copy_in`` takes."""
        listed = ", ".join(f'"{name}"' for name in names)
        copied = self._cursor_copy(f'COPY "{table}" ({listed}) TO STDOUT')
        with copied as pieces:
            for piece in pieces:
                yield bytes(piece)

    def copy_in(
        self, table: str, names: Sequence[str], pieces: Iterable[bytes]
    ) -> None:
        """Write rows into a table on PostgreSQL that ``copy_out`` has read."""
        listed = ", ".join(f'"{name}"' for name in names)
        with self._cursor_copy(f'COPY "{table}" ({listed}) FROM STDIN') as copy:
            for piece in pieces:
                copy.write(piece)

    def _cursor_copy(self, statement: str) -> Any:
        # A cursor of its own: others are asked while this one is read.
        return self._connection.cursor().copy(statement)

    def count_again(self, *tables: str) -> None:
        """Let PostgreSQL's planner know how large tables have become in this unit."""
        if self.is_postgres:
            for table in tables:
                self._cursor.execute(f'ANALYZE "{table}"')

    def one(self, statement: str, **values: Any) -> tuple[Any, ...] | None:
        """Take the first row, or ``None``."""
        self._execute(statement, values)
        return self._cursor.fetchone()

    def all(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Take all rows."""
        self._execute(statement, values)
        return self._cursor.fetchall()

    def texts(
        self, statement: str, values: dict[str, Any]
    ) -> list[tuple[str | None, ...]] | None:
        """Take all rows as texts, in a unit of ``Store.statements`` and no other.

        Returns:
            ``None``, with nothing written, if a row that it adds stands already.
        """
        if self.wire is None:
            raise TypeError("this unit is a transaction: its statements are not alone")
        return self.wire.ask(statement, values)

    def stream(
        self, statement: str, *, chunk: int = 2000, **values: Any
    ) -> Iterator[tuple[Any, ...]]:
        """Take rows as they come, in constant memory."""
        options = {"name": f"s{next(_names)}"} if self.is_postgres else {}
        cursor = self._connection.cursor(**options)
        try:
            cursor.execute(translate(statement, self.dialect), values)
            while rows := cursor.fetchmany(chunk):
                yield from rows
        finally:
            cursor.close()

    def in_turn(self, thing: str) -> None:
        """Wait until nobody else does something to a thing; keep others off it then.

        What is read from here on is what they left. SQLite has one writer at a time
        and needs nothing.
        """
        if self.is_postgres:
            self.one(
                "SELECT pg_advisory_xact_lock(hashtextextended(:thing, 0))", thing=thing
            )

    def plan_once(self, *, at: int) -> None:
        """Let PostgreSQL keep the plan of a statement after so many executions."""
        self._connection.prepare_threshold = at

    def close(self) -> None:
        """Close the cursor."""
        self._cursor.close()


_names = itertools.count()


class _RehearsedError(Exception):
    """Leaves a unit of work without keeping it."""


class Store:
    """Where everything is kept: a SQLite file or a PostgreSQL database."""

    def __init__(
        self, pool: Pool, driver: ModuleType, place: str, path: Path | None = None
    ) -> None:
        self.pool = pool
        self._driver: Any = driver
        self._path = path
        self.known: dict[str, Any] = {}
        self.companions: dict[str, Companion] = {}
        self._was_open = False
        self.place = place

    @classmethod
    def at(cls, url: str) -> Self:
        """Name a store without opening it.

        Args:
            url: A file name, ``sqlite:///file`` or ``postgresql://…``.

        Raises:
            InvalidInputError: If the URL is neither.
            StoreUnusableError: If the file lies on a network disk.
        """
        scheme, is_url, rest = url.partition("://")
        if not is_url:
            return cls._sqlite(Path(url))
        if scheme.partition("+")[0] == "sqlite":
            return cls._sqlite(Path(rest.partition("?")[0].removeprefix("/")))
        if postgres.is_address(url):
            return cls._postgres(url)
        raise InvalidInputError(
            f"{scheme}://… is not a database adjudge can use",
            hint="give a SQLite file or a postgresql:// URL",
        )

    @classmethod
    def _sqlite(cls, path: Path) -> Self:
        sqlite.refuse_network_disk(path)
        pool = Pool(lambda: sqlite.open_connection(path))
        return cls(pool, sqlite.driver(), str(path), path)

    @classmethod
    def _postgres(cls, url: str) -> Self:
        driver = postgres.driver()
        address = postgres.parsed(url)
        pool = Pool(lambda: postgres.open_connection(address))
        return cls(pool, driver, postgres.shown(address))

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """Hand a connection to migrations, which speak SQLAlchemy.

        Raises:
            NoSpaceError: If the disk is full.
            StoreUnusableError: If the store cannot be opened or written.
        """
        # Late: nothing else speaks SQLAlchemy.
        from sqlalchemy import create_engine, event  # noqa: PLC0415
        from sqlalchemy.exc import DBAPIError  # noqa: PLC0415
        from sqlalchemy.pool import NullPool  # noqa: PLC0415

        engine = create_engine(
            "postgresql+psycopg://" if self._path is None else "sqlite://",
            creator=self.pool.opening,
            module=self._driver,
            poolclass=NullPool,
        )
        try:
            with ExitStack() as stack:
                if self._path is not None:
                    stack.enter_context(sqlite.WriterLock(self._path))
                connection = stack.enter_context(engine.connect())
                if self._path is None:
                    # Migrations leave it to the driver when a transaction begins.
                    driven: Any = connection.connection.dbapi_connection
                    driven.autocommit = False
                if self._path is not None:
                    # The driver would keep every statement by itself, and a killed
                    # migration would leave half a schema.
                    event.listen(connection, "begin", _begin_immediate)
                yield connection
        except DBAPIError as error:
            if known := self._translated(error.orig):
                raise known from error
            raise

    def cursor(self, connection: Any) -> Cursor:
        """Open a cursor that takes statements as the database does."""
        made: Cursor = (
            self._driver.RawCursor(connection)
            if self._path is None
            else connection.cursor()
        )
        return made

    @property
    def path(self) -> Path | None:
        """Give the SQLite file; ``None`` on PostgreSQL."""
        return self._path

    @property
    def dialect(self) -> str:
        """Name the dialect: ``sqlite`` or ``postgresql``."""
        return "postgresql" if self._path is None else "sqlite"

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """Open a unit of work that keeps everything or nothing.

        Raises:
            BusyError: If somebody else holds the store too long.
            NoSpaceError: If the disk is full; nothing was kept.
        """
        if self._path is None:
            with self._transaction("BEGIN") as unit:
                yield unit
            return
        self._must_exist()
        try:
            lock = sqlite.WriterLock(self._path)
            with lock, self._transaction("BEGIN IMMEDIATE") as unit:
                yield unit
        except OSError as error:
            raise faults.of_system(error, self.place) from error

    def persist(self, deed: Callable[[], _T], *, after_loss: bool = True) -> _T:
        """Do a deed again when the database could not finish it.

        Args:
            deed: What is done.
            after_loss: Also after a lost connection, when nobody knows whether the
                first one was kept: of deeds that do nothing when done twice.

        Raises:
            BusyError: If others were in the way every time.
            ConnectionLostError: If the server stayed away.
        """
        until = time.monotonic() + PATIENCE
        pause = 0.02
        while True:
            try:
                return deed()
            except (BusyError, ConnectionLostError) as error:
                is_lost = isinstance(error, ConnectionLostError)
                is_over = time.monotonic() + pause > until
                if self._path is not None or is_over or (is_lost and not after_loss):
                    raise
            # Unlike each other, so that two who met do not meet again.
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
            pause = min(1.0, pause * 2)

    def vacuum(self, tables: Iterable[str]) -> bool:
        """Let PostgreSQL drop what rows said before; SQLite overwrites it at once.

        Returns:
            Whether it was done. It is not where this role may not, or somebody is in
            the way: the deed before it is kept all the same.
        """
        if self._path is not None:
            return True
        warnings: list[str] = []
        held = self._connect()
        try:
            held.driven.add_notice_handler(
                lambda notice: warnings.append(str(notice.message_primary))
            )
            held.driven.cursor().execute(
                "VACUUM " + ", ".join(f'"{table}"' for table in sorted(tables))
            )
        except self._driver.Error as error:
            warnings.append(str(error))
        finally:
            # The handler goes with the connection.
            self.pool.give(held, broken=True)
        return not warnings

    @contextmanager
    def import_turn(self) -> Iterator[None]:
        """Let one import at a time in; people go on working meanwhile."""
        if self._path is not None:
            self._must_exist()
            with sqlite.WriterLock(self._path, ".import-lock"):
                yield
            return
        held = self._connect()
        connection = held.driven
        try:
            cursor = connection.cursor()
            cursor.execute("BEGIN")
            # An import may take long; the next one waits as long as it takes.
            cursor.execute("SET LOCAL lock_timeout = 0")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute(f"SELECT pg_advisory_lock({_IMPORT_LOCK})")
            connection.commit()
            yield
        finally:
            broken = _roll_back(connection)
            if not broken:
                connection.cursor().execute("SELECT pg_advisory_unlock_all()")
            self.pool.give(held, broken=broken)

    @contextmanager
    def rehearse(self) -> Iterator[Unit]:
        """Open a unit of work whose writes are seen inside and never kept."""
        with suppress(_RehearsedError), self.write() as unit:
            yield unit
            raise _RehearsedError

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """Open a unit of work that sees one unchanging state."""
        if self._path is None:
            begin = postgres.BEGIN_READING
        else:
            self._must_exist()
            begin = "BEGIN"
        with self._transaction(begin) as unit:
            yield unit

    @contextmanager
    def statements(self) -> Iterator[Unit]:
        """Open a unit on PostgreSQL whose every statement is kept by itself.

        It saves the trips that begin and end a transaction, and plans are kept from
        the first time: to plan what is run here takes ten times as long as to run it.
        Nothing is logged at its end: what writes through it writes its lines of the
        log as well.
        """
        held = self._connect()
        broken = False
        try:
            if "cursor" not in held.kept:
                held.kept["cursor"] = self.cursor(held.driven)
                held.kept["wire"] = Wire(held.driven, self._driver)
            unit = Unit(held.driven, self, held.kept["cursor"])
            unit.wire = held.kept["wire"]
            unit.plan_once(at=0)
            try:
                yield unit
                self.known.update(unit.learned)
            except BaseException as error:
                broken = _roll_back(held.driven)
                self._raise_known(error)
                raise
            finally:
                unit.plan_once(at=_PLANNED_AT)
        finally:
            self.pool.give(held, broken=broken)

    def _must_exist(self) -> None:
        if self._path is not None and not self._path.exists():
            raise UnknownError(
                f"there is no store at {self.place}",
                hint="make one with `adjudge init`, name another with --db, or try "
                "`adjudge demo`, the sample campaign",
            )

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Unit]:
        held = self._connect()
        broken = False
        try:
            unit = Unit(held.driven, self)
            try:
                unit.run(begin)
                yield unit
                for last in unit.before_commit:
                    last()
                held.driven.commit()
                self.known.update(unit.learned)
                for then in unit.after_commit:
                    then()
            except BaseException as error:
                broken = _roll_back(held.driven)
                self._raise_known(error)
                raise
            finally:
                unit.close()
        finally:
            # A connection whose rollback failed is not given to the next deed.
            self.pool.give(held, broken=broken)

    def _raise_known(self, error: BaseException) -> None:
        """Say what the driver's error means, where we know it."""
        if translated := self._translated(error):
            if isinstance(translated, ConnectionLostError):
                self.pool.dispose()  # the others are lost as well
            raise translated from error

    def _connect(self) -> Held:
        try:
            held = self.pool.take()
        except self._driver.Error as error:
            known = self._translated(error)
            if isinstance(known, (NoSpaceError, BusyError)):
                raise known from error
            kind = ConnectionLostError if self._was_open else StoreUnusableError
            raise kind(
                f"the store at {self.place} cannot be opened: "
                f"{next(iter(str(error).strip().splitlines()), 'unknown')}",
                hint="check the address and that the server runs; see `adjudge doctor`",
            ) from error
        self._was_open = True
        return held

    def _translated(self, error: BaseException | None) -> Exception | None:
        return faults.translated(error, self._driver, self.place)

    def close(self) -> None:
        """Close every connection; what companions still have to write comes first."""
        for companion in self.companions.values():
            if companion.has_more:
                # Whoever writes next does it where this store cannot be written now.
                with suppress(AdjudgeError), self.write() as unit:
                    companion.settle(unit)
        if self._path is not None and self._path.is_file():
            # The last connection checkpoints when it closes: that is a write.
            with sqlite.WriterLock(self._path):
                self.pool.dispose()
        else:
            self.pool.dispose()


def _roll_back(connection: Any) -> bool:
    """Undo what is open; tell whether the connection is broken."""
    try:
        # After SQLITE_FULL the transaction is gone already.
        if getattr(connection, "in_transaction", True):
            connection.rollback()
    except Exception:  # noqa: BLE001 - the first error is the one to tell
        return True
    return False


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
