"""Every command does its deed; data goes to stdout, words to stderr."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest

from adjudge import __version__


def ok(ran):
    assert ran.code == 0, ran.err
    return ran


def test_the_version_is_said(adjudge):
    assert ok(adjudge("--version")).out == f"adjudge {__version__}\n"


# --- the store
def test_init_makes_a_store_and_its_founder_is_lead(adjudge):
    ran = ok(adjudge("--db", "new.db", "init", "--json"))
    assert ran.json == {"store": "new.db"}
    assert "next:" in ran.err
    (founder,) = ok(adjudge("people", "list", "--db", "new.db", "--json")).json
    assert founder["role"] == "lead"


def test_an_existing_store_is_refused(adjudge, store):
    ran = adjudge("init")
    assert (ran.code, ran.out) == (4, "")
    assert "exists already" in ran.err


def test_a_postgresql_store_is_made_and_used_the_same(adjudge, make_postgres):
    url = make_postgres(empty=True)
    ok(adjudge("--db", url, "--as", "lea", "init"))
    ok(adjudge("--db", url, "--as", "lea", "queue", "create", "q", "--kind", "compare"))
    assert adjudge("--db", url, "--as", "lea", "init").code == 4
    assert adjudge("--db", url, "--as", "nobody", "queue", "list").code == 3
    assert ok(adjudge("--db", url, "--as", "lea", "doctor")).out.count("PostgreSQL")


def test_db_check_backup_and_restore(adjudge, filled):
    assert "every promise holds" in ok(adjudge("db", "check")).out
    ok(adjudge("db", "backup", "copy.db"))
    assert adjudge("db", "backup", "copy.db").code == 4
    ok(adjudge("--db", "back.db", "db", "restore", "copy.db"))
    shown = ok(adjudge("--db", "back.db", "queue", "show", "q", "--json")).json
    assert shown["judgments"] == 9
    assert adjudge("--db", "back.db", "db", "restore", "copy.db").code == 4
    assert adjudge("--db", "x.db", "db", "restore", "none.db").code == 3


def test_a_broken_promise_is_an_exit_code(adjudge, filled, make_bench):
    with make_bench(filled).store.write() as unit:
        unit.run("UPDATE slot SET judgment_id = 'gone' WHERE task_id = 1 AND slot = 0")
    ran = adjudge("db", "check", "--json")
    assert ran.code == 1
    assert "every done slot has its judgment" in ran.json["broken"][0]
    assert "breaks a promise" in ran.err
    assert adjudge("doctor").code == 1


def test_db_upgrade_of_the_newest_changes_nothing(adjudge, store):
    done = ok(adjudge("db", "upgrade", "--json")).json
    assert done["before"] == done["after"]
    assert done["backup"] is None


def test_a_newer_store_is_refused(adjudge, store, make_bench):
    with make_bench(store).store.write() as unit:
        unit.run("UPDATE alembic_version SET version_num = '9999'")
    ran = adjudge("queue", "list")
    assert ran.code == 1
    assert "made by a newer adjudge" in ran.err
    assert adjudge("doctor").code == 1


def test_the_doctor_says_where_each_setting_comes_from(adjudge, store):
    Path("adjudge.toml").write_text('theme = "ansi-dark"\nsecret = "hush"\n')
    rows = {r["what"]: r["found"] for r in ok(adjudge("doctor", "--json")).json}
    assert rows["setting db"].endswith("(ADJUDGE_DB)")
    assert rows["setting theme"] == "ansi-dark (adjudge.toml)"
    assert rows["setting glyphs"] == "unicode (default)"
    assert rows["setting secret"] == "set, not shown (adjudge.toml)"
    assert rows["integrity"] == "every promise holds"
    assert "hush" not in adjudge("doctor").out


def test_the_doctor_names_a_file_that_others_can_read(adjudge, store):
    Path(store).chmod(0o644)
    assert "others can read it" in ok(adjudge("doctor")).out


def test_the_doctor_says_that_there_is_no_store(adjudge):
    ran = adjudge("doctor", "--db", "none.db")
    assert ran.code == 1
    assert "there is no store at none.db" in ran.out


# --- queues
def test_a_queue_is_created_changed_listed_and_shown(adjudge, store):
    made = ok(
        adjudge("queue", "create", "q", "--kind", "compare", "--overlap", 2, "--json")
    ).json
    assert made["created"] is True
    assert made["queue"]["overlap"] == 2
    again = adjudge("queue", "create", "q", "--kind", "compare", "--overlap", 2)
    assert "unchanged" in ok(again).out
    assert adjudge("queue", "create", "q", "--kind", "compare").code == 4
    changed = ok(
        adjudge(
            "queue", "set", "q", "--overlap", 4, "--no-ties", "--lease", 5, "--json"
        )
    ).json
    assert (changed["overlap"], changed["ties"], changed["lease_minutes"]) == (
        4,
        False,
        5,
    )
    (listed,) = ok(adjudge("queue", "list", "--json")).json
    assert listed["overlap"] == 4
    assert "overlap" in ok(adjudge("queue", "list")).out


def test_a_queue_says_what_is_not_as_in_every_other(adjudge, store):
    ok(adjudge("queue", "create", "q", "--kind", "compare", "--lease", 5))
    assert "lease 5 min\n" in ok(adjudge("queue", "show", "q")).out
    settings = ("--requires", "nda", "--topic", "sql", "--gold-rate", 0.05, "--no-ties")
    ok(adjudge("queue", "set", "q", *settings, "--pay", "hour,24.50,EUR,no-skip"))
    ok(adjudge("queue", "pause", "q", "--why", "over lunch"))
    shown = ok(adjudge("queue", "show", "q")).out.split("\n")
    assert shown[1] == (
        "needs the clearance nda, topic sql, gold 5%, lease 5 min, no ties, "
        "paid hour,24.50,EUR,no-skip"
    )
    assert shown[2] == "paused: over lunch"


def test_a_queue_is_made_with_or_without_ties(adjudge, store):
    for name, flag, ties in (("q", "--ties", True), ("p", "--no-ties", False)):
        made = ok(adjudge("queue", "create", name, "--kind", "compare", flag, "--json"))
        assert made.json["queue"]["ties"] is ties


def test_none_takes_a_setting_away(adjudge, store):
    """As it does for pay and adaptive; nobody could be cleared for nothing."""
    ok(adjudge("queue", "create", "q", "--kind", "compare", "--requires", "nda"))
    for word in ("none", "", "nda"):
        ran = adjudge("queue", "set", "q", "--requires", word, "--topic", "none")
        assert ok(ran).code == 0
        set_ = ok(adjudge("queue", "list", "--json")).json[0]
        assert (set_["requires"], set_["topic"]) == (
            "nda" if word == "nda" else None,
            None,
        )


def test_an_empty_list_and_an_empty_audit_say_so(adjudge, store):
    assert ok(adjudge("queue", "list")).err == "nothing to list\n"
    ok(adjudge("queue", "create", "q", "--kind", "compare"))
    assert "nobody has judged yet" in ok(adjudge("audit", "q", "--no-texts")).out


def test_an_adaptive_queue_is_given_as_one_value(adjudge, store):
    made = ok(
        adjudge(
            *("queue", "create", "q", "--kind", "compare", "--json"),
            *("--adaptive", "2,5,0.9"),
        )
    ).json
    assert made["queue"]["adaptive"] == {"least": 2, "most": 5, "sure": 0.9}


def test_a_queue_is_shown_with_slots_states_and_people(adjudge, filled):
    shown = ok(adjudge("queue", "show", "q", "--json")).json
    assert shown["slots"] == {"open": 0, "leased": 0, "done": 9}
    assert shown["states"] == {
        "open": 0,
        "settled": 3,
        "tie": 0,
        "escalated": 0,
        "adjudicated": 0,
    }
    assert [p["name"] for p in shown["people"]] == ["ann", "bob", "cy"]
    words = ok(adjudge("queue", "show", "q")).out
    assert "3 settled" in words
    assert "ann" in words


def test_a_lead_sees_who_asks_to_take_up_what_was_used(
    adjudge, filled, write_lines, comparison_of
):
    more = write_lines([comparison_of("c4")], "more.jsonl")
    ok(adjudge("import", "comparisons", more, "--queue", "q"))
    ok(adjudge("people", "add", "ann", "--role", "annotator"))
    assert adjudge("reopen", "q", "--requests", "--json").json == []
    for name in ("c1", "c2", "c3"):
        ranking = ("--ranking", '[["a"],["b"]]', "--why", "clear")
        ok(adjudge("adjudicate", name, *ranking))
    said = ok(adjudge("work", "q", "--plain", "--as", "ann", stdin=b"u\nq\n")).out
    assert "A lead has been asked to reopen it" in said
    assert "1 judgment is asked to be reopened" in ok(adjudge("queue", "show", "q")).out
    [asked] = ok(adjudge("reopen", "q", "--requests", "--json")).json
    assert (asked["by"], asked["comparison"] in {"c1", "c2", "c3"}) == ("ann", True)
    assert ok(adjudge("queue", "show", "q", "--json")).json["reopen_requests"] == [
        asked
    ]
    assert asked["judgment"] in ok(adjudge("reopen", "q", "--requests")).out
    refused = adjudge("reopen", "q", "--requests", "--as", "ann")
    assert (refused.code, refused.out) == (1, "")
    ok(adjudge("reopen", "q", "--where", f"judgment={asked['judgment']}"))
    assert "asked to be reopened" not in ok(adjudge("queue", "show", "q")).out


# --- people and guidelines
def test_people_are_added_and_listed(adjudge, store):
    ok(adjudge("people", "add", "ann", "--role", "annotator", "--language", "en"))
    assert (
        "unchanged"
        in ok(
            adjudge("people", "add", "ann", "--role", "annotator", "--language", "en")
        ).out
    )
    assert adjudge("people", "add", "ann", "--role", "lead").code == 4
    ok(adjudge("people", "expertise", "ann", "python", "2.5"))
    (ann,) = ok(adjudge("people", "list", "--json")).json
    assert (ann["expertise"], ann["languages"]) == ({"python": 2.5}, ["en"])
    assert "python=2.5" in ok(adjudge("people", "list")).out


def test_a_guideline_is_added_listed_and_shown(adjudge, store):
    from adjudge.wiring import shipped

    file = shipped.folder("guidelines") / "helpfulness.md"
    assert "added" in ok(adjudge("guideline", "add", file)).out
    assert "unchanged" in ok(adjudge("guideline", "add", file)).out
    assert "unchanged" in ok(adjudge("guideline", "add", "helpfulness")).out
    (listed,) = ok(adjudge("guideline", "list", "--json")).json
    assert (listed["name"], listed["version"]) == ("helpfulness", 1)
    assert ok(adjudge("guideline", "show", "helpfulness")).out.startswith("# ")
    shown = ok(adjudge("guideline", "show", "helpfulness@1", "--json")).json
    assert shown["ref"] == "helpfulness@1"
    changed = Path("helpfulness.md")
    changed.write_text(file.read_text() + "\nOne more word.\n")
    assert adjudge("guideline", "add", changed).code == 4
    assert adjudge("guideline", "show", "none").code == 3


# --- numbers and datasets
def test_agreement_is_said_in_words_and_numbers(adjudge, filled):
    found = ok(adjudge("agree", "q", "--json")).json
    assert found["winner"]["percent"]["value"] == pytest.approx(7 / 9)
    ran = ok(adjudge("agree", "q"))
    assert "Krippendorff's alpha" in ran.out
    assert "note: only 3 comparisons" in ran.err


def test_results_are_said_one_a_line(adjudge, filled):
    lines = ok(adjudge("resolve", "q", "--jsonl")).out.splitlines()
    rows = [orjson.loads(line) for line in lines]
    assert [r["winner"] for r in rows] == ["a", "a", "a"]
    assert set(rows[0]) >= {
        "comparison", "ranking", "winner", "state", "confidence", "n_judgments",
        "margin", "unweighted_winner", "flipped",
    }  # fmt: skip
    assert "settled" in ok(adjudge("resolve", "q")).out
    assert ok(adjudge("resolve", "q", "--json")).json


def test_an_export_is_written_and_every_row_can_be_traced(adjudge, filled):
    done = ok(adjudge("export", "out", "--accept-low-agreement", "--json")).json
    assert done["rows"]["preference"] == {"train": 3}
    file = Path("out/preference/train-00000-of-00001.jsonl")
    row = orjson.loads(file.read_bytes().splitlines()[0])
    found = ok(adjudge("why", f"{file}:1", "--json")).json
    assert found["row_id"] == row["row_id"]
    assert {j["annotator"] for j in found["judgments"]} == {"ann", "bob", "cy"}
    words = ok(adjudge("why", row["row_id"])).out
    assert "more than half of 3 judgments" in words
    (listed,) = ok(adjudge("datasets", "list", "--json")).json
    assert listed["id"] == done["digest"]
    assert done["digest"][:16] in ok(adjudge("datasets", "list")).out


def test_a_low_agreement_must_be_accepted(adjudge, filled):
    ran = adjudge("export", "out")
    assert ran.code == 1
    assert "below 0.2" in ran.err
    assert "--accept-low-agreement" in ran.err
    assert not Path("out").exists()


# --- how answers are given
def test_options_stand_before_or_after_the_command(adjudge, filled, monkeypatch):
    monkeypatch.delenv("ADJUDGE_DB")
    before = ok(adjudge("--db", filled, "--json", "queue", "list")).json
    after = ok(adjudge("queue", "list", "--db", filled, "--json")).json
    assert before == after


def test_json_is_one_document_whatever_is_said_beside_it(adjudge, filled):
    for arguments in (
        ("agree", "q"),
        ("resolve", "q"),
        ("queue", "list"),
        ("queue", "show", "q"),
        ("people", "list"),
        ("guideline", "list"),
        ("datasets", "list"),
        ("db", "check"),
        ("doctor",),
        ("import", "people", "-"),
    ):
        stdin = b'{"name":"x"}\n'
        assert ok(adjudge(*arguments, "--json", stdin=stdin)).json is not None


def test_import_gives_one_total_over_its_files(
    adjudge, store, write_lines, comparison_of
):
    files = [write_lines([comparison_of(n)], f"{n}.jsonl") for n in ("c1", "c2")]
    total = ok(adjudge("import", "comparisons", *files, "--queue", "q", "--json")).json
    assert total.pop("seconds") >= 0
    assert total == {
        "read": 2, "added": 2, "unchanged": 0, "superseded": 0, "surplus": 0,
        "rejected": 0,
    }  # fmt: skip
    again = ok(adjudge("import", "comparisons", *files, "--queue", "q"))
    assert again.out == "2 read, 2 unchanged, " + again.out.rpartition(", ")[2]


def test_a_dry_run_says_that_it_is_one(adjudge, store, write_lines, comparison_of):
    file = write_lines([comparison_of()])
    ran = ok(adjudge("import", "comparisons", file, "--queue", "q", "--dry-run"))
    assert ran.out.startswith("would import: 1 read, 1 added")
    assert ok(adjudge("queue", "list", "--json")).json == []


def test_refused_lines_are_named(adjudge, store, write_lines, comparison_of):
    file = write_lines([comparison_of(), "{"])
    ran = ok(
        adjudge("import", "comparisons", file, "--queue", "q", "--on-error", "skip")
    )
    assert f"refused lines are in {file}.rejected.jsonl" in ran.err
    assert "1 rejected" in ran.out


def test_help_of_every_command_is_plain_text(adjudge):
    from typer.main import get_command

    from adjudge.cli.program import app

    def walk(command, path):
        yield path
        for name, inner in getattr(command, "commands", {}).items():
            yield from walk(inner, [*path, name])

    for path in walk(get_command(app), []):
        out = ok(adjudge(*path, "--help")).out
        assert re.search(rf"Usage: adjudge {' '.join(path)}", out)
        assert "\x1b" not in out


def test_the_demo_runs_its_loop_without_a_terminal(adjudge):
    said = ok(adjudge("demo", "--dir", "d")).out
    assert [line.partition(":")[0] for line in said.splitlines()][:8] == [
        "judge", "agree", "resolve", "feedback", "rewrite", "export", "why", "why",
    ]  # fmt: skip
    assert "devika rewrote r-chest" in said
    assert "answers ev-chest-down: written by devika, approved by ines" in said
    ok(adjudge("demo", "--dir", "d"))
    assert Path("d/dataset-2").is_dir()


def test_comparisons_of_another_queue_say_that_tasks_were_made(
    adjudge, store, write_lines, comparison_of
):
    file = write_lines([comparison_of("c1"), comparison_of("c2")], "c.jsonl")
    first = ok(adjudge("import", "comparisons", file, "--queue", "one"))
    again = ok(adjudge("import", "comparisons", file, "--queue", "two"))
    third = ok(adjudge("import", "comparisons", file, "--queue", "two"))
    assert "2 unchanged" in again.out
    assert ["made in" in ran.err for ran in (first, again, third)] == [
        False,
        True,
        False,
    ]


def test_the_demo_goes_where_it_is_told_and_not_among_other_work(
    adjudge, comparison_of, write_lines
):
    ok(adjudge("--db", "own.db", "init"))
    file = write_lines([comparison_of()], "c.jsonl")
    ok(adjudge("--db", "own.db", "import", "comparisons", file, "--queue", "q"))
    refused = adjudge("--db", "own.db", "demo", "--dir", "d")
    assert (refused.code, "holds a campaign of its own" in refused.err) == (1, True)
    ok(adjudge("demo", "--db", "new.db", "--dir", "d"))
    assert Path("new.db").exists()
    assert Path("d/dataset").is_dir()
    assert not Path("d/adjudge.db").exists()


# --- nothing hostile reaches the terminal
HOSTILE = "\x1b]52;c;QQ\x07\x9b2J\u202egnp[/x]"


def test_hostile_names_are_shown_and_never_sent(
    adjudge, store, write_lines, comparison_of
):
    file = write_lines([comparison_of(HOSTILE), comparison_of("c2")], "c.jsonl")
    for arguments in (
        ("people", "add", HOSTILE, "--role", "annotator"),
        ("queue", "create", HOSTILE, "--kind", "compare"),
    ):
        refused = adjudge(*arguments)
        assert refused.code == 2, arguments
        assert not set(refused.err) & set("\x1b\x07\x9b\u202e"), arguments
    ok(adjudge("import", "comparisons", file, "--queue", HOSTILE, "--batch", HOSTILE))
    people = write_lines([{"name": HOSTILE, "role": "annotator"}], "p.jsonl")
    ok(adjudge("import", "people", people))
    judged = [
        {"comparison": c, "annotator": HOSTILE + who, "ranking": [["a"], ["b"]],
         "note": HOSTILE, "reasons": {"a": [HOSTILE]}}
        for who in "xyz" for c in (HOSTILE, "c2")
    ]  # fmt: skip
    ok(adjudge("import", "judgments", write_lines(judged, "j.jsonl")))
    ok(adjudge("export", "out", "--accept-low-agreement", "--name", HOSTILE))
    row = "out/preference/train-00000-of-00001.jsonl:1"
    for arguments in (
        ("queue", "list"),
        ("queue", "show", HOSTILE),
        ("people", "list"),
        ("agree", HOSTILE),
        ("resolve", HOSTILE),
        ("why", row),
        ("datasets", "list"),
        ("queue", "show", HOSTILE + "none"),
        ("import", "comparisons", file, "--queue", HOSTILE),
    ):
        for json in ((), ("--json",)):
            ran = adjudge(*arguments, *json)
            shown = ran.out + ran.err
            assert not set(shown) & set("\x1b\x07\x9b\u202e"), arguments
            if json and ran.code == 0:
                assert ran.json is not None
