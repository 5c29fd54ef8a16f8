"""Commands that say what the judgments say: agree, resolve."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from adjudge.cli.session import (
    AsOption,
    DbOption,
    JsonOption,
    Session,
    say,
    write_lines,
)
from adjudge.domain.words import count_of

QueueArgument = Annotated[str, typer.Argument(help="The queue.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(agree)
    app.command()(resolve)
    app.command()(annotators)
    app.command()(audit)
    app.command()(report)


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
    from adjudge.services.measuring import agreement

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = agreement.agree(
        session.bench, session.actor, queue, by=by, everything=everything
    )
    for warning in found["warnings"]:
        say(f"note: {warning}")
    session.answer(found, "" if session.json else _agreement(found))


_MEASURES = {
    "percent": "percent",
    "alpha": "Krippendorff's alpha",
    "ac1": "Gwet's AC1",
    "fleiss": "Fleiss' kappa",
    "scott": "Scott's pi",
    "cohen_mean": "mean of pairs' Cohen's kappa",
    "brennan_prediger": "Brennan and Prediger",
    "alpha_weighted": "alpha by expertise",
    "percent_weighted": "percent by expertise",
    "alpha_ordinal": "alpha (ordinal)",
    "ac2": "AC2",
    "kendall_w": "mean Kendall's W",
    "tau_b": "mean tau-b",
    "masi_alpha": "alpha of tags (MASI)",
    "jaccard_alpha": "alpha of tags (Jaccard)",
    "accuracy": "right",
    "share": "share",
}


def _agreement(found: dict[str, Any]) -> str:
    from adjudge.cli.layout import number, table
    from adjudge.services.measuring.agreement import as_accuracy

    groups = {
        "winner": found["winner"],
        "without ties": found["winner_without_ties"],
        "margin": found["margin"],
        "ranking": found["ranking"],
        "reasons": {k: v for k, v in found["reasons"].items() if k != "by_tag"},
        "gold": found["gold"],
        "none acceptable": found["none_acceptable"],
    }
    if found["ranking"]["kendall_w"]["n"]:  # the headline of three or more responses
        groups = {"ranking": found["ranking"], **groups}
    rows = [
        (f"{group}: {_MEASURES[key]}", number(value))
        for group, values in groups.items()
        for key, value in values.items()
    ]
    for name, values in found["criteria"].items():
        rows += [(f"{name}: {_MEASURES[k]}", number(v)) for k, v in values.items()]
    by_tag = found["reasons"]["by_tag"]
    rows += [(f"reason {tag}: alpha", number(value)) for tag, value in by_tag.items()]
    head = (
        f"queue {found['queue']}: "
        f"{count_of(found['n_comparisons'], 'comparison')} judged, "
        f"{count_of(found['n_judgments'], 'judgment')} by "
        f"{count_of(found['n_annotators'], 'person')}; "
        f"intervals resample {found['resampled']}"
    )
    parts = [head, "", table(("measure", "value  [95 % interval]"), rows)]
    if said := as_accuracy(found):
        parts.append(f"{said}\n")
    if found["by"]:
        parts.append(_slices(found["by"]))
    pairs = [
        (p["a"], p["b"], p["n"], f"{p['percent']:.3f}", number(p["kappa"]))
        for p in found["pairs"]
    ]
    if pairs:
        parts.append(table(("annotator", "and", "n", "percent", "kappa"), pairs))
    return "\n".join(parts)


def _slices(slices: dict[str, Any]) -> str:
    from adjudge.cli.layout import number, table

    rows = [
        (
            name,
            part["n_judgments"],
            number(part["winner"]["percent"]),
            number(part["winner"]["alpha"]),
            number(part["winner"]["ac1"]),
        )
        for name, part in slices.items()
    ]
    return table(("slice", "judgments", "percent", "alpha", "AC1"), rows)


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
    from adjudge.services.measuring import resolving

    session = Session.of(context, db=db, as_name=as_name, json=json)
    if session.json and not jsonl:
        from adjudge.services.measuring import standings

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
        write_lines(found)
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


def annotators(
    context: typer.Context,
    queue: QueueArgument,
    why: Annotated[
        str | None,
        typer.Option("--why", metavar="NAME", help="How this person's weight came."),
    ] = None,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Show what judgments say about the people who made them."""
    from adjudge.services.measuring import annotators as service

    session = Session.of(context, db=db, as_name=as_name, json=json)
    if why is not None:
        found = service.why(session.bench, session.actor, queue, why)
        session.answer(found, "" if session.json else _weight_of(found))
        return
    found = service.listed(session.bench, session.actor, queue)
    for warning in found["warnings"]:
        say(f"note: {warning}")
    if found["people"] and not session.json:
        say("judged: everything handed in, hidden gold and repeats too")
    session.answer(found, "" if session.json else _people(found))


