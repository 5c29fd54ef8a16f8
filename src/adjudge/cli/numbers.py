"""Commands that say what the judgments say: agree, resolve."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from adjudge.cli.session import AsOption, DbOption, JsonOption, Session, say

QueueArgument = Annotated[str, typer.Argument(help="The queue.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(agree)
    app.command()(resolve)


def agree(
    context: typer.Context,
    queue: QueueArgument,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT", help="annotator, topic, guideline, week, batch or source."
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Fleiss, Scott, Cohen, Brennan-Prediger too.")
    ] = False,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Measure how much people agree, with 95 % intervals."""
    from adjudge.services import agreement

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = agreement.agree(
        session.bench, session.actor, queue, by=by, everything=everything
    )
    for warning in found["warnings"]:
        say(f"note: {warning}")
    session.answer(found, "" if session.json else _agreement(found))


def _agreement(found: dict[str, Any]) -> str:
    from adjudge.cli.layout import number, table

    winner, without = found["winner"], found["winner_without_ties"]
    rows: list[tuple[str, str]] = [
        ("winner: percent", number(winner["percent"])),
        ("winner: Krippendorff's alpha", number(winner["alpha"])),
        ("winner: Gwet's AC1", number(winner["ac1"])),
        ("without ties: percent", number(without["percent"])),
        ("without ties: alpha", number(without["alpha"])),
        ("without ties: AC1", number(without["ac1"])),
        ("margin: alpha (ordinal)", number(found["margin"]["alpha_ordinal"])),
        ("margin: AC2", number(found["margin"]["ac2"])),
    ]
    if found["ranking"]["kendall_w"]["value"] is not None:
        rows += [
            ("ranking: mean Kendall's W", number(found["ranking"]["kendall_w"])),
            ("ranking: mean tau-b", number(found["ranking"]["tau_b"])),
        ]
    rows.append(("none acceptable: share", number(found["none_acceptable"]["share"])))
    head = (
        f"queue {found['queue']}: {found['n_comparisons']} comparisons judged, "
        f"{found['n_judgments']} judgments by {found['n_annotators']} people"
    )
    pairs = table(
        ("annotator", "and", "n", "percent", "kappa"),
        [
            (p["a"], p["b"], p["n"], f"{p['percent']:.3f}", number(p["kappa"]))
            for p in found["pairs"]
        ],
    )
    return f"{head}\n\n{table(('measure', 'value  [95 % interval]'), rows)}\n{pairs}"


def resolve(
    context: typer.Context,
    queue: QueueArgument,
    method: Annotated[
        str, typer.Option(metavar="majority|weighted|dawid-skene")
    ] = "majority",
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="One line per comparison.")
    ] = False,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Turn judgments into results: settled, tie, escalated, open, adjudicated."""
    import orjson

    from adjudge.services import resolving

    session = Session.of(context, db=db, as_name=as_name, json=json)
    if session.json and not jsonl:
        from adjudge.services import standings

        session.answer(
            standings.resolution(session.bench, session.actor, queue, method=method)
        )
        return
    results, fit = resolving.resolution(
        session.bench, session.actor, queue, method=method
    )
    for warning in fit.warnings:
        say(f"note: {warning}")
    found = [r.as_json() for r in results]
    if jsonl:
        for row in found:
            sys.stdout.write(orjson.dumps(row).decode() + "\n")
        return
    session.table(
        found,
        ("comparison", "state", "winner", "confidence", "judgments", "majority"),
        [
            (
                r["comparison"],
                r["state"],
                r["winner"],
                None if r["confidence"] is None else f"{r['confidence']:.2f}",
                r["n_judgments"],
                f"said {r['unweighted_winner'] or 'nobody'}" if r["flipped"] else "",
            )
            for r in found
        ],
    )
