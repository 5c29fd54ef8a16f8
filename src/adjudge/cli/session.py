"""What every command shares: the store, who acts, and how to answer."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench
    from adjudge.wiring.settings import Settings

# JSON escapes what stands below the space; these it may leave as they are.
_ACTING = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

MOST = 2**53  # of a whole number: what every reader of JSON takes exactly

DbOption = Annotated[
    str | None,
    typer.Option("--db", metavar="DB", help="SQLite file or postgresql:// URL."),
]
AsOption = Annotated[str | None, typer.Option("--as", metavar="NAME", help="Who acts.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Check everything, keep nothing.")
]


@dataclass(frozen=True)
class Session:
    """One call of the program."""

    db: str | None = None
    as_name: str | None = None
    json: bool = False
    on_close: Callable[[Callable[[], None]], object] = lambda _close: None

    @classmethod
    def of(
        cls,
        context: typer.Context,
        *,
        db: str | None = None,
        as_name: str | None = None,
        json: bool = False,
    ) -> Session:
        """Take options given after the command over those given before it."""
        base: Session = context.obj
        return replace(
            base,
            db=db or base.db,
            as_name=as_name or base.as_name,
            json=json or base.json,
        )

    @cached_property
    def settings(self) -> Settings:
        """Load the settings: flag, environment, file, default."""
        from adjudge.wiring import settings

        return settings.load(db=self.db, user=self.as_name)

    @cached_property
    def bench(self) -> Bench:
        """Open the store."""
        from adjudge.services import storekeeping

        bench = self.unopened
        storekeeping.open_store(bench)
        return bench

    @cached_property
    def unopened(self) -> Bench:
        """Name the store without looking whether it is there."""
        from adjudge import wiring

        bench = wiring.build(self.settings)
        self.on_close(bench.store.close)
        return bench

    @cached_property
    def user(self) -> str:
        """Name who acts: as said, or the operating system's user."""
        from adjudge.wiring import settings

        return self.settings.user or settings.operating_system_user()

    @cached_property
    def actor(self) -> Actor:
        """Find out who acts; the owner of a SQLite file is lead under their own name.

        Raises:
            UnknownError: If the store knows nobody of that name.
        """
        from adjudge.services.people import people
        from adjudge.wiring import settings

        own, name = settings.operating_system_user(), self.user
        if name == own and (actor := people.owner(self.bench, name, os.getuid())):
            return actor
        return people.identify(self.bench, name)

    # --- answers ---------------------------------------------------------------
    def answer(self, value: Any, words: str = "") -> None:
        """Print a JSON document, or words for a person."""
        if self.json:
            write_json(value)
        elif words:
            from adjudge.domain.safe_text import safe_text

            sys.stdout.write(safe_text(words.rstrip("\n")) + "\n")

    def table(
        self, value: Any, heads: Sequence[str], rows: Iterable[Sequence[object]]
    ) -> None:
        """Print a JSON document, or a table for a person."""
        if self.json:
            write_json(value)
            return
        from adjudge.cli.layout import table

        listed = list(rows)
        if not listed:
            say("nothing to list")
        sys.stdout.write(table(heads, listed))


def write_json(value: Any) -> None:
    """Print one JSON document."""
    import orjson

    data = orjson.dumps(
        value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=_plain
    )
    sys.stdout.write(escaped(data.decode()) + "\n")


def write_lines(rows: Iterable[Any]) -> None:
    """Print JSON Lines, one document a line."""
    import orjson

    for row in rows:
        sys.stdout.write(escaped(orjson.dumps(row).decode()) + "\n")


def escaped(json: str) -> str:
    """Escape what a terminal would act on; the document says the same."""
    return _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", json)


def _plain(value: Any) -> Any:
    """Write records as the objects they hold."""
    return value.model_dump(mode="json")


NOT_VACUUMED = (
    "PostgreSQL keeps the former versions of these rows until VACUUM, which could not "
    "be run: in psql, as the owner of the tables, `VACUUM`"
)


def say(words: str) -> None:
    """Tell the user something that is not data."""
    from adjudge.domain.safe_text import safe_text

    sys.stderr.write(safe_text(words) + "\n")
