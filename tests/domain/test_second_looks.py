"""What a review of a judgment needs before it can be signed."""

from __future__ import annotations

import pytest

from adjudge.domain.second_looks import SecondLook


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({}, "Decide first"),
        ({"verdict": "accept"}, ""),
        ({"verdict": "return", "why": "too long"}, "Name the clause"),
        ({"verdict": "return", "clause": "4", "why": " "}, "Say why"),
        ({"verdict": "return", "clause": "4", "why": "too long"}, ""),
    ],
)
def test_a_return_needs_a_clause_and_words(said, missing):
    found = SecondLook(judgment="j1", **said).missing()
    assert found.startswith(missing)
    assert bool(found) == bool(missing)
