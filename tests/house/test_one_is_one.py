"""A number before a noun goes through ``count_of``: one judgment is ``1 judgment``."""

from __future__ import annotations

import ast
import re
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "adjudge"
NOUNS = (
    "answer|batch|block|case|change|character|comparison|day|draft|event|file|guideline|"
    "incident|item|judge|judgment|line|message|minute|month|other|page|pair|passage|"
    "place|prompt|query|question|queue|ranking|reason|record|repeat|response|result|"
    "review|rewrite|row|sentence|slot|source|step|tag|task|text|ticket|tie|time|triad|"
    "unit|user|version|vote|week|word"
)
COUNTED = re.compile(rf" (?:[a-z]+ )?(?:(?:{NOUNS})s|people|entries|batches)\b")
# No count (a word, a share), or never one: a limit, what is asked for at two.
NEVER_ONE = {
    ("cli/datasets.py", "_share(longer)"),
    ("cli/imports.py", "lines"),
    ("cli/reading.py", "len(text)"),
    ("domain/judging.py", "len(self.note)"),
    ("domain/rewriting.py", "len(self.text)"),
    ("formats/card.py", "_percent(length['chosen_longer'])"),
    ("formats/card.py", "len(named)"),
    ("formats/native.py", "len(value)"),
    ("services/demo.py", "filled.filled"),
    ("services/demo.py", "lineage['row_id'][:12]"),
    ("services/demo.py", "rows"),
    ("services/feedback/triage.py", "found.kind"),
    ("services/feedback/triage.py", "kind"),
    ("services/importing/ingest.py", "found.kind"),
    ("services/measuring/adjudication.py", "len(found)"),
    ("services/measuring/annotators.py", "part['declared']"),
    ("services/measuring/auditing.py", "kind"),
    ("services/measuring/league.py", "worths.n_iter"),
    ("services/measuring/measures.py", "len(n)"),
    ("services/measuring/overview.py", "len(sums.people)"),
    ("services/measuring/resolving.py", "found.n_iter"),
    ("stats/kappa.py", "min_common"),
    ("stats/triads.py", "k"),
    ("tui/judging/rank.py", "len(draft.shown)"),
    ("tui/lead/adjudicate.py", "len(draft.shown)"),
    ("tui/lead/dashboard.py", "left"),
    ("tui/plain/plain_answers.py", "len(draft.shown)"),
    ("tui/texts.py", "users"),
    ("tui/widgets/pairs.py", "pair['n']"),
}


def counted(module: str) -> list[str]:
    """Find what counts something in the f-strings of a module."""
    strings = (n for n in ast.walk(ast.parse(module)) if isinstance(n, ast.JoinedStr))
    found = []
    for string in strings:
        for value, words in zip(string.values, string.values[1:], strict=False):
            if not isinstance(value, ast.FormattedValue) or value.conversion != -1:
                continue
            said = ast.unparse(value.value)
            is_rounded = value.format_spec and re.search(
                r"[.%]", ast.unparse(value.format_spec)
            )
            is_word = isinstance(words, ast.Constant) and isinstance(words.value, str)
            if is_rounded or "count_of(" in said or said.rpartition(".")[2].isupper():
                continue
            if is_word and COUNTED.match(words.value):
                found.append(said)
    return found


def test_it_finds_what_is_counted():
    assert counted("f'{n} rows'; f'{len(a):,} more words'") == ["n", "len(a)"]
    fine = "f'{count_of(n, one)} rows; {n:.1f} days; {MOST} rows; {n} of it'"
    assert counted(fine) == []


def test_one_is_one():
    wrong = {
        (str(path.relative_to(SOURCE)), said)
        for path in SOURCE.rglob("*.py")
        for said in counted(path.read_text(encoding="utf-8"))
    }
    assert wrong - NEVER_ONE == set(), "use domain.words.count_of"
    assert NEVER_ONE - wrong == set(), "these are gone: take them off the list"
