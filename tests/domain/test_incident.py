"""Categories, severities and due times of incidents."""

from __future__ import annotations

import pytest

from adjudge.domain.incident import CATEGORIES, Severity, category, due, severity
from adjudge.domain.routing import ROUTES
from adjudge.errors import InvalidInputError


def test_only_severe_incidents_freeze_and_only_the_worst_hides():
    assert [s for s in Severity if s.freezes] == [Severity.HIGH, Severity.CRITICAL]
    assert [s for s in Severity if s.hides] == [Severity.CRITICAL]
    assert [c for c, k in CATEGORIES.items() if k.severity.hides] == ["child_abuse"]


def test_the_worse_it_is_the_sooner_somebody_looks():
    at = "2026-01-05T09:00:00Z"
    times = [due(at, s) for s in Severity]
    assert times == sorted(times, reverse=True)
    assert due(at, Severity.CRITICAL) == "2026-01-05T10:00:00Z"


def test_every_skip_that_opens_an_incident_names_a_category():
    for route in ROUTES.values():
        assert route.incident is None or category(route.incident)


def test_what_there_is_not_is_refused():
    with pytest.raises(InvalidInputError, match="no flag category 'x'"):
        category("x")
    with pytest.raises(InvalidInputError, match="no severity 'x'"):
        severity("x")