def _weight_of(found: dict[str, Any]) -> str:
    from adjudge.cli.layout import table

    words = "\n".join(found["words"])
    if not found["gold"]:
        return words
    rows = [
        (g["comparison"], g["ranking"], g["gold"], "right" if g["hit"] else "wrong")
        for g in found["gold"]
    ]
    return f"{words}\n\n{table(('gold', 'said', 'known', ''), rows)}"


def _people(found: dict[str, Any]) -> str:
    from adjudge.cli.layout import minutes, share, table

    heads = (
        "annotator",
        "judged",
        "time",
        "pace",
        "gold",
        "test",
        "repeats",
        "left wins",
        "as most others",
        "as decided",
        "reliability",
        "weight",
    )
    rows = [
        (
            p["name"],
            sum(p["judgments"].values()),
            minutes(p["active_seconds"]),
            None if p["pace"] is None else f"{p['pace']:.2f}",
            share(p["gold"]["accuracy"]),
            p["gold"]["state"],
            share(p["self_consistency"]),
            share(p["side_bias"]),
            share(p["with_others"]),
            share(p["adjudicated"]),
            None if p["reliability"] is None else f"{p['reliability']:.2f}",
            " ".join(f"{t} {w['effective']:.2f}" for t, w in p["weights"].items()),
        )
        for p in found["people"]
    ]
    return table(heads, rows)


def audit(
    context: typer.Context,
    queue: QueueArgument,
    no_texts: Annotated[
        bool, typer.Option("--no-texts", help="Leave the reward-model audit out.")
    ] = False,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Look for trouble: sides, length, speed, runs, repeats, circles, drift, gold."""
    from adjudge.services.measuring import auditing

    session = Session.of(context, db=db, as_name=as_name, json=json)
    found = auditing.audit(session.bench, session.actor, queue, texts=not no_texts)
    session.answer(found, "" if session.json else _audit(found))


def _audit(found: dict[str, Any]) -> str:
    from adjudge.cli.layout import number, table

    n_gold = found["gold"]["everybody"]["n"]
    head = (
        f"queue {found['queue']}: {count_of(found['n_judgments'], 'judgment')} by "
        f"{count_of(found['n_annotators'], 'person')}"
        f"{', those on hidden gold among them' if n_gold else ''}"
    )
    none = "nothing stands out" if found["n_judgments"] else "nobody has judged yet"
    said = found["findings"] or [none]
    model = found["suspicious"]
    rows = [
        ("left wins", number(found["position"]["everybody"]["left_wins"])),
        ("the longer response wins", number(found["length"]["longer_wins"])),
        (
            "same answer when asked again",
            number(found["self_consistency"]["everybody"]),
        ),
        ("right on gold", number(found["gold"]["everybody"])),
    ]
    if "model" in model:
        rows.append(("reward model is right", number(model["model"])))
        rows.append(("length alone is right", number(model["length_only"])))
    lines = [head, "", *(f"- {s}" for s in said), ""]
    lines.append(table(("measure", "value  [95 % interval]"), rows))
    if model["refused"]:
        lines.append(f"texts: {model['refused']}")
    if model["suspicious"]:
        listed = [
            (s["comparison"], f"{s['confidence']:.2f}") for s in model["suspicious"]
        ]
        lines.append(table(("to review", "how expected"), listed))
    return "\n".join(lines)


def report(
    context: typer.Context,
    queue: QueueArgument,
    out: Annotated[str, typer.Argument(metavar="OUT.html", help="The page to write.")],
    no_texts: Annotated[
        bool, typer.Option("--no-texts", help="Leave the reward-model audit out.")
    ] = False,
    db: DbOption = None,
    as_name: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Write one self-contained page about a queue, for screen and paper."""
    from adjudge.services.measuring import reporting

    session = Session.of(context, db=db, as_name=as_name, json=json)
    done = reporting.report(
        session.bench, session.actor, queue, out, texts=not no_texts
    )
    session.answer(done, f"wrote {done['path']} ({done['bytes'] // 1024} KiB)")
