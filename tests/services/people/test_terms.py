"""The terms of a campaign: agreed to once, by everybody, before any task."""

from __future__ import annotations

import pytest

from adjudge.errors import ConflictError, RefusedError
from adjudge.services.campaign import campaigns, queueing
from adjudge.services.people import terms
from adjudge.services.work import arriving

LEA = '[[people]]\nname = "lea"\nrole = "lead"\n'


@pytest.fixture
def say(bench, lead, tmp_path):
    """Apply a campaign file with these terms, or with none."""

    def say(text=None):
        file = tmp_path / "campaign.toml"
        said = f'[terms]\ntext = """{text}"""\n' if text is not None else ""
        file.write_text(f'[campaign]\nname = "ours"\n{said}{LEA}')
        return campaigns.apply(bench, lead, str(file))

    return say


def test_nobody_sits_down_before_they_agreed_and_another_text_is_asked_anew(
    bench, lead, ann, say
):
    queueing.create(bench, lead, queueing.settings(name="q", kind="compare"))
    arriving.sit_down(bench, ann, "q")
    say("\nBe fair.\nYour words are kept.\n")
    with pytest.raises(RefusedError, match="ann has not agreed to the terms"):
        arriving.sit_down(bench, ann, "q")
    found = terms.pending(bench, ann)
    assert (found.text, found.before) == ("Be fair.\nYour words are kept.", False)
    terms.accept(bench, ann, found.version)
    terms.accept(bench, ann, found.version)
    assert terms.pending(bench, ann) is None
    arriving.sit_down(bench, ann, "q")
    assert terms.pending(bench, lead) is not None, "each for themselves"
    step, _ = say("Be fairer.").steps
    assert [d.key for d in step.differences] == ["terms"]
    with pytest.raises(ConflictError, match="changed meanwhile"):
        terms.accept(bench, ann, found.version)
    assert terms.pending(bench, ann).before
    say()
    assert terms.pending(bench, ann).text == "Be fairer.", "not said stays as it is"
    say("")
    assert terms.pending(bench, ann) is None
