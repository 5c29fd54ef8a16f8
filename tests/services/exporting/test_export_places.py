"""Where datasets go: whole or not at all, whoever is killed, wherever it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adjudge.errors import ConflictError, InvalidInputError
from adjudge.formats import dataset_dir
from adjudge.services import exporting
from adjudge.services.exporting import datasets, verifying

OPTIONS = exporting.ExportOptions(accept_low_agreement=True)


@pytest.fixture
def bench(sqlite_bench):
    return sqlite_bench


@pytest.fixture
def judged(bench, bring_in, comparison_of, judgment_of):
    bring_in(bench, "comparisons", [comparison_of("c1")], queue="q")
    lines = [judgment_of("c1", who) for who in ("ann", "bob", "cy")]
    bring_in(bench, "judgments", lines, queue="q")
    return bench


_KILLED = """
import os, signal, sys
from adjudge.cli import program
from adjudge.services.exporting import writing
def kill(self, *_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
for name in ("add", "add_line", "add_plain"):
    setattr(writing.Writing, name, kill)
sys.exit(program.run(sys.argv[1:]))
"""


def drafts(place):
    return [p.name for p in place.iterdir() if p.name.startswith(".")]


@pytest.mark.parametrize("form", [(), ("--as", "preference")])
def test_what_a_killed_export_leaves_is_cleared_by_the_next(
    judged, lead, tmp_path, form
):
    judged.store.close()
    place = tmp_path / "place"
    place.mkdir()
    out = place / "out"
    arguments = ["--db", judged.store.place, "export", str(out), *form]
    killed = subprocess.run([sys.executable, "-c", _KILLED, *arguments], check=False)
    assert killed.returncode == -9
    assert not out.exists()
    assert len(drafts(place)) == 1
    exporting.export(judged, lead, str(out), OPTIONS)
    assert [p.name for p in place.iterdir()] == ["out"]
    assert len(datasets.listed(judged, lead)) == 1


def test_a_draft_of_somebody_who_still_works_stays(judged, lead, tmp_path):
    with dataset_dir.staged(tmp_path / "place" / "a") as draft:
        exporting.export(judged, lead, str(tmp_path / "place" / "b"), OPTIONS)
        assert draft.folder.is_dir()
        draft.publish()
    assert sorted(p.name for p in (tmp_path / "place").iterdir()) == ["a", "b"]


def killed_between(place, *, linked):
    """Leave what an export leaves that is killed while it places its files."""
    draft = place / f".l.jsonl.abc{dataset_dir.STALE}"
    draft.mkdir()
    for name in ("l.jsonl", "dataset_info.json"):
        (draft / name).write_text("{}")
    for name in linked:
        os.link(draft / name, place / name)


def test_a_file_that_was_placed_without_the_other_is_taken_back(judged, lead, tmp_path):
    killed_between(tmp_path, linked=["dataset_info.json"])
    out = tmp_path / "m.jsonl"
    exporting.export_file(judged, lead, str(out), "llama-factory", OPTIONS)
    info = json.loads((tmp_path / "dataset_info.json").read_text())
    assert info["m"]["file_name"] == "m.jsonl"
    assert not (tmp_path / "l.jsonl").exists()
    assert drafts(tmp_path) == []


def test_files_that_were_placed_together_stay(judged, lead, tmp_path):
    killed_between(tmp_path, linked=["dataset_info.json", "l.jsonl"])
    with pytest.raises(ConflictError, match=r"l\.jsonl exists"):
        exporting.export_file(
            judged, lead, str(tmp_path / "l.jsonl"), "llama-factory", OPTIONS
        )
    assert (tmp_path / "dataset_info.json").exists()
    assert drafts(tmp_path) == []


def test_a_file_of_somebody_else_is_never_taken_back(judged, lead, tmp_path):
    killed_between(tmp_path, linked=[])
    (tmp_path / "dataset_info.json").write_text("mine")
    with pytest.raises(ConflictError, match=r"dataset_info\.json exists"):
        exporting.export_file(
            judged, lead, str(tmp_path / "l.jsonl"), "llama-factory", OPTIONS
        )
    assert (tmp_path / "dataset_info.json").read_text() == "mine"


def test_a_stale_draft_that_is_a_link_is_left_alone(judged, lead, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "kept").touch()
    place = tmp_path / "place"
    place.mkdir()
    (place / f".x{dataset_dir.STALE}").symlink_to(mine)
    exporting.export(judged, lead, str(place / "out"), OPTIONS)
    assert (mine / "kept").exists()


def test_the_folder_one_stands_in_is_filled(judged, lead, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    before = here.stat().st_ino
    exporting.export(judged, lead, ".", OPTIONS)
    assert here.stat().st_ino == before
    names = sorted(p.name for p in Path().iterdir())
    assert names == [
        "README.md", "annotations", "kto", "lineage", "manifest.json", "preference",
        "rankings",
    ]  # fmt: skip
    assert json.loads(Path("manifest.json").read_text())["name"] == "adjudge export"
    with pytest.raises(ConflictError, match="not empty"):
        exporting.export(judged, lead, ".", OPTIONS)


_KILLED_PLACING = """
import os, signal, sys
from pathlib import Path
from adjudge.cli import program
rename, left = Path.rename, [int(sys.argv[1])]
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
def count(self, target):
    placing = self.parent.name.endswith("adjudge-draft")
    if placing and not left[0]:
        die()
    left[0] -= placing
    return rename(self, target)
Path.rename = count
if left[0] == 99:
    import shutil
    shutil.rmtree = die
sys.exit(program.run(sys.argv[2:]))
"""


@pytest.mark.parametrize("placed", [0, 1, 4, 99])
def test_a_folder_half_filled_is_no_dataset_and_filled_anew(
    judged, lead, tmp_path, monkeypatch, placed
):
    """Killed before the first is placed, in between, and when all are."""
    here = tmp_path / "here"
    here.mkdir()
    (tmp_path / "elsewhere").write_text("mine")
    monkeypatch.chdir(here)
    judged.store.close()
    line = ["--db", judged.store.place, "export", "."]
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED_PLACING, str(placed), *line], check=False
    )
    assert killed.returncode == -9
    if placed == 99:
        verifying.verify(str(here))
        return
    with pytest.raises(InvalidInputError, match=r"no manifest\.json") as told:
        verifying.verify(str(here))
    assert "was killed" in str(told.value.hint)
    (here / "mine").write_text("put here since")
    with pytest.raises(ConflictError, match="not empty"):
        exporting.export(judged, lead, ".", OPTIONS)
    assert [p.name for p in here.iterdir()] == ["mine"]
    (here / "mine").unlink()
    exporting.export(judged, lead, ".", OPTIONS)
    assert drafts(here) == []
    verifying.verify(str(here))


_KILLED_TELLING = """
import os, signal, sys
from adjudge.domain.people import Actor, Role
from adjudge.formats import dataset_dir
from adjudge.services import exporting
from adjudge.services.bench import Bench
from adjudge.storage.engine.store import Store
when, store, out = sys.argv[1:]
publish = dataset_dir.Draft.publish
def die(draft):
    if when == "after":
        publish(draft)
    os.kill(os.getpid(), signal.SIGKILL)
dataset_dir.Draft.publish = die
bench = Bench(Store.at(store), now=lambda: "", new_id=str, secret=b"a test")
options = exporting.ExportOptions(accept_low_agreement=True)
exporting.export(bench, Actor(name="lea", role=Role.LEAD), out, options)
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_export_killed_as_its_files_are_placed_is_known_as_unfinished(
    judged, lead, tmp_path, when
):
    """Nothing that is there is unknown, and nothing unknown is said to be there."""
    judged.store.close()
    out = tmp_path / "out"
    line = [sys.executable, "-c", _KILLED_TELLING, when, judged.store.place, out]
    killed = subprocess.run(line, check=False)
    assert killed.returncode == -9
    assert out.exists() == (when == "after")
    (version,) = datasets.listed(judged, lead)
    assert not version["placed"]
    if when == "after":
        digest = verifying.verify(str(out)).digest
        assert version["id"] == digest
        row = "preference/train-00000-of-00001.jsonl:1"
        assert datasets.why(judged, lead, str(out / row))["datasets"] == [digest]
        out = tmp_path / "again"
    exporting.export(judged, lead, str(out), OPTIONS)
    (version,) = datasets.listed(judged, lead)
    assert version["placed"]
    assert verifying.verify(str(out)).digest == version["id"]
    assert drafts(tmp_path) == []


def test_what_another_export_left_is_not_forgotten_when_this_one_fails(
    judged, lead, tmp_path, monkeypatch
):
    """The files of the other may be there."""

    def fail(draft):
        raise InvalidInputError("no place")

    out = str(tmp_path / "out")
    with monkeypatch.context() as patched:
        patched.setattr(exporting.deeds.datasets, "place", lambda *_: sys.exit())
        patched.setattr(exporting.deeds.datasets, "forget", lambda *_, **__: None)
        with pytest.raises(SystemExit):
            exporting.export(judged, lead, out, OPTIONS)
    assert [d["placed"] for d in datasets.listed(judged, lead)] == [False]
    monkeypatch.setattr(dataset_dir.Draft, "publish", fail)
    with pytest.raises(InvalidInputError, match="no place"):
        exporting.export(judged, lead, out, OPTIONS)
    assert [d["placed"] for d in datasets.listed(judged, lead)] == [False]


def test_what_somebody_else_wrote_down_removes_nothing(judged, lead, tmp_path):
    """A draft that names a place outside of its own, or another file."""
    place = tmp_path / "place"
    draft = place / f".x.abc{dataset_dir.STALE}"
    draft.mkdir(parents=True)
    (tmp_path / "outside").write_text("mine")
    (place / "kept").write_text("mine")
    numbers = {
        "../outside": (tmp_path / "outside").stat().st_ino,
        "kept": (place / "kept").stat().st_ino + 1,
    }
    (draft / dataset_dir.PLACING).write_text(json.dumps(numbers))
    (draft / dataset_dir.MANIFEST).write_text("{}")
    exporting.export(judged, lead, str(place / "out"), OPTIONS)
    assert (tmp_path / "outside").exists()
    assert (place / "kept").exists()
    assert drafts(place) == []


def test_a_disk_of_its_own_is_filled(judged, lead, small_disk):
    disk = small_disk("8m")
    exporting.export(judged, lead, str(disk), OPTIONS)
    assert (disk / "manifest.json").exists()
    assert drafts(disk) == []


def test_a_version_that_got_no_name_is_not_remembered(
    judged, lead, tmp_path, monkeypatch
):
    """Somebody else takes the name while the rows are written."""
    out = tmp_path / "out"
    begin = exporting.deeds.datasets.begin

    def race(*arguments, **others):
        out.mkdir()
        (out / "theirs").touch()
        return begin(*arguments, **others)

    monkeypatch.setattr(exporting.deeds.datasets, "begin", race)
    with pytest.raises(ConflictError, match="appeared"):
        exporting.export(judged, lead, str(out), OPTIONS)
    assert [p.name for p in out.iterdir()] == ["theirs"]
    assert drafts(tmp_path) == []
    assert datasets.listed(judged, lead) == []


def test_a_version_that_the_store_cannot_keep_leaves_no_files(
    judged, lead, tmp_path, monkeypatch
):
    def fail(draft):
        publish(draft)
        raise InvalidInputError("the store is gone")

    publish = dataset_dir.Draft.publish
    monkeypatch.setattr(dataset_dir.Draft, "publish", fail)
    with pytest.raises(InvalidInputError, match="gone"):
        exporting.export(judged, lead, str(tmp_path / "out"), OPTIONS)
    with pytest.raises(InvalidInputError, match="gone"):
        exporting.export_file(judged, lead, str(tmp_path / "f"), "preference", OPTIONS)
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "f").exists()
    assert drafts(tmp_path) == []
    assert datasets.listed(judged, lead) == []
