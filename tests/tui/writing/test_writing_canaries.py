"""What nobody may see comes onto no screen of rewriting and reviewing."""

from __future__ import annotations

import json

import pytest

from adjudge.services.feedback import triage
from adjudge.services.feedback.filling import Asked
from adjudge.services.importing import ingest
from adjudge.services.privacy import privacy
from adjudge.services.work import rewriting
from adjudge.tui.writing.review import ReviewScreen
from adjudge.tui.writing.rewrite import RewriteScreen
from adjudge.tui.writing.writing_done import WritingDoneScreen

PRIVATE = "canary.mail@example.com, 4111 1111 1111 1111, sk-CANARYkey0123456789abcdef"
CANARIES = ("canary", "4111", "CANARY", "GPT")


def event(made, number, words, user, *, consent=True):
    """An answer and its downvote whose every text holds some words."""
    document = {"title": f"{made.ASKED[number]} {words}", "text": words}
    return made.events(
        number,
        consent=consent,
        user_id=user,
        comment=f"wrong: {words}",
        answer={
            "user_id": user,
            "messages": [
                {"role": "system", "content": f"Be kind. {words}"},
                {"role": "user", "content": f"{made.ASKED[number]} {words}"},
            ],
            "response": f"As GPT-4 I say: {words}. And that is all there is to say.",
            "context": {
                "model": "gpt-4",
                "retrieval": {"documents": [document]},
                "tool_calls": [{"name": "search", "ok": False, "error": words}],
            },
        },
    )


@pytest.fixture
def guarded(sqlite_bench, tmp_path, made):
    """Texts with private stretches; others of users without, or no more, consent."""
    bench, gone = sqlite_bench, "CANARYGONE is what they said"
    records = event(made, 0, gone, "gone") + event(made, 1, gone, "gone")
    made.prepare(bench, tmp_path, records=records)
    made.sign(bench, text=f"Better: {gone}")
    begun = rewriting.claim(bench, made.EVA, "rw")[0]
    draft = begun.blank().write(f"Begun: {gone}")
    rewriting.save_draft(bench, made.EVA, begun, draft, session="before", seq=1)
    privacy.withdraw(bench, made.LEAD, "gone")
    records = [
        *event(made, 2, f"Write to {PRIVATE}", "open"),
        *event(made, 3, "CANARYNO was said without consent", "no", consent=False),
        *event(made, 4, "CANARYLATE came after the withdrawal", "gone"),
    ]
    file = tmp_path / "more.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in records))
    ingest.import_files(bench, made.LEAD, "feedback", [str(file)], ingest.Options())
    triage.fill(bench, made.LEAD, "rw", Asked(source="downvotes"))
    return bench


async def look(desk, *keys):
    """Press keys one by one; give everything that stood on the screen."""
    seen = desk.shown
    for key in keys:
        await desk.pilot.press(key)
        await desk.settle(1)
        seen += desk.shown
    return seen


async def test_neither_author_nor_reviewer_sees_what_is_covered_or_taken_back(
    guarded, write_at
):
    async with write_at(bench=guarded, size=(80, 24)) as desk:
        assert isinstance(desk.screen, RewriteScreen)
        seen = await look(desk, "f6", "tab", "tab", "v", "ctrl+o", "escape")
        assert seen.count("[email]") > 3
        assert "[model]" in seen
        await desk.press("i", "S", "o", "f5", "i", "escape")
        seen += await look(desk, "f2")
        await desk.until(WritingDoneScreen)
        (signed,) = [w for w in desk.rewrites if w.text]
        assert signed.text.startswith("So")
        seen += desk.shown
    async with write_at(bench=guarded, who="rob", review=True) as desk:
        assert isinstance(desk.screen, ReviewScreen)
        seen += await look(desk, "v", "c", "escape", "d", "1", "enter")
        await desk.until(WritingDoneScreen)
        seen += desk.shown
    for canary in CANARIES:
        assert canary not in seen, canary
