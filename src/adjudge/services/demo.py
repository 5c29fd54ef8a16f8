"""The sample campaign: real work to look at, and the whole loop in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.words import count_of
from adjudge.errors import RefusedError
from adjudge.services import exporting
from adjudge.services.campaign import campaigns, policies, queueing
from adjudge.services.exporting import datasets
from adjudge.services.feedback import triage
from adjudge.services.feedback.filling import Asked
from adjudge.services.importing import ingest
from adjudge.services.measuring import agreement, resolving
from adjudge.services.people import people
from adjudge.services.work import judging, reviewing, rewriting

if TYPE_CHECKING:
    from pathlib import Path

    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench

NAME = "adjudge sample campaign"
QUEUE = "helpfulness"
COMPLAINTS = "complaints"
_JUDGED = 3  # comparisons the headless loop judges


def must_be_sample(bench: Bench, actor: Actor) -> None:
    """Refuse to put the sample campaign among other people's work.

    Raises:
        RefusedError: If the store holds queues, and no sample campaign.
    """
    with bench.store.read() as unit:
        found = policies.kept(unit)
    if queueing.listed(bench, actor) and (found is None or found.name != NAME):
        raise RefusedError(
            f"{bench.store.place} holds a campaign of its own",
            hint="the sample campaign wants a store of its own: leave --db out, or "
            "name a store that is not there",
        )


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


def loop(
    bench: Bench, actor: Actor, folder: Path, *, fixtures: Path
) -> list[dict[str, Any]]:
    """Run both main jobs without a terminal, from what comes in to where a row is from.

    Judge, agree, resolve; then users' complaints, and an expert's answer to one of
    them; then export all of it, and ask of two rows why they are there.

    Args:
        bench: The bench.
        actor: Who acts; judges a few comparisons by a rule that is said aloud.
        folder: Where the dataset goes, into a directory of its own.
        fixtures: The sample campaign.
    """
    steps = [_step("judge", _judge(bench, actor))]
    numbers = agreement.agree(bench, actor, QUEUE)
    alpha, percent = numbers["winner"]["alpha"], numbers["winner"]["percent"]
    steps.append(
        _step(
            "agree",
            f"{count_of(numbers['n_units'], 'comparison')} with two or more judgments: "
            f"{percent['value']:.0%} of pairs of judgments agree, "
            f"alpha {alpha['value']:z.2f} [{alpha['low']:z.2f}, {alpha['high']:z.2f}]",
        )
    )
    found = queueing.show(bench, actor, QUEUE).states
    said = ", ".join(f"{n} {state}" for state, n in found.items() if n)
    steps.append(_step("resolve", f"{said} ({resolving.METHODS[0]})"))
    steps.append(_step("feedback", _complaints(bench, actor, fixtures)))
    steps.append(_step("rewrite", _rewrite(bench, fixtures)))
    out = _free(folder / "dataset")
    done = exporting.export(bench, actor, str(out), exporting.ExportOptions(name=NAME))
    rows = ", ".join(f"{sum(n.values())} {c}" for c, n in done.rows.items())
    steps.append(_step("export", f"{rows} rows in {done.path}"))
    steps.append(_step("why", _judged(bench, actor, out)))
    if any(done.rows["sft"].values()):
        steps.append(_step("why", _written(bench, actor, out)))
    return steps


def _judged(bench: Bench, actor: Actor, out: Path) -> str:
    """Trace the first pair: judged comparisons stand before rewrites."""
    place = f"{out}/preference/train-00000-of-00001.jsonl:1"
    lineage = datasets.why(bench, actor, place)
    names = ", ".join(j["annotator"] for j in lineage["judgments"])
    return (
        f"row {lineage['row_id'][:12]} stands on "
        f"{count_of(len(lineage['judgments']), 'judgment')} "
        f"of {lineage['comparison']} by {names}: {lineage['rule']}"
    )


def _written(bench: Bench, actor: Actor, out: Path) -> str:
    """Trace a demonstration back to the complaint it came from."""
    lineage = datasets.why(bench, actor, f"{out}/sft/train-00000-of-00001.jsonl:1")
    found = lineage["rewrite"]
    events = ", ".join(lineage["events"]) or "no event"
    return (
        f"row {lineage['row_id'][:12]} answers {events}: written by "
        f"{found['author']['name']}, approved by {found['approved_by']['name']}"
    )


# --- from a complaint to an ideal answer -------------------------------------------
def _complaints(bench: Bench, actor: Actor, fixtures: Path) -> str:
    """Take in what users did, and make tasks of what they voted down."""
    file = str(fixtures / "feedback.jsonl")
    taken = ingest.import_files(bench, actor, "feedback", [file], ingest.Options())
    rewrites = queueing.settings(
        name=COMPLAINTS, kind="rewrite", overlap=1, guideline="rewrite"
    )
    queueing.create(bench, actor, rewrites)
    asked = Asked(source="downvotes", where={"topic": "qa"})
    filled = triage.fill(bench, actor, COMPLAINTS, asked)
    left = ", ".join(f"{n} {why}" for why, n in sorted(filled.left_out.items()))
    return (
        f"{count_of(taken.added, 'new event')}; of {filled.found} downvotes "
        f"{filled.filled} became tasks of {COMPLAINTS} (left out: {left or 'none'})"
    )


def _rewrite(bench: Bench, fixtures: Path) -> str:
    """Let the sample's experts hand in their answers, and their reviewer approve."""
    lines = (fixtures / "rewrites.jsonl").read_bytes().splitlines()
    ready = {r["original"]["id"]: r for r in map(orjson.loads, lines)}
    done = []
    for name in sorted({r["annotator"] for r in ready.values()}):
        expert = people.identify(bench, name)
        for task in rewriting.claim(bench, expert, COMPLAINTS):
            found = ready.get(str(task.task.original.id), {})
            if found.get("annotator") != name or not found.get("approved_by"):
                rewriting.release(bench, expert, task)
                continue
            draft = task.blank().write(found["text"])
            draft = draft.model_copy(
                update={k: tuple(found[k]) for k in ("reasons", "sources")}
            )
            handed_in = rewriting.submit(
                bench,
                expert,
                task,
                draft,
                seconds=found.get("seconds") or 0.0,
                submission_id=bench.new_id(),
            )
            for following in handed_in.next:
                rewriting.release(bench, expert, following)
            reviewer = people.identify(bench, found["approved_by"])
            reviewing.approve(bench, reviewer, handed_in.id)
            complaint = ", ".join(task.task.complaint.reason_codes) or "no reason"
            done.append(f"{name} rewrote {task.task.original.id} ({complaint})")
            break
    if not done:
        return "nothing of the sample waits to be rewritten"
    return f"{'; '.join(done)}; a second expert approved"


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
