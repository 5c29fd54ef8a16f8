"""The sample campaign: real work to look at, and the whole loop in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adjudge.services import (
    agreement,
    campaigns,
    datasets,
    exporting,
    ingest,
    judging,
    queueing,
    resolving,
)

if TYPE_CHECKING:
    from pathlib import Path

    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench

QUEUE = "helpfulness"
_JUDGED = 3  # comparisons the headless loop judges


def prepare(bench: Bench, actor: Actor, *, fixtures: Path) -> None:
    """Fill a store with the sample campaign; again, it changes nothing."""
    campaigns.apply(bench, actor, str(fixtures / "campaign.toml"))
    for kind, file_name, queue_name in (
        ("comparisons", "comparisons.jsonl", QUEUE),
        ("judgments", "judgments.jsonl", QUEUE),
        ("comparisons", "rankings.jsonl", "ranking"),
        ("judgments", "ranking_judgments.jsonl", "ranking"),
    ):
        _import(bench, actor, kind, fixtures / file_name, queue_name)


def _import(bench: Bench, actor: Actor, kind: str, file: Path, queue: str) -> None:
    options = ingest.Options(queue=queue, batch="sample")
    ingest.import_files(bench, actor, kind, [str(file)], options)


def loop(bench: Bench, actor: Actor, folder: Path) -> list[dict[str, Any]]:
    """Run the main job without a terminal: judge, agree, resolve, export, why.

    Args:
        bench: The bench.
        actor: Who acts; judges a few comparisons by a rule that is said aloud.
        folder: Where the dataset goes, into a directory of its own.
    """
    steps = [_step("judge", _judge(bench, actor))]
    numbers = agreement.agree(bench, actor, QUEUE)
    alpha, percent = numbers["winner"]["alpha"], numbers["winner"]["percent"]
    steps.append(
        _step(
            "agree",
            f"{numbers['n_units']} comparisons with two or more judgments: "
            f"{percent['value']:.0%} of pairs of judgments agree, "
            f"alpha {alpha['value']:.2f} [{alpha['low']:.2f}, {alpha['high']:.2f}]",
        )
    )
    found = queueing.show(bench, actor, QUEUE).states
    said = ", ".join(f"{n} {state}" for state, n in found.items() if n)
    steps.append(_step("resolve", f"{said} ({resolving.METHODS[0]})"))
    out = _free(folder / "dataset")
    done = exporting.export(
        bench, actor, str(out), exporting.ExportOptions(name="adjudge sample campaign")
    )
    rows = ", ".join(f"{sum(n.values())} {c}" for c, n in done.rows.items())
    steps.append(_step("export", f"{rows} rows in {done.path}"))
    place = f"{out}/preference/train-00000-of-00001.jsonl:1"
    lineage = datasets.why(bench, actor, place)
    names = ", ".join(j["annotator"] for j in lineage["judgments"])
    steps.append(
        _step(
            "why",
            f"row {lineage['row_id'][:12]} stands on {len(lineage['judgments'])} "
            f"judgments of {lineage['comparison']} by {names}: {lineage['rule']}",
        )
    )
    return steps


def _step(step: str, said: str) -> dict[str, Any]:
    return {"step": step, "said": said}


def _judge(bench: Bench, actor: Actor) -> str:
    """Judge a few open comparisons: the longer answer, slightly, with a note."""
    done = []
    for _ in range(_JUDGED):
        in_hand = judging.claim(bench, actor, QUEUE)
        if not in_hand:
            break
        task = in_hand[0]
        lengths = [len(task.comparison.response(r).judged) for r in task.shown]
        draft = task.blank().grade(3 if lengths[0] >= lengths[1] else 5)
        judging.submit(
            bench,
            actor,
            task,
            draft.with_note("headless demo: took the longer answer"),
            clock=judging.Clock(active=0.0),
            submission_id=bench.new_id(),
        )
        done.append(task.comparison.id)
    for task in judging.claim(bench, actor, QUEUE) if done else ():
        judging.release(bench, actor, task)
    if not done:
        return f"nothing was left for {actor.name}"
    return f"{actor.name} judged {', '.join(done)} (the longer answer, slightly)"


def _free(path: Path) -> Path:
    """Find a directory name that is not taken."""
    number, found = 1, path
    while found.exists():
        number += 1
        found = path.with_name(f"{path.name}-{number}")
    return found
