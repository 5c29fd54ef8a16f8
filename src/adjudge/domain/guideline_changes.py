"""What changed between two versions of a guideline, clause by clause."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, Literal

from adjudge.domain.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from adjudge.domain.guideline import Clause, Guideline

Kind = Literal["added", "removed", "changed", "renumbered"]
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_PLAIN = ("kind", "title", "summary", "ties")
_KEYED = {"margin": "margin", "criteria": "criterion", "reasons": "reason tag"}


class SettingChange(Record):
    """A setting of the front matter that is not what it was."""

    key: str
    before: str | None
    after: str | None


class ClauseChange(Record):
    """A clause that is new, gone, moved or said otherwise.

    Attributes:
        number: Its number now; of a removed one, what it was.
        was: Its number before, where that is another.
        lines: ``-`` and ``+`` lines, or ``~`` lines with ``[-gone-]`` and ``{+new+}``.
    """

    change: Kind
    number: str
    title: str
    was: str | None = None
    lines: tuple[str, ...] = ()


class GuidelineDiff(Record):
    """Everything that differs between two versions."""

    before: str
    after: str
    settings: tuple[SettingChange, ...] = ()
    clauses: tuple[ClauseChange, ...] = ()
    elsewhere: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether a reader would find no difference."""
        return not (self.settings or self.clauses or self.elsewhere)

    def lines(self) -> list[str]:
        """Write what changed, a line each; headings stand at the margin."""
        lines = ["settings"] if self.settings else []
        for setting in self.settings:
            if setting.before is not None:
                lines.append(f"  - {setting.key}: {setting.before}")
            if setting.after is not None:
                lines.append(f"  + {setting.key}: {setting.after}")
        for clause in self.clauses:
            was = f" (was {clause.was})" if clause.was else ""
            head = f"clause {clause.number} {clause.title}: {clause.change}{was}"
            lines += ["", head, *(f"  {line}" for line in clause.lines)]
        if self.elsewhere:
            lines += ["", "outside the clauses"]
            lines += [f"  {line}" for line in self.elsewhere]
        return lines


def compare(
    before: Guideline, after: Guideline, *, elsewhere: tuple[str, str] = ("", "")
) -> GuidelineDiff:
    """Compare two versions.

    Args:
        before: The old version.
        after: The new version.
        elsewhere: Of both, the text that stands in no clause.
    """
    return GuidelineDiff(
        before=before.ref,
        after=after.ref,
        settings=tuple(_settings(before, after)),
        clauses=tuple(_clauses(before.clauses, after.clauses)),
        elsewhere=tuple(line_changes(*elsewhere)),
    )


# --- front matter ----------------------------------------------------------------
def _settings(before: Guideline, after: Guideline) -> Iterable[SettingChange]:
    old, new = _flat(before), _flat(after)
    for key in [*old, *(k for k in new if k not in old)]:
        if old.get(key) != new.get(key):
            yield SettingChange(key=key, before=old.get(key), after=new.get(key))


def _flat(guideline: Guideline) -> dict[str, str]:
    """Write the front matter as one line a setting."""
    values = guideline.model_dump(mode="json")
    flat = {key: _said(values[key]) for key in _PLAIN}
    for key, word in _KEYED.items():
        held = values[key]
        if isinstance(held, dict):
            flat.update({f"{word} {k}": _said(v) for k, v in held.items()})
            continue
        for item in held:
            name = item.pop("name", None) or item.pop("tag")
            flat[f"{word} {name}"] = "; ".join(
                f"{k}: {_said(v)}" for k, v in item.items() if v not in ("", {})
            )
    return flat


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{k} = {v}" for k, v in value.items())
    return str(value)


# --- clauses ---------------------------------------------------------------------
def _clauses(
    before: Sequence[Clause], after: Sequence[Clause]
) -> Iterable[ClauseChange]:
    """Match clauses by title, then by number; what is left is new or gone."""
    origin = _origins(before, after)
    for clause in after:
        old = origin.get(clause.number)
        if old is None:
            yield ClauseChange(
                change="added",
                number=clause.number,
                title=clause.title,
                lines=tuple(f"+ {line}" for line in _lines(clause.text)),
            )
        elif change := _changed(old, clause):
            yield change
    kept = {clause.number for clause in origin.values()}
    for clause in before:
        if clause.number not in kept:
            yield ClauseChange(
                change="removed",
                number=clause.number,
                title=clause.title,
                lines=tuple(f"- {line}" for line in _lines(clause.text)),
            )


def _origins(before: Sequence[Clause], after: Sequence[Clause]) -> dict[str, Clause]:
    """Find, by the new number, the clause that each one was."""
    free = list(before)
    found: dict[str, Clause] = {}
    for same in (
        lambda old, new: (old.number, old.title) == (new.number, new.title),
        lambda old, new: old.title == new.title,
        lambda old, new: old.number == new.number,
    ):
        for clause in after:
            if clause.number in found:
                continue
            match = next((old for old in free if same(old, clause)), None)
            if match is not None:
                found[clause.number] = match
                free.remove(match)
    return found


def _changed(old: Clause, new: Clause) -> ClauseChange | None:
    lines = tuple(line_changes(old.text, new.text))
    if old.title != new.title:
        lines = (f"~ {word_changes(old.title, new.title)}", *lines)
    moved = old.number if old.number != new.number else None
    if not lines and moved is None:
        return None
    return ClauseChange(
        change="changed" if lines else "renumbered",
        number=new.number,
        title=new.title,
        was=moved,
        lines=lines,
    )


# --- texts -----------------------------------------------------------------------
def line_changes(before: str, after: str) -> Iterable[str]:
    """List the lines that differ; an edited line is shown once, word by word."""
    old, new = _lines(before), _lines(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        edited = min(b - a, d - c)
        for x, y in zip(old[a : a + edited], new[c : c + edited], strict=True):
            yield from _edited(x, y)
        yield from (f"- {line}" for line in old[a + edited : b])
        yield from (f"+ {line}" for line in new[c + edited : d])


def _edited(before: str, after: str) -> Iterable[str]:
    if difflib.SequenceMatcher(None, before, after, autojunk=False).ratio() < 0.5:
        yield f"- {before}"
        yield f"+ {after}"
    else:
        yield f"~ {word_changes(before, after)}"


def word_changes(before: str, after: str) -> str:
    """Write two texts as one, with ``[-gone-]`` and ``{+new+}``."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    parts = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            parts.append("".join(old[a:b]))
            continue
        if b > a:
            parts.append(f"[-{''.join(old[a:b])}-]")
        if d > c:
            parts.append(f"{{+{''.join(new[c:d])}+}}")
    return "".join(parts)


def _lines(text: str) -> list[str]:
    """Take the lines that say something."""
    return [line.rstrip() for line in text.splitlines() if line.strip()]
