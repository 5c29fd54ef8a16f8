"""Commands about the store: init, db, doctor, log."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from adjudge.cli.session import AsOption, DbOption, JsonOption, Session, say
from adjudge.domain.ids import AnnotatorId
from adjudge.domain.words import count_of
from adjudge.errors import AdjudgeError, RefusedError

if TYPE_CHECKING:
    from adjudge.domain.people import Actor

db_app = typer.Typer(help="Upgrade, check, back up or restore the store.")


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(init)
    app.command()(doctor)
    app.add_typer(db_app, name="db")


def init(
    context: typer.Context,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Make a new store; an existing one is refused. Who makes it is its first lead."""
    from adjudge.services import storekeeping

    session = Session.of(context, db=db, as_name=as_name, json=json)
    place = storekeeping.init(session.unopened, session.user)
    session.answer({"store": place}, f"made {place}")
    say("next: `adjudge queue create Q --kind compare`, `adjudge import comparisons …`")


def doctor(
    context: typer.Context, db: DbOption = None, json: JsonOption = False
) -> None:
    """Say what is wrong with the set-up, and what to do."""
    from adjudge.services import storekeeping
    from adjudge.wiring import settings

    session = Session.of(context, db=db, json=json)
    rows = [
        ("setting " + name, f"{value} ({origin})", "")
        for name, (value, origin) in settings.origins({"db": session.db}).items()
    ]
    rows.append(("personal settings", str(settings.personal_file()), ""))
    term = os.environ.get("TERM", "")
    advice = "the workbench needs a terminal; `work --plain` does not"
    rows.append(
        ("terminal", term or "none", "" if term not in {"", "dumb"} else advice)
    )
    failed = False
    try:
        rows += storekeeping.examine(session.unopened)
    except AdjudgeError as error:
        failed = True
        rows.append(("store", error.message, error.hint))
    value = [{"what": w, "found": f, "advice": a} for w, f, a in rows]
    session.table(value, ("what", "found", "advice"), rows)
    if failed or any(a for w, _, a in rows if w in {"integrity", "schema"}):
        raise typer.Exit(1)


@db_app.command()
def upgrade(
    context: typer.Context,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Bring the schema up to date; a SQLite file is backed up first."""
    from adjudge.services import storekeeping

    session = Session.of(context, db=db, as_name=as_name, json=json)
    done = storekeeping.upgrade(session.unopened, _owner())
    kept = f", backup in {done['backup']}" if done["backup"] else ""
    words = f"schema {done['before']} -> {done['after']}{kept}"
    if done["before"] == done["after"]:
        words = f"schema {done['after']} is the newest: nothing to do"
    if done["roles"]:
        words += f"\nthese roles work in it as before: {', '.join(done['roles'])}"
    session.answer(done, words)


def _owner() -> Actor:
    """Let whoever can write the database itself upgrade it.

    An older schema may not hold people in the form that this program reads.
    """
    from adjudge.domain.people import Actor, Role
    from adjudge.wiring import settings

    return Actor(name=AnnotatorId(settings.operating_system_user()), role=Role.LEAD)


@db_app.command()
def check(
    context: typer.Context,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Check every promise of the store."""
    from adjudge.services import storekeeping

    session = Session.of(context, db=db, as_name=as_name, json=json)
    broken = storekeeping.check(session.bench, session.actor)
    session.answer({"broken": broken}, "" if broken else "every promise holds")
    if broken:
        raise RefusedError(
            f"the store breaks a promise: {'; '.join(broken)}",
            hint="keep the file as it is and restore the last good backup",
        )


@db_app.command()
def backup(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="The new file.")],
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Copy the store to a new file while people go on working."""
    from adjudge.services import storekeeping

    session = Session.of(context, db=db, as_name=as_name, json=json)
    made = storekeeping.back_up(session.bench, session.actor, file)
    session.answer({"backup": made}, f"copied to {made}, integrity checked")


@db_app.command()
def restore(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="The backup.")],
    withdrawals: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The lost store's journal of withdrawals."),
    ] = None,
    db: DbOption = None,
    json: JsonOption = False,
) -> None:
    """Put a backup where the store is named but not there; who withdrew stays away."""
    from adjudge.services import storekeeping

    session = Session.of(context, db=db, json=json)
    done = storekeeping.restore(
        session.unopened, file, session.user, journal=withdrawals
    )
    session.answer(
        done.as_json(),
        f"restored {done.store}, integrity checked; since the backup "
        f"{count_of(done.withdrawn, 'user')} had withdrawn and "
        f"{count_of(done.forgotten, 'person was', 'people were')} forgotten: done "
        "again",
    )
    if not done.is_known:
        say(
            "the journal of the lost store (DB.withdrawn) was not found: whoever "
            "withdrew or was forgotten after the backup was made IS BACK. Restore "
            "again with --withdrawals FILE, or withdraw and forget again"
        )


@db_app.command()
def grant(
    context: typer.Context,
    role: Annotated[str, typer.Argument(help="A role of the PostgreSQL server.")],
    read_only: Annotated[
        bool, typer.Option("--read-only", help="It reads, and writes nothing.")
    ] = False,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Let a PostgreSQL role work in the store without owning it."""
    from adjudge.services import storekeeping

    session = Session.of(context, db=db, as_name=as_name, json=json)
    done = storekeeping.grant(session.bench, session.actor, role, reads_only=read_only)
    kept = ", ".join(done["append_only"])
    may = "reads everything but the store's keys" if read_only else "does its work"
    session.answer(done, f"{role} {may}; it changes nothing of {kept}")
    if not read_only:
        say(
            "next: give the program that role's address, and keep the owner's for "
            "`db upgrade`, `db restore` and `people forget`"
        )
