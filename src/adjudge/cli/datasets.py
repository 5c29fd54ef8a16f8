"""Commands about datasets: export, verify, why, datasets."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from adjudge.cli.imports import bar
from adjudge.cli.session import AsOption, DbOption, JsonOption, Session, say

datasets_app = typer.Typer(
    help="List and compare dataset versions.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(export)
    app.command()(verify)
    app.command()(why)
    app.add_typer(datasets_app, name="datasets")


def export(
    context: typer.Context,
    out: Annotated[
        str,
        typer.Argument(help="A directory that is not there yet; with --as a file."),
    ],
    form: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="FORMAT",
            help="One file: a config, or openai-sft openai-dpo llama-factory hh-rlhf "
            "csv.",
        ),
    ] = None,
    queue: Annotated[
        list[str] | None, typer.Option(help="A queue; may be repeated. Default: all.")
    ] = None,
    configs: Annotated[
        str | None,
        typer.Option(
            help="preference,sft,kto,reward,rankings,annotations,cases,retrieval "
            "(default: all with rows)."
        ),
    ] = None,
    method: Annotated[
        str, typer.Option(metavar="METHOD", help="majority, weighted or dawid-skene.")
    ] = "majority",
    min_judgments: Annotated[int, typer.Option(min=0)] = 0,
    min_agreement: Annotated[float, typer.Option(min=0, max=1)] = 0.0,
    min_confidence: Annotated[float, typer.Option(min=0, max=1)] = 0.0,
    batch: Annotated[str | None, typer.Option(metavar="NAME")] = None,
    split: Annotated[
        str,
        typer.Option(
            metavar="SHARES", help="train,validation,test, e.g. 0.9,0.05,0.05"
        ),
    ] = "1",
    salt: Annotated[str, typer.Option(help="Changes which prompt goes where.")] = "",
    name: Annotated[str, typer.Option(help="Name of the dataset.")] = "",
    written_as: Annotated[
        str, typer.Option("--format", metavar="jsonl|parquet")
    ] = "jsonl",
    shard_mb: Annotated[
        int, typer.Option(min=1, help="A new file begins after so many megabytes.")
    ] = 500,
    require_consent: Annotated[
        bool,
        typer.Option(
            "--require-consent", help="Leave out users who did not say yes or no."
        ),
    ] = False,
    sft_from_upvotes: Annotated[
        bool,
        typer.Option(
            "--sft-from-upvotes", help="Also answers that users rated up, to `sft`."
        ),
    ] = False,
    kto_from_thumbs: Annotated[
        bool,
        typer.Option(
            "--kto-from-thumbs", help="Also what users said of answers, to `kto`."
        ),
    ] = False,
    accept_low_agreement: Annotated[
        bool,
        typer.Option(
            "--accept-low-agreement", help="Export a queue with alpha below 0.2."
        ),
    ] = False,
    db: DbOption = None,
    json: JsonOption = False,
) -> None:
    """Write a dataset directory that `datasets.load_dataset` reads, or one file."""
    from adjudge.services import exporting

    session = Session.of(context, db=db, json=json)
    options = exporting.ExportOptions(
        queues=tuple(queue or ()),
        configs=tuple(c.strip() for c in configs.split(",")) if configs else (),
        method=method,
        min_judgments=min_judgments,
        min_agreement=min_agreement,
        min_confidence=min_confidence,
        batch=batch,
        splits=exporting.splits(split),
        salt=salt,
        name=name,
        accept_low_agreement=accept_low_agreement,
        require_consent=require_consent,
        sft_from_upvotes=sft_from_upvotes,
        kto_from_thumbs=kto_from_thumbs,
        written_as=written_as,
        shard_bytes=shard_mb * 1_000_000,
    )
    with bar("exporting") as progress:
        if form is not None:
            done = exporting.export_file(
                session.bench, session.actor, out, form, options, progress=progress
            )
        else:
            done = exporting.export(
                session.bench, session.actor, out, options, progress=progress
            )
    for warning in done.warnings:
        say(f"note: {warning}")
    session.answer(done.as_json(), _exported(done.as_json()))


def _exported(done: dict[str, Any]) -> str:
    lines = [f"wrote {done['path']}  (digest {done['digest'][:16]})"]
    for config, counts in done["rows"].items():
        rows = ", ".join(f"{n} {split}" for split, n in counts.items())
        lines.append(f"  {config}: {rows}")
        left = done["excluded"].get(config, {})
        if left:
            reasons = ", ".join(f"{n} {reason}" for reason, n in left.items())
            lines.append(f"    left out: {reasons}")
    return "\n".join(lines)


def verify(
    context: typer.Context,
    directory: Annotated[str, typer.Argument(metavar="DIR")],
    json: JsonOption = False,
) -> None:
    """Work a dataset directory out again; name the first difference. Needs no store."""
    from adjudge.services import verifying

    session = Session.of(context, json=json)
    found = verifying.verify(directory)
    session.answer(
        found.as_json(),
        f"{directory} is as it was exported: {found.rows} rows in {found.files} files "
        f"(digest {found.digest[:16]})",
    )


def why(
    context: typer.Context,
    row: Annotated[str, typer.Argument(metavar="FILE:LINE|ROW_ID")],
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Trace a row back to its judgments, people, guideline and rule."""
    from adjudge.services import datasets

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = datasets.why(session.bench, session.actor, row)
    session.answer(found, "" if session.json else _lineage(found))


