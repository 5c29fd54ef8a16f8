"""The page: what a lead reads about a queue, from words to tables."""

from __future__ import annotations

from typing import Any

from adjudge.domain.words import count_of
from adjudge.formats.report.parts import (
    anchors,
    cells,
    colour,
    decimal,
    dots,
    interval,
    percent,
    share,
    table,
    text,
    trend,
)
from adjudge.formats.report.style import CSS

ENOUGH_COMMON = 20
_LISTED = 40  # rows of long lists; the commands give all
_HEAT = 24  # people in the heat map


def page(report: dict[str, Any]) -> str:
    """Write the report of a queue as one self-contained page."""
    sections = (
        _head,
        _warnings,
        _agreement,
        _anchors,
        _heat,
        _trend,
        _people,
        _results,
        _league,
        _audits,
        _foot,
    )
    body = "\n".join(section(report) for section in sections)
    title = f"Agreement of {text(report['queue'])}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">"
        f"<title>{title}</title><style>{CSS}</style></head><body>\n{body}\n</body></html>\n"
    )


def _is_ranked(found: dict[str, Any]) -> bool:
    """Tell whether whole rankings are compared; their agreement is the headline."""
    return bool(found["ranking"]["kendall_w"]["n"])


def _head(report: dict[str, Any]) -> str:
    found = report["agreement"]
    winner, ranking = found["winner"], found["ranking"]
    tiles = [
        (decimal(ranking[key]["value"]), f"{words}, of whole rankings", ranking[key])
        for key, words in (("kendall_w", "mean Kendall's W"), ("tau_b", "mean tau-b"))
        if _is_ranked(found)
    ] + [
        (
            percent(winner["percent"]["value"]),
            "of pairs of judgments agree",
            winner["percent"],
        ),
        (decimal(winner["alpha"]["value"]), "Krippendorff's alpha", winner["alpha"]),
        (decimal(winner["ac1"]["value"]), "Gwet's AC1", winner["ac1"]),
    ]
    shown = [
        f'<div class="tile"><b>{value}</b><span>{text(words)}</span>'
        f"<span>{interval(f) or text(f['reason'] or '')} n={f['n']}</span></div>"
        for value, words, f in tiles
    ]
    states = report["states"]
    judged = sum(states.values()) - states["open"]
    shown.append(
        f'<div class="tile"><b>{judged} / {sum(states.values())}</b>'
        "<span>comparisons no longer open</span>"
        f"<span>{states['escalated']} escalated, {count_of(states['tie'], 'tie')}, "
        f"{states['adjudicated']} decided by a lead</span></div>"
    )
    return (
        f"<h1>{text(report['queue'])}</h1>"
        f'<p class="soft">{count_of(found["n_comparisons"], "comparison")} judged, '
        f"{count_of(found['n_judgments'], 'judgment')} by "
        f"{count_of(found['n_annotators'], 'person')} · made "
        f"{text(report['at'])}</p>"
        f'<div class="tiles">{"".join(shown)}</div>'
    )


def _warnings(report: dict[str, Any]) -> str:
    said = [*report["agreement"]["warnings"], *report["audit"]["findings"]]
    if not said:
        return "<p>Nothing stands out.</p>"
    notes = "".join(f'<div class="note">{text(s)}</div>' for s in said[:_LISTED])
    more = len(said) - _LISTED
    return notes + (f'<p class="soft">and {more} more</p>' if more > 0 else "")


_NAMES = {
    "percent": "percent agreement",
    "alpha": "Krippendorff's alpha",
    "ac1": "Gwet's AC1",
    "alpha_weighted": "alpha, by expertise",
    "percent_weighted": "percent, by expertise",
    "fleiss": "Fleiss' kappa",
    "scott": "Scott's pi",
    "cohen_mean": "mean Cohen's kappa of pairs",
    "brennan_prediger": "Brennan and Prediger",
    "alpha_ordinal": "alpha (ordinal)",
    "ac2": "AC2 (quadratic)",
    "kendall_w": "mean Kendall's W",
    "tau_b": "mean tau-b",
    "masi_alpha": "alpha of reason tags (MASI)",
    "jaccard_alpha": "alpha of reason tags (Jaccard)",
    "accuracy": "right on gold",
    "share": "none acceptable",
}


