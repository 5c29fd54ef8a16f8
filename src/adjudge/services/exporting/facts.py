"""What a card says beside the rows, gathered while they are written."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Facts:
    """What the card says beside the rows.

    Attributes:
        judged: Judgments by person.
        spent: Seconds of judging by person.
        roles: Role by person.
        written: Rewrites and seconds by person.
        rewrites: What each rewrite queue holds.
        expertise: Declared weights by person and topic.
        guidelines: SHA-256 of the texts that people worked under, by reference.
    """

    excluded: dict[str, Counter[str]]
    queues: list[dict[str, Any]] = field(default_factory=list)
    consent: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    spent: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    roles: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    written: dict[str, list[float]] = field(default_factory=dict)
    rewrites: list[dict[str, Any]] = field(default_factory=list)
    expertise: dict[str, dict[str, float]] = field(default_factory=dict)
    guidelines: dict[str, str] = field(default_factory=dict)

    def people(self) -> dict[str, Any]:
        """Count people, judgments, rewrites and hours by role; tell what they know."""
        by_role: dict[str, list[str]] = {}
        for name in sorted({*self.judged, *self.written}):
            by_role.setdefault(self.roles[name], []).append(name)
        return {role: self._done(names) for role, names in sorted(by_role.items())}

    def _done(self, names: list[str]) -> dict[str, Any]:
        wrote = [self.written[n] for n in names if n in self.written]
        judging = sum(self.spent[n] for n in names if n in self.spent)
        seconds = judging + sum(s for _, s in wrote)
        topics: dict[str, list[float]] = {}
        for name in names:
            for topic, weight in sorted(self.expertise.get(name, {}).items()):
                topics.setdefault(topic, []).append(weight)
        return {
            "people": len(names),
            "judgments": sum(self.judged[n] for n in names),
            "rewrites": int(sum(n for n, _ in wrote)),
            "hours": round(seconds / 3600, 2),
            "expertise": {
                topic: {"people": len(each), "weight": round(sum(each) / len(each), 6)}
                for topic, each in sorted(topics.items())
            },
        }
