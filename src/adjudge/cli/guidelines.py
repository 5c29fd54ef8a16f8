"""Commands about guidelines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adjudge.cli.session import AsOption, DbOption, JsonOption, Session, say
from adjudge.domain.words import count_of
from adjudge.errors import InvalidInputError, UnknownError

if TYPE_CHECKING:
    from adjudge.domain.guideline_changes import GuidelineDiff
    from adjudge.services.campaign.guidelines import Impact

app = typer.Typer(
    help="Add, compare or show guidelines; see what rests on an old text.",
    no_args_is_help=True,
)

Ref = Annotated[str, typer.Argument(help="NAME or NAME@VERSION.")]


@app.command()
def add(
    context: typer.Context,
    file: Annotated[
        str,
        typer.Argument(
            help="Markdown with TOML front matter, or the name of a shipped one."
        ),
    ],
    minor: Annotated[
        bool, typer.Option("--minor", help="Earlier judgments stay comparable.")
    ] = False,
    major: Annotated[
        bool,
        typer.Option(
            "--major",
            help="Earlier judgments may no longer compare; gold waits for a lead.",
        ),
    ] = False,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Add a version (major unless said otherwise); the same text changes nothing."""
    from adjudge.services.campaign import guidelines

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
    waiting = guidelines.suspended(session.bench, session.actor, guideline.name)
    value = {
        "guideline": guideline.ref,
        "sha256": guideline.sha256,
        "added": new,
        "gold_suspended": waiting,
    }
    session.answer(value, f"{'added' if new else 'unchanged:'} {guideline.ref}")
    if waiting and not session.json:
        counts = ", ".join(f"{n} in {queue}" for queue, n in waiting.items())
        say(
            f"note: gold is suspended ({counts}) until a lead confirms it: "
            f"`adjudge guideline confirm-gold {guideline.name}`"
        )


def _text(file: str) -> str:
    """Read a guideline: a file, else one that came with the program."""
    from adjudge.wiring import shipped

    own = {path.stem: path for path in shipped.folder("guidelines").glob("*.md")}
    path = Path(file)
    if not path.exists():
        path = own.get(file, path)
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        names = ", ".join(sorted(own))
        raise UnknownError(
            f"there is no file {file}; these came with adjudge: {names}"
        ) from None
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
    from adjudge.services.campaign import guidelines

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
    ref: Ref,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Show one version as people read it."""
    from adjudge.services.campaign import guidelines

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = guidelines.show(session.bench, session.actor, ref)
    value = {**found.model_dump(mode="json"), "ref": found.ref, "sha256": found.sha256}
    session.answer(value, guidelines.body(found))


@app.command()
def diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(help="The old one: NAME@VERSION.")],
    after: Annotated[str, typer.Argument(help="The new one; NAME is its newest.")],
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Show what changed between two versions, clause by clause."""
    from adjudge.services.campaign import guidelines

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = guidelines.diff(session.bench, session.actor, before, after)
    session.answer(found.model_dump(mode="json"), _changes(found))


def _changes(found: GuidelineDiff) -> str:
    head = f"{found.before} -> {found.after}"
    if found.is_empty:
        return f"{head}: nothing that a reader would see"
    return "\n".join([head, "", *found.lines()])


@app.command()
def impact(
    context: typer.Context,
    ref: Ref,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Count judgments and exports made under older texts; size a re-judge sample."""
    from adjudge.services.campaign import guidelines

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = guidelines.impact(session.bench, session.actor, ref)
    session.answer(found.as_json(), _impact(found))


def _impact(found: Impact) -> str:
    from adjudge.cli.layout import table

    value = found.as_json()
    if not found.queues:
        return f"nothing was judged under a text older than {found.guideline}"
    lines = [
        f"{count_of(value['judgments'], 'judgment was', 'judgments were')} made "
        "under texts older than "
        f"{found.guideline}",
        "",
        table(
            ("queue", "under", "judgments", "comparisons", "comparable"),
            [
                (
                    queue["queue"],
                    under["guideline"],
                    under["judgments"],
                    under["comparisons"],
                    "yes" if under["comparable"] else "no",
                )
                for queue in found.queues
                for under in queue["under"]
            ],
        ),
        table(
            ("queue", "in hand", "gold waiting", "re-judge sample"),
            [
                (q["queue"], q["leased"], q["gold_suspended"], q["sample"])
                for q in found.queues
            ],
        ),
    ]
    lines += [
        f"export {export['name']} of {export['at']} ({export['dataset'][:16]}): "
        f"{export['rows_under_old_text']} of {count_of(export['rows'], 'row')} "
        "rest on them"
        for export in found.exports
    ]
    if not found.exports:
        lines.append("no exported row rests on them")
    lines.append(f"sample: {value['sample']['formula']}")
    return "\n".join(lines)


@app.command(name="confirm-gold")
def confirm_gold(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The guideline.")],
    comparison: Annotated[
        list[str] | None,
        typer.Option(help="Only this comparison; may be repeated. Default: all."),
    ] = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Say that gold holds under the new text too: it is mixed in again."""
    from adjudge.services.campaign import guidelines

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = guidelines.confirm_gold(
        session.bench, session.actor, name, comparisons=comparison
    )
    counts = ", ".join(f"{n} in {queue}" for queue, n in found.items())
    session.answer({"confirmed": found}, f"confirmed gold: {counts or 'none waited'}")


@app.command()
def tickets(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Only of this guideline.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that were answered.")
    ] = False,
    close: Annotated[
        str | None, typer.Option(metavar="ID", help="Answer this ticket.")
    ] = None,
    why: Annotated[
        str, typer.Option(help="The answer: what the guideline means, or what changed.")
    ] = "",
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """List what people found unclear; ``--close ID --why TEXT`` answers one."""
    from dataclasses import asdict

    from adjudge.services.campaign import guidelines

    session = Session.of(context, db=db, as_name=as_name, json=json)
    if close is not None:
        done = guidelines.close_ticket(session.bench, session.actor, close, answer=why)
        session.answer(asdict(done), f"closed {close}: {why}")
        return
    found = guidelines.tickets(session.bench, session.actor, name, closed=everything)
    session.table(
        [asdict(t) for t in found],
        ("ticket", "guideline", "queue", "comparison", "from", "by", "note", "at")
        + (("answer",) if everything else ()),
        [
            (t.id, t.guideline, t.queue, t.comparison, t.source, t.by, t.note, t.at)
            + ((t.answer,) if everything else ())
            for t in found
        ],
    )