def _numbers(found: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """List every number with its group."""
    groups = {
        "winner": found["winner"],
        "without ties": found["winner_without_ties"],
        "margin": found["margin"],
        "ranking": found["ranking"],
        "reasons": {k: v for k, v in found["reasons"].items() if k != "by_tag"},
        "gold": found["gold"],
        "flag": found["none_acceptable"],
    }
    if _is_ranked(found):
        groups = {"ranking": found["ranking"], **groups}
    rows = [
        (group, _NAMES.get(key, key), number)
        for group, numbers in groups.items()
        for key, number in numbers.items()
    ]
    for name, numbers in found["criteria"].items():
        rows += [(f"rating: {name}", _NAMES[k], f) for k, f in numbers.items()]
    rows += [("reason", tag, f) for tag, f in found["reasons"]["by_tag"].items()]
    return rows


def _agreement(report: dict[str, Any]) -> str:
    found = report["agreement"]
    rows = "".join(
        f"<tr><td>{text(group)}</td><td>{text(name)}</td>{''.join(cells(number))}</tr>"
        for group, name, number in _numbers(found)
    )
    words = report["as_accuracy"]
    said = f'<p class="soft">{text(words[0].upper() + words[1:])}.</p>' if words else ""
    drawn = dots([(_NAMES[k], found["winner"][k]) for k in ("percent", "alpha", "ac1")])
    return (
        "<h2>How much people agree</h2><p>Percent agreement counts pairs of judgments "
        "that name the same winner. Alpha and AC1 ask how much better that is than "
        "chance, and take different things for chance: where nearly every answer is "
        "the same, alpha falls and AC1 does not. Intervals hold 95 %; they resample "
        f"{text(found['resampled'])}.</p>{drawn}{said}"
        '<div class="wide"><table><thead><tr><th>about</th><th>measure</th>'
        '<th class="n">value</th><th class="n">95 % interval</th><th class="n">n</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _anchors(report: dict[str, Any]) -> str:
    known = report["anchors"]
    percents = [
        (a["name"], a["low"], a["high"]) for a in known if a["kind"] == "percent"
    ]
    rest = [
        (a["name"], a["measure"], a["figure"], a["source"])
        for a in known
        if a["kind"] != "percent"
    ]
    sources = "; ".join(
        f"{a['name']}: {a['source']}" for a in known if a["kind"] == "percent"
    )
    return (
        "<h2>Beside published figures</h2><p>Other people's data, tasks and rules: a "
        "sense of what is usual, no target.</p>"
        f"{anchors(report['agreement']['winner']['percent'], percents)}"
        f'<p class="soft">{text(sources)}</p>'
        f"{table(('data', 'measure', 'figure', 'source'), rest)}"
    )


def _heat(report: dict[str, Any]) -> str:
    pairs = report["agreement"]["pairs"]
    if not pairs:
        return ""
    counts: dict[str, int] = {}
    for p in pairs:
        for name in (p["a"], p["b"]):
            counts[name] = counts.get(name, 0) + p["n"]
    people = sorted(sorted(counts, key=lambda name: (-counts[name], name))[:_HEAT])
    found = {(p["a"], p["b"]): p for p in pairs}
    heads = "".join(f'<th scope="col">{text(name)}</th>' for name in people)
    rows = []
    for a in people:
        row = "".join(_square(found, a, b) for b in people)
        rows.append(f'<tr><th scope="row">{text(a)}</th>{row}</tr>')
    left_out = len(counts) - len(people)
    left = count_of(left_out, "person with fewer is", "people with fewer are")
    note = f" {left} left out." if left_out > 0 else ""
    return (
        "<h2>Who agrees with whom</h2><p>Cohen's kappa of every two people, and the "
        f"comparisons they share. Hatched: fewer than {ENOUGH_COMMON} in common, too "
        f"few to say.{note}</p>"
        f'<div class="wide"><table class="heat"><tr><td></td>{heads}</tr>'
        f"{''.join(rows)}</table></div>"
    )


def _square(found: dict[tuple[str, str], Any], a: str, b: str) -> str:
    pair = found.get((a, b)) or found.get((b, a))
    if a == b or pair is None:
        return "<td></td>"
    kappa = pair["kappa"]["value"]
    if pair["n"] < ENOUGH_COMMON or kappa is None:
        return f'<td class="masked">–<small>n={pair["n"]}</small></td>'  # noqa: RUF001
    back, ink = colour(kappa)
    return (
        f'<td style="background:{back};color:{ink}">{decimal(kappa)}'
        f"<small>n={pair['n']}</small></td>"
    )


def _trend(report: dict[str, Any]) -> str:
    weeks = [(w["week"], w["percent"]) for w in report["audit"]["drift"]["weeks"]]
    drawn = trend(weeks)
    if not drawn:
        return ""
    return (
        "<h2>Week by week</h2><p>Percent agreement of the judgments of each week, with "
        f"its 95 % band. Hollow points rest on fewer than 20 comparisons.</p>{drawn}"
    )


def _people(report: dict[str, Any]) -> str:
    rows = [
        (
            p["name"],
            p["role"],
            sum(p["judgments"].values()),
            _hours(p["active_seconds"]),
            p["pace"] if p["pace"] is not None else "",
            share(p["gold"]["accuracy"]),
            p["gold"]["state"],
            share(p["side_bias"]),
            share(p["with_others"]),
            p["reliability"] if p["reliability"] is not None else "",
            _weights(p["weights"]),
        )
        for p in report["people"][: _LISTED * 5]
    ]
    heads = (
        "who",
        "role",
        "judged",
        "time",
        "pace",
        "gold",
        "test",
        "left wins",
        "as most others",
        "reliability",
        "weight",
    )
    return (
        "<h2>People</h2><p>Evidence for a talk, no verdict. Pace is time taken over "
        "what others took for the same tasks; reliability is how often somebody is "
        "probably right, from gold and everybody else's judgments, pulled towards 0.8 "
        f"while there are few.</p>{table(heads, rows)}"
    )


def _hours(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds / 3600:.1f} h"


def _weights(topics: dict[str, dict[str, Any]]) -> str:
    """Write weights by topic; one number where all are the same."""
    found = {topic: decimal(part["effective"]) for topic, part in topics.items()}
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    return ", ".join(f"{topic} {weight}" for topic, weight in found.items())


def _results(report: dict[str, Any]) -> str:
    disputed = [
        (
            d["comparison"],
            d["state"],
            d["n_judgments"],
            "; ".join(f"{count} x {said}" for said, count in d["answers"].items()),
        )
        for d in report["disputed"][:_LISTED]
    ]
    flips = [
        (f["comparison"], f["unweighted_winner"] or "nobody", f["winner"] or "nobody")
        for f in report["flips"][:_LISTED]
    ]
    states = [(state, count) for state, count in report["states"].items()]
    causes = [(c.replace("_", " "), n) for c, n in report["causes"].items()]
    why = (
        "<h3>Why people disagreed, where a lead decided</h3>"
        f"{table(('cause', 'decided'), causes)}"
    )
    return (
        f"<h2>Results</h2>{table(('state', 'comparisons'), states)}"
        f"{why if causes else ''}"
        "<h3>Disputed: what a decision would change comes first</h3>"
        f"{_of(len(report['disputed']))}"
        f"{table(('comparison', 'state', 'judgments', 'answers'), disputed)}"
        "<h3>Where weights change the winner</h3>"
        f"{_of(len(report['flips']))}"
        f"{table(('comparison', 'by heads', 'by weight'), flips)}"
    )


def _of(total: int) -> str:
    if total <= _LISTED:
        return ""
    return f'<p class="soft">the first {_LISTED} of {total}</p>'


def _league(report: dict[str, Any]) -> str:
    league = report["league"]
    if not league["rows"]:
        return ""
    rows = [
        (
            r["name"],
            r["log_worth"],
            "" if r["low"] is None else f"[{decimal(r['low'])}, {decimal(r['high'])}]",
            r["n"],
        )
        for r in league["rows"]
    ]
    notes = "".join(f'<div class="note">{text(w)}</div>' for w in league["warnings"])
    return (
        f"<h2>Models</h2><p>Log worth by the {text(league['model'].title())} model: a "
        "difference of 0.7 means that the better one wins two times in three.</p>"
        f"{notes}{table(('model', 'log worth', '95 % interval', 'judged'), rows)}"
    )


def _said(found: dict[str, Any]) -> str:
    """Write a share, or why there is none."""
    return share(found) if found["value"] is not None else str(found["reason"])


def _audits(report: dict[str, Any]) -> str:
    found = report["audit"]
    suspicious = found["suspicious"]
    rows: list[tuple[object, ...]] = [
        ("left wins", _said(found["position"]["everybody"]["left_wins"])),
        ("the longer response wins", _said(found["length"]["longer_wins"])),
        ("same answer when asked again", _said(found["self_consistency"]["everybody"])),
        ("right on gold", _said(found["gold"]["everybody"])),
    ]
    if "model" in suspicious:
        rows.append(("reward model is right", _said(suspicious["model"])))
        rows.append(("length alone is right", _said(suspicious["length_only"])))
    listed = [(s["comparison"], s["confidence"]) for s in suspicious["suspicious"]]
    refused = suspicious["refused"]
    return (
        "<h2>Audits</h2><p>Statistics that look for trouble. P-values are corrected "
        "over all people of an audit, and a flag also asks for enough judgments and an "
        "effect that matters.</p>"
        f"{table(('measure', 'value'), rows)}"
        + (f'<p class="soft">Texts: {text(refused)}.</p>' if refused else "")
        + (
            "<h3>Results to look at again</h3><p>A small reward model expects the "
            "opposite. It is often wrong itself: this sorts, it does not judge.</p>"
            + table(("comparison", "how expected"), listed)
            if listed
            else ""
        )
    )


def _foot(report: dict[str, Any]) -> str:
    return (
        "<footer><p>Made by adjudge. Gold, repeats and training are not part of "
        "agreement; late and surplus judgments are. Where a number does not exist the "
        f"reason stands in its place.</p><p>{text(report['queue'])} · "
        f"{text(report['at'])}</p></footer>"
    )
