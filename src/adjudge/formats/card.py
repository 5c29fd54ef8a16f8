"""The dataset card: what a reader should know, and what `load_dataset` reads."""

from __future__ import annotations

from typing import Any

import orjson

from adjudge.domain.dataset import LOW_ALPHA
from adjudge.domain.record import canonical
from adjudge.domain.words import count_of
from adjudge.formats.columns import as_yaml, columns_of
from adjudge.formats.dataset_dir import digest_of

CONFIGS = (
    "preference", "sft", "kto", "reward", "rankings", "annotations", "cases",
    "retrieval",
)  # fmt: skip
SPLITS = ("train", "validation", "test")


def card(manifest: dict[str, Any]) -> str:
    """Write README.md of a dataset directory from its manifest."""
    # Written or read back, a manifest gives the same card.
    manifest = orjson.loads(canonical(manifest))
    manifest["configs"] = {
        config: {s: n for s in SPLITS if (n := splits.get(s)) is not None}
        for config in CONFIGS
        if (splits := manifest["configs"].get(config)) is not None
    }
    lines = [*_front(manifest), *_body(manifest)]
    return "\n".join(lines) + "\n"


def written(manifest: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    """List the files of each config and split that has rows."""
    found: dict[str, dict[str, list[str]]] = {}
    for config, splits in manifest["configs"].items():
        for split, rows in splits.items():
            if rows:
                start = f"{config}/{split}-"
                files = [f for f in sorted(manifest["files"]) if f.startswith(start)]
                found.setdefault(config, {})[split] = files
    return found


def _front(manifest: dict[str, Any]) -> list[str]:
    configs = written(manifest)
    lines = ["---", f"pretty_name: {quoted(manifest['name'])}"]
    if not configs:
        return [*lines, "---", ""]
    lines.append("configs:")
    for config, splits in configs.items():
        lines += [f"- config_name: {config}", "  data_files:"]
        for split, files in splits.items():
            lines.append(f"  - split: {split}")
            if len(files) == 1:
                lines.append(f"    path: {files[0]}")
            else:
                lines += ["    path:", *(f"    - {file}" for file in files)]
    lines.append("dataset_info:")
    for config in configs:
        columns = columns_of(config, manifest["messages"].get(config, ()))
        dates = manifest["date_like"].get(config, ())
        lines += [f"- config_name: {config}", "  features:"]
        lines += [f"  {line}" for line in as_yaml(columns, dates)]
    return [*lines, "---", ""]


def quoted(text: str) -> str:
    """Write any text as one YAML scalar; nothing in it ends the scalar or the card."""
    return '"' + "".join(_escaped(c) for c in text) + '"'


def _escaped(char: str) -> str:
    if char in {'"', "\\"}:
        return f"\\{char}"
    if char.isprintable():
        return char
    return f"\\U{ord(char):08X}"


def _plain(text: object) -> str:
    """Write a name into Markdown, where it is a name and nothing else."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    for mark in "\\`*_[]<>|#&":
        shown = shown.replace(mark, f"\\{mark}" if mark not in "<>&" else _ENTITY[mark])
    return shown


_ENTITY = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def _code(text: object) -> str:
    """Write a name as code; a backtick would end it."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return f"`{shown.replace('`', chr(39))}`"


def _body(manifest: dict[str, Any]) -> list[str]:
    rows = {c: sum(splits.values()) for c, splits in manifest["configs"].items()}
    lines = [
        f"# {_plain(manifest['name'])}",
        "",
        "Human judgments of language-model responses, exported by adjudge. Every row",
        "carries a `row_id`; `lineage/` names the judgments it was made of, and",
        "`adjudge why ROW_ID` walks back from a row to people, guideline and rule.",
        "",
        f"Identity of this version (logical digest): `{digest_of(manifest)}`",
        "",
        *_before_training(manifest),
        "## Configs",
        "",
        "| config | rows | splits |",
        "|---|---|---|",
        *(
            f"| `{config}` | {n} | {_splits(manifest['configs'][config])} |"
            for config, n in rows.items()
        ),
        "",
        "`margin` is strength of preference, `weight` is trust in the judges;",
        "neither stands in for the other. `agreement` is the share of pairs of judges",
        "that agree, `confidence` the share of judgments behind the winner.",
        "",
        "## How results were decided",
        "",
        f"Method: {_plain(manifest['options']['method'])}.",
        *_METHODS.get(manifest["options"]["method"], ()),
        "Ties and disputes give no pair.",
        "",
    ]
    for queue in manifest["queues"]:
        lines += _queue(queue)
    for queue in manifest.get("rewrites", ()):
        lines += _rewrites(queue)
    texts = manifest.get("guidelines", {})
    if texts:
        lines += ["### Guidelines, by the SHA-256 of their text", ""]
        lines += [f"- {_code(ref)}: `{sha}`" for ref, sha in texts.items()]
        lines.append("")
    lines += ["## Who judged and wrote", "", *_people(manifest["people"]), ""]
    lines += ["## Consent", "", *_consent(manifest["consent"]), ""]
    lines += ["## Left out", "", *_excluded(manifest["excluded"]), ""]
    lines += ["## What a trainer should know", "", *_quality(manifest["quality"]), ""]
    lines += ["## Known gaps", "", *_gaps(manifest, rows), ""]
    return lines


def _before_training(manifest: dict[str, Any]) -> list[str]:
    """Say first what may make these rows useless to whoever trains on them."""
    said = []
    for queue in manifest["queues"]:
        alpha = queue["agreement"]["alpha"]["value"]
        if alpha is not None and alpha < LOW_ALPHA:
            said.append(
                f"- **queue {_code(queue['name'])}: its judges hardly agree beyond "
                f"chance (alpha {alpha:z.2f}).** Who won may be noise, and it was "
                "exported all the same. `agreement` of each row says which results "
                "were disputed."
            )
    both = (*manifest["queues"], *manifest.get("rewrites", ()))
    said += [_mixed(queue) for queue in both if len(queue["guidelines"]) > 1]
    return ["## Before you train on it", "", *said, ""] if said else []


def _mixed(queue: dict[str, Any]) -> str:
    """Say that people worked under several texts, and how to keep rows apart."""
    named = [ref for ref in queue["guidelines"] if ref != "none named"]
    unnamed = queue["guidelines"].get("none named")
    under = f"queue {_code(queue['name'])}: people worked under "
    if len(named) > 1:
        under += f"{len(named)} guideline texts" + (" or none" if unnamed else "")
    else:
        under += "a guideline and under none that is named"
    why = ""
    if queue.get("comparable") is False:
        why = " A major change lies between them: what counts as better may differ."
    elif queue.get("comparable"):
        why = " The changes between them are minor ones."
    compared = ""
    if len(named) > 1:
        compare = f"adjudge guideline diff {named[0]} {named[-1]}"
        compared = f"; {_code(compare)} shows what changed"
    return (
        f"- **{under}.**{why} `guidelines` in `lineage/` names those of each row"
        f"{compared}."
    )


def _splits(counts: dict[str, int]) -> str:
    return ", ".join(f"{split} {n}" for split, n in counts.items())


def _queue(queue: dict[str, Any]) -> list[str]:
    agreement = queue["agreement"]
    lines = [f"### Queue {_code(queue['name'])}", ""]
    lines += [
        f"- judgments wanted per comparison: {queue['overlap']}",
        f"- comparisons: {queue['n_comparisons']:,}, "
        f"judgments: {queue['n_judgments']:,}, "
        f"annotators: {queue['n_annotators']:,}, in the whole queue; what is left out "
        "below has no rows and counts here",
    ]
    for key, name in (
        ("percent", "percent agreement"),
        ("alpha", "Krippendorff's alpha"),
        ("ac1", "Gwet's AC1"),
    ):
        lines.append(f"- {name}: {in_words(agreement[key])}")
    lines += _guidelines(queue["guidelines"], "judgment")
    lines += [f"- **{_plain(warning)}**" for warning in queue["warnings"]]
    return [*lines, ""]


def _guidelines(versions: dict[str, int], what: str) -> list[str]:
    """Name the texts that people worked under."""
    if not versions:
        return []
    listed = ", ".join(
        f"{_code(ref)} ({count_of(n, what)})" for ref, n in versions.items()
    )
    return [f"- guideline versions: {listed}"]


_STATES = {
    "approved": "approved by a second expert",
    "submitted": "waiting for a second expert",
    "returned": "sent back to the author",
    "open": "not written yet",
}


def _rewrites(queue: dict[str, Any]) -> list[str]:
    """Say what a queue of rewrites holds; only what was approved gives rows."""
    said = [f"{n} {_STATES.get(s, s)}" for s, n in queue["states"].items()]
    return [
        f"### Rewrites of queue {_code(queue['name'])}",
        "",
        f"- {', '.join(said) or 'nothing to be rewritten'}",
        "- an approved rewrite stands on its author and reviewer, on no vote:",
        "  agreement and confidence are undefined",
        *_guidelines(queue["guidelines"], "rewrite"),
        "",
    ]


def in_words(number: dict[str, Any]) -> str:
    """Write a number with its interval, or the reason why there is none."""
    if number["value"] is None:
        return str(number["reason"])
    said = f"{number['value']:z.3f}"
    if number["low"] is not None:
        said += f" (95 % interval {number['low']:z.3f} to {number['high']:z.3f})"
    return f"{said}, n = {number['n']}"


def _people(people: dict[str, Any]) -> list[str]:
    lines = []
    for role, found in people.items():
        n, rewrites = found["people"], found.get("rewrites", 0)
        wrote = f"{count_of(rewrites, 'rewrite')}, " if rewrites else ""
        lines.append(
            f"- {role}: {count_of(n, 'person')}, "
            f"{count_of(found['judgments'], 'judgment')}, "
            + wrote
            + (
                f"{found['hours']:.1f} hours of active time"
                if found["hours"]
                else "time not recorded"
            )
        )
        known = [
            f"{_code(topic)} {n['people']} (mean weight {n['weight']:g})"
            for topic, n in found.get("expertise", {}).items()
            if topic != "*"
        ]
        if known:
            lines.append(f"  - declared expertise, people by topic: {', '.join(known)}")
    return lines or ["- nobody yet"]


def _excluded(excluded: dict[str, dict[str, int]]) -> list[str]:
    lines = [
        f"- `{config}`: {n:,} as `{reason}`{_because(reason)}"
        for config, reasons in excluded.items()
        for reason, n in reasons.items()
        if n
    ]
    return lines or ["- nothing"]


def _because(reason: str) -> str:
    """Say in words why something has no row, where the word alone does not."""
    return f": {_REASONS[reason]}" if reason in _REASONS else ""


_REASONS = {
    "open": "fewer judgments than wanted",
    "tie": "more than half called it equal",
    "escalated": "no side has more than half",
    "none_acceptable": "no answer was good enough to be chosen",
    "identical_texts": "both answers say the same",
    "several_turns": "an answer of several turns fits no such row",
    "middle_rank": "neither the best nor the last",
    "no_margin": "nobody said how much better",
    "no_judgment": "nobody judged it",
    "below_min_judgments": "fewer than were asked for",
    "below_min_agreement": "people agree less than was asked for",
    "below_min_confidence": "a smaller share than was asked for",
    "gold": "made to check judges",
    "training": "made to teach judges",
    "frozen": "held back by an incident",
    "erased": "its words are gone",
    "unconsented": "its user did not agree",
    "withdrawn": "its user took consent back",
    "not_as_judged": "its text is not the one that was judged",
    "other_batch": "not of the batch that was asked for",
    "middle_rating": "neither good nor bad",
    "not_approved": "no second expert has approved it",
    "original_was_fine": "the expert left the answer as it was",
    "prompt_unusable": "the expert could not answer it",
    "no_sources": "names no source",
    "disputed": "some users liked it, others did not",
    "downvoted": "a user disliked it",
    "one_label": "a trainer needs both labels",
}
_METHODS = {
    "majority": [
        "A result is settled when more than half of the judgments put the same",
        "response on top.",
    ],
    "weighted": [
        "A result is settled when more than half of the judges' weight (topic weight",
        "times measured reliability) puts the same response on top.",
    ],
    "dawid-skene": [
        "A result is the most probable answer given every judgment and what each",
        "judge turned out to be worth, with declared weights as priors.",
    ],
}
_CONSENT = {
    "granted": "from users who agreed",
    "unstated": "from users who said neither yes nor no",
    "not_applicable": "from no user",
}


def _consent(counts: dict[str, int]) -> list[str]:
    return [
        f"- {count_of(n, 'task')} {_CONSENT.get(said, said)}"
        for said, n in counts.items()
    ] or ["- nothing to consent to"]


def _percent(share: float | None) -> str:
    return "undefined" if share is None else f"{share:.1%}"


def _quality(quality: dict[str, Any]) -> list[str]:
    lines = []
    for config, found in quality.items():
        said = "; ".join(_tokens(found["tokens"]))
        lines.append(f"- `{config}`, tokens (estimated, bytes / 4): {said}")
        if "labels" in found:
            labels = found["labels"]
            lines.append(
                f"- `{config}`, labels: {labels['true']} true, {labels['false']} false"
            )
    pairs = quality.get("preference")
    if pairs:
        lines += _pairs(pairs)
    return lines or ["- there are no rows"]


def _tokens(found: dict[str, Any]) -> list[str]:
    if "sum" in found:
        return [f"{found['sum']} in all, at most {found['max']} a row"]
    return [
        f"{part} {n['sum']} (median {n['median']}, p95 {n['p95']}, max {n['max']})"
        for part in ("prompt", "chosen", "rejected")
        for n in (found[part],)
    ]


def _pairs(pairs: dict[str, Any]) -> list[str]:
    rows, again = pairs["rows"], pairs["near_duplicate_prompts"]
    length, position = pairs["length"], pairs["position"]
    shown, n = position["first_shown_preferred"], position["judgments"]
    first = "position: no judgment of two answers says which was shown first"
    if n:
        first = (
            f"position: of {count_of(n, 'judgment')} of two answers, {_percent(shown)} "
            "preferred the one shown first; half would be no bias"
        )
    lines = [
        f"- prompts that repeat another but for case, digits, punctuation and spacing: "
        f"{again} of {rows}",
        f"- length: the chosen answer is longer in {_percent(length['chosen_longer'])} "
        f"of pairs, as long in {_percent(length['same_length'])}",
        f"- {first}",
        "- topics: "
        + ", ".join(f"{_code(t)} {n}" for t, n in _most_first(pairs["topics"])),
        "",
        "| model | chosen | rejected |",
        "|---|---|---|",
    ]
    return lines + [
        f"| {_plain(model)} | {n['chosen']} | {n['rejected']} |"
        for model, n in sorted(
            pairs["models"].items(),
            key=lambda m: (-m[1]["chosen"] - m[1]["rejected"], m[0]),
        )
    ]


def _most_first(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _gaps(manifest: dict[str, Any], rows: dict[str, int]) -> list[str]:
    gaps = []
    refs = {ref for q in manifest["queues"] for ref in q["guidelines"]}
    if "none named" in refs:
        gaps.append("- some judgments name no guideline")
    if manifest["consent"].get("unstated"):
        gaps.append("- some users were not asked for consent")
    if any(q["n_units"] == 0 for q in manifest["queues"]):
        gaps.append("- in some queue no comparison was judged twice")
    if empty := [f"`{config}`" for config, n in rows.items() if not n]:
        gaps.append(f"- without rows: {', '.join(empty)}")
    return gaps or ["- none that the numbers show"]
