"""Commands about guidelines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adjudge.cli.session import AsOption, DbOption, JsonOption, Session
from adjudge.errors import InvalidInputError, UnknownError

app = typer.Typer(help="Add, list or show guidelines.", no_args_is_help=True)


@app.command()
def add(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="Markdown with TOML front matter.")],
    minor: Annotated[
        bool, typer.Option("--minor", help="Earlier judgments stay comparable.")
    ] = False,
    major: Annotated[
        bool, typer.Option("--major", help="Earlier judgments may no longer compare.")
    ] = False,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Add a version; the same text again changes nothing."""
    from adjudge.services import guidelines

    if minor and major:
        raise InvalidInputError("--minor and --major exclude each other")
    session = Session.of(context, db=db, as_name=as_name, json=json)
    guideline, new = guidelines.add(
        session.bench,
        session.actor,
        _text(file),
        name=Path(file).name,
        change="minor" if minor else "major",
    )
    value = {"guideline": guideline.ref, "sha256": guideline.sha256, "added": new}
    session.answer(value, f"{'added' if new else 'unchanged:'} {guideline.ref}")


def _text(file: str) -> str:
    path = Path(file)
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        raise UnknownError(f"there is no file {file}") from None
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{file} is not UTF-8 (byte {error.start + 1})"
        ) from None
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read: {error.strerror}") from None


@app.command(name="list")
def list_(
    context: typer.Context,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """List every version."""
    from adjudge.services import guidelines

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = guidelines.listed(session.bench, session.actor)
    keys = ("name", "version", "sha256", "change", "added_at", "added_by")
    session.table(
        [dict(zip(keys, row, strict=True)) for row in found],
        ("guideline", "sha256", "change", "added", "by"),
        [
            (f"{name}@{version}", sha256[:12], change, at, by)
            for name, version, sha256, change, at, by in found
        ],
    )


@app.command()
def show(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(help="NAME or NAME@VERSION.")],
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Show one version as people read it."""
    from adjudge.domain.safe_text import safe_text
    from adjudge.services import guidelines

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = guidelines.show(session.bench, session.actor, ref)
    value = {**found.model_dump(mode="json"), "ref": found.ref, "sha256": found.sha256}
    session.answer(value, safe_text(guidelines.body(found)))
