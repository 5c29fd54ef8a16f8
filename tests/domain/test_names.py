"""A name shows as it is written."""

from __future__ import annotations

import pytest

from adjudge.domain.names import check_name, hidden_in
from adjudge.errors import InvalidInputError

PLAIN = (
    "q",
    "Güte 2026",
    "日本語",
    "कर\u200cना",
    "क्‍ष",
    "שלום",
    "👩‍🔬",
    "a.b-c_d/e",
    " q",
)
DECEITFUL = {
    "q\x1b[31m": "␛",
    "q\u202egpj": "<RLO>",
    "q\u2066x": "<LRI>",
    "a\nb": "␊",
    "a\tb": "    ",
    "a\x9b5n": "<9B>",
    "a\u200bb": "<ZWSP>",
    "a\u00adb": "<SHY>",
}


@pytest.mark.parametrize("name", PLAIN)
def test_what_people_write_is_a_name(name):
    assert hidden_in(name) == ""
    check_name("queue", name)


@pytest.mark.parametrize("name", DECEITFUL)
def test_what_deceives_or_controls_is_none(name):
    with pytest.raises(InvalidInputError, match=r"^batch name: expected a name") as why:
        check_name("batch", name)
    assert DECEITFUL[name] in why.value.message
    assert name not in str(why.value)
