"""Commands about datasets: export, verify, datasets."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from adjudge.cli.imports import bar
from adjudge.cli.session import MOST, AsOption, DbOption, JsonOption, Session, say
from adjudge.domain.words import count_of

datasets_app = typer.Typer(
    help="List and compare dataset versions.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(export)
    app.command()(verify)
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
            help="preference, sft, kto, reward, rankings, annotations, cases, "
            "retrieval (default: all with rows)."
        ),
    ] = None,
    method: Annotated[
        str, typer.Option(metavar="METHOD", help="majority, weighted or dawid-skene.")
    ] = "majority",
    min_judgments: Annotated[int, typer.Option(min=0, max=MOST)] = 0,
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
        int,
        typer.Option(
            min=1, max=MOST, help="A new file begins after so many megabytes."
        ),
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
    from adjudge.services.exporting import verifying

    session = Session.of(context, json=json)
    found = verifying.verify(directory)
    session.answer(
        found.as_json(),
        f"{directory} is as it was exported: {count_of(found.rows, 'row')} in "
        f"{count_of(found.files, 'file')} "
        f"(digest {found.digest[:16]})",
    )


@datasets_app.command(name="list")
def list_(
    context: typer.Context,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """List exported versions, newest first."""
    from adjudge.services.exporting import datasets

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = datasets.listed(session.bench, session.actor)
    session.table(
        found,
        ("dataset", "name", "rows", "exported", "by", "withdrawn", "state"),
        [
            (
                d["id"][:16],
                d["name"],
                " ".join(f"{c}={sum(n.values())}" for c, n in d["counts"].items()),
                d["at"],
                d["by"],
                d["tombstones"] or None,
                None if d["placed"] else "unfinished",
            )
            for d in found
        ],
    )
    if not all(d["placed"] for d in found):
        say(_UNFINISHED)


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
    from adjudge.services.exporting import comparing

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
    from adjudge.services.exporting import datasets

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = datasets.withdrawn(session.bench, session.actor, dataset)
    rows = [(d["config"], d["row_id"], d["why"], d["at"]) for d in found]
    session.table(found, ("config", "row", "why", "at"), rows)


def _differences(found: dict[str, Any]) -> str:
    """Say what differs; rows that only weigh otherwise are counted, not listed."""
    from adjudge.cli.layout import table

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
    return "\n".join(lines)


@datasets_app.command()
def report(
    context: typer.Context,
    directory: Annotated[str, typer.Argument(metavar="DIR")],
    json: JsonOption = False,
) -> None:
    """Report on a dataset's quality, near-identical prompts and a reward model too."""
    from adjudge.services.exporting import dataset_report

    session = Session.of(context, json=json)
    found = dataset_report.report(directory)
    session.answer(found, "" if session.json else _reported(found))


def _reported(found: dict[str, Any]) -> str:
    from adjudge.cli.layout import number, table

    lines = [f"{count_of(found['rows'], 'row')}, digest {found['digest'][:16]}"]
    for config, said in found["quality"].items():
        topics = ", ".join(f"{topic} {n}" for topic, n in said["topics"].items())
        lines.append(f"{config}: {count_of(said['rows'], 'row')}; topics: {topics}")
    pairs = found["quality"].get("preference")
    if pairs:
        sides = [
            (model, n["chosen"], n["rejected"]) for model, n in pairs["models"].items()
        ]
        longer = pairs["length"]["chosen_longer"]
        lines += [
            f"the chosen answer is longer in {_share(longer)} of pairs",
            _by_place(pairs["position"]),
            "",
            table(("model", "chosen", "rejected"), sides),
            "",
        ]
    near = found["near_identical"]
    lines.append(
        f"near-identical prompts: {near['within_a_split']} within a split, "
        f"{near['across_splits']} across splits (of {near['looked_at']} looked at)"
    )
    model = found["reward_model"]
    for key, words in _MODELS.items():
        if key in model:
            lines.append(f"{words} is right in {number(model[key])}")
    if model["refused"]:
        lines.append(f"no reward-model audit: {model['refused']}")
    if model["suspicious"]:
        rows = ", ".join(s["comparison"][:12] for s in model["suspicious"][:20])
        n = len(model["suspicious"])
        lines.append(
            f"{count_of(n, 'row looks', 'rows look')} unlike the rest; to read: {rows}"
        )
    return "\n".join(lines)


_UNFINISHED = (
    "note: an unfinished version is one whose export is at work, or was killed, while "
    "its files were placed: they may be there and hold what it says, or not; "
    "`adjudge verify DIR` tells, and the same export again finishes it"
)
_MODELS = {
    "model": "a small reward model",
    "length_only": "length alone",
    "always_longer": "always taking the longer answer",
}


def _by_place(found: dict[str, Any]) -> str:
    """Say how often what stood first was preferred, where that is known."""
    if not found["judgments"]:
        return "no judgment of two answers says which was shown first"
    return (
        f"{_share(found['first_shown_preferred'])} of "
        f"{count_of(found['judgments'], 'judgment')} preferred the answer shown first"
    )


def _share(value: float | None) -> str:
    return "an undefined share" if value is None else f"{value:.0%}"
