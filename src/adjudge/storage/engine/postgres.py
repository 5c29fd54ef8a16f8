"""How PostgreSQL is reached, and what every connection is told."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from adjudge.errors import InvalidInputError, StoreUnusableError

if TYPE_CHECKING:
    from types import ModuleType

_OPTIONS = (
    "-c lock_timeout=5s -c statement_timeout=10min -c timezone=UTC "
    "-c idle_in_transaction_session_timeout=60s "
    # A submit would be planned anew every time, for as long as it takes to run it.
    "-c plan_cache_mode=force_generic_plan"
)
# Who reads holds up nobody, and may count for minutes between two questions.
BEGIN_READING = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; "
    "SET LOCAL idle_in_transaction_session_timeout = '10min'"
)
_SCHEME = re.compile(r"postgres(ql)?(\+\w+)?://")


def is_address(url: str) -> bool:
    """Tell whether a URL names a PostgreSQL database."""
    return bool(_SCHEME.match(url))


def driver() -> ModuleType:
    """Give the driver.

    Raises:
        StoreUnusableError: If it is not installed.
    """
    try:
        import psycopg  # noqa: PLC0415 - an extra, named in the hint
    except ImportError:
        raise StoreUnusableError(
            "the PostgreSQL driver is not installed",
            hint="pip install 'adjudge[postgres]'",
        ) from None
    return psycopg


def parsed(url: str) -> dict[str, Any]:
    """Read an address as the driver takes it.

    Raises:
        InvalidInputError: If it is none; it says nothing of what stands behind the
            scheme, which may hold a password.
    """
    from psycopg import Error  # noqa: PLC0415 - as above
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    try:
        found = conninfo_to_dict(_SCHEME.sub("postgresql://", url, count=1))
        ports = str(found.get("port") or "5432").split(",")
    except Error:
        ports, found = ["?"], {}
    if not all(port.isdigit() for port in ports):
        raise InvalidInputError(
            f"{url.partition('://')[0]}://… is not a database URL",
            hint="for example postgresql://user@host:5432/database",
        )
    return found


def shown(address: dict[str, Any]) -> str:
    """Write an address for people: without its password."""
    who = f"{address['user']}@" if address.get("user") else ""
    hosts = str(address.get("host") or "").split(",")
    ports = str(address.get("port") or "").split(",")
    ends = itertools.zip_longest(hosts, (f":{p}" for p in ports if p), fillvalue="")
    name = address.get("dbname") or ""
    if hosts[0].startswith("/"):
        return f"postgresql://{who}/{name}?host={','.join(map(''.join, ends))}"
    return f"postgresql://{who}{','.join(map(''.join, ends))}/{name}"


def open_connection(address: dict[str, Any]) -> Any:
    """Open a connection; a unit says by itself when a transaction begins."""
    asked = {"connect_timeout": 10, **address, "options": _OPTIONS}
    return driver().connect(**asked, autocommit=True)
