"""One page about a queue for a lead: everything measured, beside what others found."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adjudge.domain.people import Act
from adjudge.errors import ConflictError, InvalidInputError
from adjudge.formats.report import page
from adjudge.services.bench import find_queue
from adjudge.services.measuring import (
    adjudication,
    agreement,
    annotators,
    auditing,
    standings,
)

if TYPE_CHECKING:
    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench

# What is published about people judging language models; a sense of the usual.
ANCHORS: tuple[dict[str, Any], ...] = (
    {
        "kind": "percent",
        "name": "InstructGPT, training labelers",
        "low": 0.711,
        "high": 0.741,
        "source": "arXiv 2203.02155",
    },
    {
        "kind": "percent",
        "name": "InstructGPT, held-out labelers",
        "low": 0.76,
        "high": 0.786,
        "source": "arXiv 2203.02155",
    },
    {
        "kind": "percent",
        "name": "Summaries, labeler and researcher",
        "low": 0.75,
        "high": 0.79,
        "source": "arXiv 2009.01325",
    },
    {
        "kind": "percent",
        "name": "Summaries, two researchers",
        "low": 0.69,
        "high": 0.77,
        "source": "arXiv 2009.01325",
    },
    {
        "kind": "percent",
        "name": "Anthropic HH, researcher and crowd",
        "low": 0.63,
        "high": 0.63,
        "source": "arXiv 2204.05862",
    },
    {
        "kind": "percent",
        "name": "MT-bench, people without ties",
        "low": 0.81,
        "high": 0.81,
        "source": "arXiv 2306.05685",
    },
    {
        "kind": "percent",
        "name": "MT-bench, people with ties",
        "low": 0.63,
        "high": 0.63,
        "source": "arXiv 2310.07641",
    },
    {
        "kind": "percent",
        "name": "Chatbot Arena, crowd and expert",
        "low": 0.72,
        "high": 0.83,
        "source": "arXiv 2403.04132",
    },
    {
        "kind": "percent",
        "name": "LLMBar, experts on objective pairs",
        "low": 0.94,
        "high": 0.94,
        "source": "arXiv 2310.07641",
    },
    {
        "kind": "other",
        "name": "Llama 2, helpfulness",
        "measure": "AC2",
        "figure": "0.37 to 0.55",
        "source": "arXiv 2307.09288",
    },
    {
        "kind": "other",
        "name": "Hosking et al.",
        "measure": "AC1",
        "figure": "0.64 (factuality) to 0.94 (refusal)",
        "source": "arXiv 2309.16349",
    },
    {
        "kind": "other",
        "name": "SummEval",
        "measure": "alpha",
        "figure": "0.49 crowd; experts 0.43, after discussion 0.72",
        "source": "arXiv 2007.12626",
    },
    {
        "kind": "other",
        "name": "BiGGen Bench",
        "measure": "alpha",
        "figure": "0.59 to 0.90 by capability",
        "source": "arXiv 2406.05761",
    },
    {
        "kind": "other",
        "name": "FairEval",
        "measure": "kappa",
        "figure": "0.54 (80 pairs)",
        "source": "arXiv 2305.17926",
    },
)


def collect(
    bench: Bench, actor: Actor, queue: str, *, texts: bool = True
) -> dict[str, Any]:
    """Gather all that the page shows.

    Raises:
        UnknownError: If there is no such queue.
    """
    actor.must(Act.SEE_AGREEMENT)
    with bench.store.read() as unit:
        find_queue(unit, queue)
    weighted = standings.resolution(bench, actor, queue, method="weighted")
    plain = standings.resolution(bench, actor, queue, league=False)
    agreed = agreement.agree(bench, actor, queue, everything=True)
    flips = set(weighted["flips"])
    return {
        "queue": queue,
        "at": bench.now()[:16].replace("T", " ") + " UTC",
        "agreement": agreed,
        "as_accuracy": agreement.as_accuracy(agreed),
        "states": plain["states"],
        "flips": [
            r
            for r in weighted["results"]
            if r["comparison"] in flips and r["state"] != "adjudicated"
        ],
        "league": weighted["league"],
        "disputed": [
            vars(d) for d in adjudication.disputed(bench, actor, queue, limit=10_000)
        ],
        "causes": adjudication.causes(bench, actor, queue),
        "people": annotators.listed(bench, actor, queue)["people"],
        "audit": auditing.audit(bench, actor, queue, texts=texts),
        "anchors": list(ANCHORS),
    }


_BEGIN = b"<!doctype html"  # what a page begins with


def report(
    bench: Bench, actor: Actor, queue: str, out: str, *, texts: bool = True
) -> dict[str, Any]:
    """Write the page of a queue.

    Returns:
        Where it is and how large.

    Raises:
        UnknownError: If there is no such queue.
        ConflictError: If the place is a directory, or a file that is no page.
        InvalidInputError: If the place cannot be written.
    """
    place = Path(out)
    if place.is_dir():
        raise ConflictError(f"{out} is a directory", hint="name a file: report.html")
    if place.is_file() and not _is_page(place):
        raise ConflictError(
            f"{out} is there and is no report", hint="name another file: report.html"
        )
    written = page(collect(bench, actor, queue, texts=texts)).encode()
    _write(place, written)
    return {"path": str(place), "bytes": len(written), "queue": queue}


def _is_page(place: Path) -> bool:
    """Tell whether a report may take a file's place."""
    with place.open("rb") as file:
        return file.read(len(_BEGIN)).lower() in {b"", _BEGIN}


def _write(place: Path, data: bytes) -> None:
    """Put the whole page in its place, or nothing."""
    folder = place.absolute().parent
    try:
        number, name = tempfile.mkstemp(dir=folder, prefix=".report-")
        with os.fdopen(number, "wb") as file:
            file.write(data)
        Path(name).replace(place)
    except OSError as error:
        raise InvalidInputError(
            f"{place} cannot be written: {error.strerror}",
            hint="name a file in a folder that is there",
        ) from error
