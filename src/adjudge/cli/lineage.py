"""The command that traces a row: why."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from adjudge.cli.session import AsOption, DbOption, JsonOption, Session
from adjudge.domain.words import count_of


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(why)


def why(
    context: typer.Context,
    row: Annotated[str, typer.Argument(metavar="FILE:LINE|ROW_ID")],
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Trace a row back to its judgments, people, guideline and rule."""
    from adjudge.services.exporting import datasets

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = datasets.why(session.bench, session.actor, row)
    session.answer(found, "" if session.json else _lineage(found))


def _lineage(found: dict[str, Any]) -> str:

    lines = [f"row {found['row_id']} of {found['config']}"]
    if found["tombstone"]:
        lines.append(
            f"DO NOT USE IT: {found['tombstone']['why']} at {found['tombstone']['at']}"
        )
    what = {"rewrite": "rewrite task", "upvote": "answer", "downvote": "answer"}
    lines.append(
        f"{what.get(found['derived_from'], 'comparison')} {found['comparison']} "
        f"in queue {found['queue']}"
    )
    side = f"{found['chosen']} over {found['rejected']}: " if "chosen" in found else ""
    lines.append(
        f"{side}{found['rule']}, method {found['method']}, state {found['state']}"
    )
    lines += _judgments(found["judgments"])
    lines += _rewrite(found["rewrite"])
    if lead := found["adjudication"]:
        lines.append(f"decided by {lead['by']} at {lead['at']}: {lead['why'] or ''}")
    for event in found["feedback"]:
        words = event.get("comment") or event.get("text") or ""
        reasons = " ".join(event.get("reasons", ()))
        parts = event["event"], event.get("type", event["state"]), reasons, words
        lines.append("feedback " + "  ".join(part for part in parts if part))
    for text in found["guideline_texts"]:
        known = (
            f": {text['title']} (sha256 {text['sha256'][:16]})" if text["text"] else ""
        )
        lines.append(f"guideline {text['ref']}{known}")
    versions = ", ".join(d[:16] for d in found["datasets"])
    lines.append(
        f"in {count_of(len(found['datasets']), 'dataset version')}: {versions}"
    )
    return "\n".join(lines)


def _judgments(judgments: list[dict[str, Any]]) -> list[str]:
    from adjudge.cli.layout import table

    if not judgments:
        return []
    rows = [
        (
            j["annotator"],
            j["pseudonym"],
            j["role"],
            f"{j['weight']:g}",
            _said(j),
            j["margin"],
            " ".join(f"{k}:{','.join(v)}" for k, v in j["reasons"].items()) or None,
            None if j["seconds"] is None else f"{j['seconds']:.0f}",
            j["guideline"],
            j["at"],
            j["batch"],
            "late" if j["late"] else "surplus" if j["surplus"] else None,
        )
        for j in judgments
    ]
    heads = (
        "annotator",
        "pseudonym",
        "role",
        "weight",
        "said",
        "margin",
        "reasons",
        "seconds",
        "guideline",
        "at",
        "batch",
        "mark",
    )
    notes = [f"note of {j['annotator']}: {j['note']}" for j in judgments if j["note"]]
    return ["", table(heads, rows), *notes]


def _said(judgment: dict[str, Any]) -> str:
    """Write a ranking, or the ratings of one answer."""
    if judgment["ranking"]:
        return " > ".join(" = ".join(tier) for tier in judgment["ranking"])
    return " ".join(
        f"{criterion}={score:g}"
        for scores in judgment["ratings"].values()
        for criterion, score in scores.items()
    )


def _rewrite(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return []
    lines = [f"rewrite {found['id']}: {found['outcome']}, {found['state']}"]
    for key, did in (("author", "written"), ("approved_by", "approved")):
        if who := found[key]:
            weight = f", weight {who['weight']:g}" if who["weight"] else ""
            said = f"{who['name']} ({who['pseudonym']}, {who['role']}{weight})"
            lines.append(f"{did} by {said}")
    if found["reasons"]:
        lines.append(f"reasons: {' '.join(found['reasons'])}")
    lines += [f"source: {source}" for source in found["sources"]]
    if found["batch"]:
        lines.append(f"batch {found['batch']}")
    return lines
