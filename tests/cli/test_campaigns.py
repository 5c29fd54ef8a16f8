"""The campaign commands: words, JSON, exit codes."""

import json

import pytest

from adjudge.cli import run
from adjudge.wiring import shipped

SAMPLE = str(shipped.folder("fixtures") / "sample" / "campaign.toml")


@pytest.fixture
def adjudge(capsys, tmp_path, monkeypatch):
    """Run a command in an empty folder; give exit code, output and words."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_a_file_is_checked_without_a_store(adjudge):
    code, out, err = adjudge("campaign", "check", SAMPLE)
    assert (code, "is well formed" in out) == (0, True)
    assert "only the file was checked" in err


def test_apply_prints_the_plan_and_again_nothing_changes(adjudge):
    adjudge("init")
    code, out, _ = adjudge("campaign", "apply", SAMPLE, "--dry-run")
    assert (code, out.splitlines()[-1]) == (0, "would apply: 13 create, 4 wait")
    code, out, _ = adjudge("campaign", "apply", SAMPLE)
    assert (code, out.splitlines()[-1]) == (0, "applied: 13 create, 4 wait")
    code, out, _ = adjudge("campaign", "apply", SAMPLE, "--json")
    assert json.loads(out)["counts"]["unchanged"] == 13


def test_faults_exit_2_and_are_all_told(adjudge, tmp_path):
    adjudge("init")
    (tmp_path / "bad.toml").write_text(
        '[campaign]\nname = "x"\n[[queues]]\nname = "q"\noverlap = 0\nkind = "pair"\n'
    )
    code, out, err = adjudge("campaign", "apply", "bad.toml")
    assert (code, out) == (2, "")
    assert "bad.toml:5: queues[0].overlap" in err
    assert "bad.toml:6: queues[0].kind" in err
    assert adjudge("campaign", "check", "gone.toml")[0] == 3


def test_guideline_commands_answer(adjudge, tmp_path):
    adjudge("init")
    adjudge("campaign", "apply", SAMPLE)
    text = (shipped.folder("guidelines") / "helpfulness.md").read_text()
    (tmp_path / "new.md").write_text(
        text.replace("version = 1", "version = 2").replace("Compare two", "Weigh two")
    )
    assert adjudge("guideline", "add", "new.md", "--minor")[:2] == (
        0,
        "added helpfulness@2\n",
    )
    code, out, _ = adjudge("guideline", "diff", "helpfulness@1", "helpfulness@2")
    assert (code, "+ summary: Weigh two" in out) == (0, True)
    code, out, _ = adjudge("guideline", "impact", "helpfulness")
    assert "nothing was judged under a text older than helpfulness@2" in out
    code, out, _ = adjudge("guideline", "tickets", "--json")
    assert (code, json.loads(out)) == (0, [])
    assert adjudge("guideline", "tickets", "--close", "x", "--why", "y")[0] == 3
    assert adjudge("guideline", "confirm-gold", "helpfulness")[0] == 0
    assert adjudge("guideline", "add", "new.md", "--minor", "--major")[0] == 2


def test_a_forecast_says_what_is_left_and_who_is_waited_for(adjudge):
    adjudge("init")
    adjudge("campaign", "apply", SAMPLE)
    folder = shipped.folder("fixtures") / "sample"
    file = str(folder / "comparisons.jsonl")
    adjudge("import", "comparisons", file, "--queue", "helpfulness")
    code, out, _ = adjudge("queue", "forecast", "helpfulness")
    assert code == 0
    assert out.startswith("judgments left")
    assert "nobody judged here in the last 28 days" in out
    assert "with medical" in out.splitlines()[-1]
    code, out, _ = adjudge("queue", "forecast", "helpfulness", "--json")
    assert json.loads(out)["hours"]["value"] is None
    assert adjudge("queue", "forecast", "nowhere")[0] == 3


def test_prompts_leave_and_answers_come_back(adjudge, tmp_path):
    adjudge("init")
    file = str(shipped.folder("fixtures") / "sample" / "comparisons.jsonl")
    adjudge("import", "comparisons", file, "--queue", "q")
    code, out, _ = adjudge("prompts", "export", "p.jsonl", "--where", "topic=python")
    assert (code, out) == (
        0,
        "wrote 8 prompts to p.jsonl; comparisons kept back: 1 gold\n",
    )
    assert adjudge("prompts", "export", "p.jsonl")[0] == 4
    assert adjudge("prompts", "export", "x.jsonl", "--where", "colour=red")[0] == 2
    lines = (tmp_path / "p.jsonl").read_text().splitlines()
    answers = [
        {"prompt_id": json.loads(line)["id"], "response": "ours", "model": "m"}
        for line in lines
    ]
    (tmp_path / "r.jsonl").write_text("\n".join(map(json.dumps, answers)))
    back = ("import", "responses", "r.jsonl", "--queue", "back")
    assert adjudge(*back)[0] == 2
    assert adjudge(*back, "--pair", "some")[0] == 2
    assert adjudge("import", "people", "r.jsonl", "--pair", "all")[0] == 2
    code, out, _ = adjudge(*back, "--pair", "all", "--json")
    assert (code, json.loads(out)["added"]) == (0, 16)
    code, out, _ = adjudge(*back, "--pair", "all", "--json")
    assert (json.loads(out)["added"], json.loads(out)["unchanged"]) == (0, 16)
    code, out, _ = adjudge(*back[:-1], "r", "--pair", "random", "--seed", "3")
    assert (code, out.startswith("8 read")) == (0, True)


def test_a_queue_shows_its_batches(adjudge):
    adjudge("init")
    file = str(shipped.folder("fixtures") / "sample" / "comparisons.jsonl")
    adjudge("import", "comparisons", file, "--queue", "q", "--batch", "wave one")
    _, out, _ = adjudge("queue", "show", "q")
    assert "wave one" in out
    _, out, _ = adjudge("queue", "show", "q", "--json")
    (batch,) = json.loads(out)["batches"]
    assert (batch["name"], batch["tasks"], batch["open"]) == ("wave one", 56, 168)


def test_a_major_change_is_told_with_all_that_rests_on_the_old_text(adjudge, tmp_path):
    folder = shipped.folder("fixtures") / "sample"
    adjudge("init")
    adjudge("campaign", "apply", SAMPLE)
    for kind in ("comparisons", "judgments"):
        file = str(folder / f"{kind}.jsonl")
        adjudge("import", kind, file, "--queue", "helpfulness")
    assert adjudge("export", "out", "--queue", "helpfulness")[0] == 0
    text = (shipped.folder("guidelines") / "helpfulness.md").read_text()
    (tmp_path / "new.md").write_text(text.replace("version = 1", "version = 2"))
    code, out, err = adjudge("guideline", "add", "new.md", "--major")
    assert (code, out) == (0, "added helpfulness@2\n")
    assert "gold is suspended (4 in helpfulness)" in err

    _, out, _ = adjudge("guideline", "impact", "helpfulness")
    assert "judgments were made under texts older than helpfulness@2" in out
    assert "rows rest on them" in out
    assert "Cochran" in out
    _, out, _ = adjudge("guideline", "impact", "helpfulness", "--json")
    found = json.loads(out)
    (queue,) = found["queues"]
    assert queue["judgments"] == found["judgments"] == queue["under"][0]["judgments"]
    assert 0 < queue["sample"] < queue["judgments"]

    once = ("guideline", "confirm-gold", "helpfulness")
    _, out, _ = adjudge(*once, "--comparison", "py-remove-loop")
    assert out == "confirmed gold: 1 in helpfulness\n"
    assert adjudge(*once)[1] == "confirmed gold: 3 in helpfulness\n"
    _, out, _ = adjudge("guideline", "list")
    assert "helpfulness@2" in out
    _, out, _ = adjudge("guideline", "diff", "helpfulness@1", "helpfulness@1")
    assert "nothing that a reader would see" in out
    _, out, _ = adjudge("guideline", "show", "helpfulness@1")
    assert "## 1" in out
    assert adjudge("guideline", "add", "gone.md")[0] == 3
    (tmp_path / "latin.md").write_bytes(b"\xe9")
    assert adjudge("guideline", "add", "latin.md")[0] == 2
