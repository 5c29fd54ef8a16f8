"""The dataset card: what a reader should know, and what `load_dataset` reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CardFacts:
    """What the card says; every part comes from the manifest or the store.

    Attributes:
        configs: Files by config and split.
        rows: Rows by config.
        excluded: What was left out, by config and reason.
        queues: Per queue: its settings, agreement and guideline versions.
        people: Counts and hours by role.
    """

    name: str
    configs: dict[str, dict[str, str]]
    rows: dict[str, int]
    excluded: dict[str, dict[str, int]]
    queues: list[dict[str, Any]]
    people: dict[str, Any]
    method: str
    digest: str


def card(facts: CardFacts) -> str:
    """Write README.md of a dataset directory."""
    return "\n".join([*_front(facts), *_body(facts)]) + "\n"


def _front(facts: CardFacts) -> list[str]:
    lines = ["---", f"pretty_name: {_quoted(facts.name)}", "configs:"]
    for config, splits in facts.configs.items():
        lines += [f"- config_name: {config}", "  data_files:"]
        for split, path in splits.items():
            lines += [f"  - split: {split}", f"    path: {path}"]
    return [*lines, "---", ""]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _body(facts: CardFacts) -> list[str]:
    lines = [
        f"# {_plain(facts.name)}",
        "",
        "Human judgments of language-model responses, exported by adjudge. Every row",
        "carries a `row_id`; `lineage/` names the judgments it was made of, and",
        "`adjudge why ROW_ID` walks back from a row to people, guideline and rule.",
        "",
        f"Identity of this version (logical digest): `{facts.digest}`",
        "",
        "## Configs",
        "",
        "| config | rows |",
        "|---|---|",
        *(f"| `{config}` | {n} |" for config, n in facts.rows.items()),
        "",
        "`margin` is strength of preference, `weight` is trust in the judges;",
        "neither stands in for the other. `agreement` is the share of pairs of judges",
        "that agree, `confidence` the share of judgments behind the winner.",
        "",
        "## How results were decided",
        "",
        f"Method: {facts.method}. A result is settled when more than half of the",
        "judgments put the same response on top; ties and disputes give no pair.",
        "",
    ]
    for queue in facts.queues:
        lines += _queue(queue)
    lines += ["## Who judged", "", *_people(facts.people), ""]
    lines += ["## Left out", "", *_excluded(facts.excluded), ""]
    return lines


def _plain(text: str) -> str:
    return " ".join(text.split())


def _queue(queue: dict[str, Any]) -> list[str]:
    agreement = queue["agreement"]
    lines = [f"### Queue `{queue['name']}`", ""]
    lines += [
        f"- judgments wanted per comparison: {queue['overlap']}",
        f"- comparisons: {queue['n_comparisons']}, judgments: {queue['n_judgments']}, "
        f"annotators: {queue['n_annotators']}",
    ]
    for key, name in (
        ("percent", "percent agreement"),
        ("alpha", "Krippendorff's alpha"),
        ("ac1", "Gwet's AC1"),
    ):
        lines.append(f"- {name}: {in_words(agreement[key])}")
    versions = queue["guidelines"]
    if versions:
        listed = ", ".join(f"`{ref}` ({n} judgments)" for ref, n in versions.items())
        lines.append(f"- guideline versions: {listed}")
        if len(versions) > 1:
            lines.append(
                "- **the judgments were made under several guideline texts**: "
                "compare the versions before you mix them"
            )
    lines += [f"- **{warning}**" for warning in queue["warnings"]]
    return [*lines, ""]


def in_words(number: dict[str, Any]) -> str:
    """Write a number with its interval, or the reason why there is none."""
    if number["value"] is None:
        return str(number["reason"])
    said = f"{number['value']:.3f}"
    if number["low"] is not None:
        said += f" (95 % interval {number['low']:.3f} to {number['high']:.3f})"
    return f"{said}, n = {number['n']}"


def _people(people: dict[str, Any]) -> list[str]:
    return [
        f"- {role}: {found['people']} people, {found['judgments']} judgments, "
        + (
            f"{found['hours']:.1f} hours of active time"
            if found["hours"]
            else "time not recorded"
        )
        for role, found in people.items()
    ] or ["- nobody yet"]


def _excluded(excluded: dict[str, dict[str, int]]) -> list[str]:
    lines = [
        f"- `{config}`: {n} as `{reason}`"
        for config, reasons in excluded.items()
        for reason, n in reasons.items()
        if n
    ]
    return lines or ["- nothing"]