def _lineage(found: dict[str, Any]) -> str:
    from adjudge.domain.safe_text import safe_text

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
    lines.append(f"in {len(found['datasets'])} dataset version(s): {versions}")
    return safe_text("\n".join(lines))


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


@datasets_app.command(name="list")
def list_(
    context: typer.Context,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """List exported versions, newest first."""
    from adjudge.services import datasets

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = datasets.listed(session.bench, session.actor)
    session.table(
        found,
        ("dataset", "name", "rows", "exported", "by", "withdrawn"),
        [
            (
                d["id"][:16],
                d["name"],
                " ".join(f"{c}={sum(n.values())}" for c, n in d["counts"].items()),
                d["at"],
                d["by"],
                d["tombstones"] or None,
            )
            for d in found
        ],
    )


@datasets_app.command(name="diff")
def diff(
    context: typer.Context,
    a: Annotated[str, typer.Argument(metavar="A", help="A directory or dataset id.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Usually the later one.")],
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Show which rows came, went or changed between two versions, and why."""
    from adjudge.services import comparing

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = comparing.diff(session.bench, session.actor, a, b)
    session.answer(found, "" if session.json else _differences(found))


@datasets_app.command()
def tombstones(
    context: typer.Context,
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help="A directory or dataset id.")
    ],
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """List the rows of a version that must not be used any more: consent ended."""
    from adjudge.services import datasets

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = datasets.withdrawn(session.bench, session.actor, dataset)
    rows = [(d["config"], d["row_id"], d["why"], d["at"]) for d in found]
    session.table(found, ("config", "row", "why", "at"), rows)


def _differences(found: dict[str, Any]) -> str:
    from adjudge.cli.layout import table
    from adjudge.domain.safe_text import safe_text

    said = [
        f"{sum(reasons.values())} {change} ("
        + ", ".join(f"{n} {why}" for why, n in sorted(reasons.items()))
        + ")"
        for change, reasons in sorted(found["counts"].items())
    ]
    lines = ["; ".join([*said, f"{found['same']} the same"])]
    if found["options"]:
        lines.append(f"made under other options: {', '.join(found['options'])}")
    if found["rows"]:
        rows = [
            (d["change"], d["config"], d["queue"], d["comparison"], d["why"])
            for d in found["rows"]
        ]
        heads = ("change", "config", "queue", "comparison", "why")
        lines += ["", table(heads, rows)]
    return safe_text("\n".join(lines))
