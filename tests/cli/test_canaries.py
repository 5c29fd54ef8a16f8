"""Canaries through every flow: what may not be seen comes out of no command.

Three kinds are planted, and every command is then run on the store, in words and in
JSON, by a lead and by an annotator: words without consent, words of a user who took
consent back after tasks were made and worked on, and private stretches of texts.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.main import get_command

from adjudge.cli.program import app
from adjudge.domain.people import Actor, Role
from adjudge.services.bench import Bench
from adjudge.services.work import judging, rewriting
from adjudge.storage.engine.store import Store

REFUSED, GONE, MAIL = "CANARYrefused", "CANARYgone", "canary.mail@example.com"
CARD, KEY = "4111 1111 1111 1111", "sk-CANARYkey0123456789abcdef"
CANARY = re.compile(r"CANARY|canary\.mail|4111[ ]?1111")
PRIVATE = f"{MAIL}, {CARD}, {KEY}"
EXP = Actor(name="exp", role=Role.EXPERT)
ANN = Actor(name="ann", role=Role.ANNOTATOR)
# They show what is covered, to leads, with a reason: that is what they are for.
ON_PURPOSE = {"unmask", "incidents reveal"}


def answer(n, *, user, words=PRIVATE, prompt="", **others):
    return {
        "event_id": f"e{n}",
        "type": "message",
        "at": "2026-01-05T09:00:00Z",
        "user_id": user,
        "message_id": f"m{n}",
        "response_id": f"r{n}",
        "messages": [{"role": "user", "content": f"{prompt or n} {words}"}],
        "response": f"As GPT-4, number {n}: {words}",
        "context": {"model": "gpt-4", "error": words, "task_type": "qa"},
        **others,
    }


def done(n, kind, *, user, **others):
    return {
        "event_id": f"{kind}{n}",
        "type": kind,
        "at": "2026-01-05T09:01:00Z",
        "user_id": user,
        "message_id": f"m{n}",
        **others,
    }


def events():
    """Answers, complaints and regenerations of four users."""
    refused = {"consent": False, "words": REFUSED, "user": "no"}
    gone = {"words": GONE, "user": "gone"}
    return [
        answer(1, **refused),
        done(1, "thumbs", user="no", rating="down", comment=REFUSED, consent=False)
        | {"reason_codes": [REFUSED]},
        answer(2, prompt="reverse a list in Python", **gone),
        answer(3, prompt="the capital of Uri", **gone),
        done(2, "thumbs", user="gone", rating="down", comment=GONE)
        | {"reason_codes": [GONE]},
        done(2, "regenerate", user="gone", new_message_id="m3"),
        answer(4, prompt="a poem about autumn", user="u"),
        answer(5, prompt="photosynthesis for a child", user="u"),
        done(4, "thumbs", user="u", rating="down", comment=PRIVATE)
        | {"reason_codes": [f"call {MAIL}"]},
        done(4, "regenerate", user="u", new_message_id="m5"),
        done(5, "follow_up", user="u", text=f"No, wrong. {PRIVATE}"),
    ]


def bad_lines():
    """Lines that are refused, each with something in it that nobody may see."""
    return [
        {**answer(6, user="no", words=REFUSED, consent=False), "turn": REFUSED},
        {**answer(7, user="gone", words=GONE), "turn": "x"},
        {**answer(8, user="u"), "turn": MAIL},
        '{"event_id": "e9", "comment": "' + PRIVATE,
    ]


_A, _B, _TIE = [["a"], ["b"]], [["b"], ["a"]], [["a", "b"]]


def compared(n):
    sides = [
        {"id": "a", "text": f"As GPT-4, {PRIVATE}", "model": "gpt-4"},
        {"id": "b", "text": f"no {n} {PRIVATE}", "model": "m"},
    ]
    gold = {"ranking": [["a"], ["b"]], "why": PRIVATE} if n == 3 else None
    return {"id": f"c{n}", "prompt": f"{n} {PRIVATE}", "responses": sides, "gold": gold}


REWRITE = {
    "task": "k1",
    "prompt": f"write {PRIVATE}",
    "original": {"id": "r", "text": f"I wrote {PRIVATE}", "model": "gpt-4"},
    "annotator": "file",
    "text": f"I have written {PRIVATE}",
    "sources": [PRIVATE],
    "approved_by": "boss",
}


@pytest.fixture
def planted(store, adjudge, write_lines):
    """A store in which everything was done that can be done with these words."""

    def run(*arguments, code=0):
        ran = adjudge(*arguments)
        assert ran.code == code, ran.err
        return ran

    run("people", "add", "ann", "--role", "annotator")
    run("people", "add", "exp", "--role", "expert")
    comparisons = write_lines([compared(n) for n in (1, 2, 3)], "c.jsonl")
    said = [
        {"comparison": f"c{n}", "annotator": who, "ranking": ranking}
        for n, rankings in ((1, [_A, _A, _A]), (2, [_A, _B, _TIE]))
        for who, ranking in zip(("bob", "cy", "dee"), rankings, strict=True)
    ]
    outputs = [
        run("import", "comparisons", comparisons, "--queue", "q"),
        run("import", "judgments", write_lines(said, "j.jsonl")),
        run("import", "rewrites", write_lines([REWRITE], "r.jsonl")),
        run("import", "feedback", write_lines(events(), "e.jsonl")),
        run("queue", "fill", "rw", "--from", "downvotes"),
        run("queue", "fill", "rw2", "--from", "follow-ups", "--json"),
        run("queue", "fill", "cmp", "--from", "regenerations"),
    ]
    for ran in outputs:  # nobody has taken back anything yet
        assert_silent("before", (ran.out + ran.err).replace(GONE, ""))
    work(store)
    outputs = [
        run("consent", "withdraw", "gone"),
        run(
            "import",
            "feedback",
            write_lines(bad_lines(), "bad.jsonl"),
            "--on-error",
            "skip",
            code=2,
        ),
        run("import", "feedback", write_lines(bad_lines()[:1], "b1.jsonl"), code=2),
        run("import", "feedback", write_lines(bad_lines()[2:3], "b2.jsonl"), code=2),
        run("queue", "fill", "disputes", "--from", "disputed"),
    ]
    for ran in outputs:
        assert_silent("making the store", ran.out + ran.err)
    return store


def work(store):
    """Let people write about the words of who is about to leave."""
    numbers = iter(range(1000))
    bench = Bench(
        store=Store.at(store),
        now=lambda: "2026-01-06T09:00:00Z",
        new_id=lambda: f"w{next(numbers)}",
        secret=b"a test",
    )
    for task in judging.claim(bench, ANN, "cmp"):
        noted = GONE if GONE in str(task.comparison) else "fine"
        judging.submit(
            bench,
            ANN,
            task,
            task.blank().grade(2).with_note(noted),
            clock=judging.Clock(active=3.0, wall=5.0),
            submission_id=bench.new_id(),
        )
    for task in rewriting.claim(bench, EXP, "rw"):
        own = GONE if GONE in str(task.task) else "better"
        draft = task.blank().write(f"a text of mine, {own}").flip_reason("incorrect")
        rewriting.save_draft(bench, EXP, task, draft, session="s", seq=1)
        if own == GONE:
            rewriting.submit(
                bench, EXP, task, draft, seconds=5, submission_id=bench.new_id()
            )
    bench.store.close()


def assert_silent(what, text):
    found = CANARY.search(text)
    assert found is None, f"{what}: {text[max(0, found.start() - 200) : found.end()]}"


def commands():
    """List every command as the words one types."""

    def walk(command, path):
        inner = getattr(command, "commands", {})
        if not inner:
            yield " ".join(path)
        for name, one in inner.items():
            yield from walk(one, (*path, name))

    return sorted(walk(get_command(app), ()))


# What each command is called with; without, it is called with nothing and refuses.
ARGUMENTS = {
    "adjudicate": 'c1 --ranking [["a"],["b"]] --why x',
    "agree": "q --all",
    "annotators": "q --why bob",
    "audit": "q",
    "consent withdraw": "gone",
    "datasets diff": "one two",
    "db backup": "backup.db",
    "disputed": "q",
    "doctor": "",
    "export": "out --queue q --queue cmp --accept-low-agreement",
    "gold add": 'c2 --ranking [["a"],["b"]] --why x --queue q',
    "import": "feedback e.jsonl",
    "people message": "ann hello",
    "people statement": "exp --month 2026-01",
    "prompts export": "prompts.jsonl",
    "queue fill": "rw --from downvotes",
    "queue forecast": "q",
    "queue show": "rw",
    "report": "q report.html",
    "resolve": "q --jsonl",
    "review list": "q",
    "rewrite approve": "k1",
    "rewrite list": "rw",
    "rewrite return": "w1 --why x",
    "verify": "out",
    "why": "out/preference/train-00000-of-00001.jsonl:1",
    "work": "q --plain",
}
SKIPPED = {"demo", "db restore", "init"}  # other stores than this one


@pytest.mark.parametrize("as_json", [False, True], ids=["words", "json"])
def test_no_command_lets_a_canary_out(planted, adjudge, tmp_path, as_json):
    codes = {}
    # What is exported must be there when it is verified and asked about.
    for command in sorted(commands(), key=lambda c: (c != "export", c)):
        if command in ON_PURPOSE | SKIPPED:
            continue
        arguments = ARGUMENTS.get(command, "").split()
        more = ["--json"] if as_json and command != "work" else []
        for who in ([], ["--as", "ann"]) if not as_json else ([],):
            ran = adjudge(*command.split(), *arguments, *more, *who, stdin=b"2\n\nq\n")
            codes[command] = min(ran.code, codes.get(command, 9))
            assert_silent(f"adjudge {command}", ran.out + ran.err)
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.suffix in {".html", ".json", ".md", ".csv"}:
            assert_silent(path, path.read_text(errors="replace"))
    for path in (tmp_path / "out").rglob("*.jsonl"):
        assert_silent(path, path.read_text())
    assert_silent("prompts", Path("prompts.jsonl").read_text())
    assert_silent("refused lines", Path("bad.jsonl.rejected.jsonl").read_text())
    refused = [c for c in ARGUMENTS if codes.get(c, 0) != 0]
    assert refused == ["datasets diff", "rewrite approve", "rewrite return"], codes


def test_the_tables_of_texts_hold_only_what_may_be_shown(planted):
    """What screens read: every text but whole ones, which no screen asks for."""
    store = Store.at(planted)
    with store.read() as unit:
        rows = unit.all(
            "SELECT id, body FROM text WHERE body IS NOT NULL "
            "AND id NOT LIKE 'whole:%' AND id NOT LIKE 'event:%' "
            "UNION ALL SELECT 'draft', body FROM draft"
        )
        kept = unit.all("SELECT body FROM text WHERE id LIKE 'event:%'")
    store.close()
    assert len(rows) > 8
    for id, body in rows:
        assert_silent(id, body)
    # Of events, what was allowed is kept as it came; nothing else is kept at all.
    said = json.dumps([body for (body,) in kept])
    assert REFUSED not in said
    assert GONE not in said
    assert MAIL in said
