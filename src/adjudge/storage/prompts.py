"""Prompts by their hash: which there are, and which comparisons share one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adjudge.domain.record import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adjudge.storage.engine.store import Unit

_HOLDS = "EXISTS (SELECT 1 FROM {each %s} WHERE {value} = :%s)"
# The names people filter by, and the only conditions they can make.
WHERE = {
    "topic": "c.topic = :topic",
    "language": "c.language = :language",
    "batch": "t.batch = :batch",
    "label": _HOLDS % ("c.labels", "label"),
    "model": _HOLDS % ("c.models", "model"),
}
_HIDDEN = "EXISTS (SELECT 1 FROM hidden h WHERE h.comparison_id = c.id)"


@dataclass(frozen=True)
class Scope:
    """Which prompts are meant.

    Attributes:
        where: Values by a key of ``WHERE``.
        consents: What the author of a prompt must have said.
    """

    queue: str | None = None
    where: dict[str, str] = field(default_factory=dict)
    consents: tuple[str, ...] = ("granted", "unstated", "not_applicable")

    def condition(self) -> str:
        """Write the condition on a task ``t`` and its comparison ``c``."""
        parts = ["1 = 1", *(WHERE[key] for key in sorted(self.where))]
        if self.queue is not None:
            parts.append("t.queue = :queue")
        return " AND ".join(parts)

    def values(self) -> dict[str, Any]:
        """Give the condition's parameters."""
        queue = {} if self.queue is None else {"queue": self.queue}
        return {**self.where, **queue}


def found(unit: Unit, scope: Scope) -> Iterator[tuple[str, str]]:
    """List each prompt once, with a comparison that holds its text, in task order."""
    for prompt, comparison in unit.stream(
        "SELECT c.prompt_digest, min(c.id) FROM task t "
        "JOIN comparison c ON c.id = t.comparison_id JOIN text x ON x.id = c.text_id "
        f"WHERE {scope.condition()} AND t.role = 'work' AND t.frozen = 0 "
        f"AND c.consent IN {{among consents}} AND x.body IS NOT NULL AND NOT {_HIDDEN} "
        "GROUP BY c.prompt_digest ORDER BY min(t.id)",
        consents=canonical(list(scope.consents)).decode(),
        **scope.values(),
    ):
        yield str(prompt), str(comparison)


def left_out(unit: Unit, scope: Scope) -> dict[str, int]:
    """Count comparisons of a scope that are kept back, by the reason."""
    rows = unit.all(
        "SELECT CASE WHEN t.role <> 'work' THEN t.role "
        "WHEN c.consent NOT IN {among consents} THEN 'no_consent' "
        f"WHEN x.body IS NULL THEN 'erased' WHEN {_HIDDEN} THEN 'hidden' "
        "ELSE 'frozen' END AS reason, count(DISTINCT c.id) FROM task t "
        "JOIN comparison c ON c.id = t.comparison_id JOIN text x ON x.id = c.text_id "
        f"WHERE {scope.condition()} AND ((t.role <> 'work' AND NOT EXISTS (SELECT 1 "
        "FROM task w WHERE w.comparison_id = c.id AND w.role = 'work')) "
        "OR t.frozen = 1 "
        f"OR x.body IS NULL OR {_HIDDEN} OR c.consent NOT IN {{among consents}}) "
        "GROUP BY 1 ORDER BY 1",
        consents=canonical(list(scope.consents)).decode(),
        **scope.values(),
    )
    return {str(reason): int(n) for reason, n in rows}


@dataclass(frozen=True)
class Sharing:
    """A comparison that holds a prompt.

    Attributes:
        in_queue: Whether it is a task of the queue in question.
    """

    comparison: str
    in_queue: bool


def sharing(
    unit: Unit, prompts: Iterable[str], queue: str, consents: Iterable[str]
) -> dict[str, list[Sharing]]:
    """Find the comparisons of prompts, by the prompt; gold and training stay out."""
    rows = unit.all(
        "SELECT c.prompt_digest, c.id, max(CASE WHEN t.queue = :queue THEN 1 ELSE 0 "
        "END) FROM comparison c JOIN task t ON t.comparison_id = c.id "
        "WHERE c.prompt_digest IN {among prompts} AND t.role = 'work' AND t.frozen = 0 "
        "AND c.consent IN {among consents} "
        "GROUP BY c.prompt_digest, c.id ORDER BY c.id",
        prompts=canonical(list(prompts)).decode(),
        consents=canonical(list(consents)).decode(),
        queue=queue,
    )
    by_prompt: dict[str, list[Sharing]] = {}
    for prompt, comparison, in_queue in rows:
        by_prompt.setdefault(prompt, []).append(Sharing(comparison, bool(in_queue)))
    return by_prompt
