"""What the store does not take is kept in a file, and brought in later, once."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from adjudge.domain.people import Actor, Role
from adjudge.errors import BusyError, InvalidInputError, NotAllowedError, UnknownError
from adjudge.services.work import journal as entries
from adjudge.services.work import judging
from adjudge.tui import journal, store_watch
from adjudge.tui.clock import Times
from adjudge.tui.deeds import Deeds
from adjudge.tui.dialogs.unsaved import Unsaved
from adjudge.tui.judging.compare import CompareScreen
from adjudge.tui.plain.plain import run_plain
from adjudge.tui.widgets.banner import Banner

ANN = Actor(name="ann", role=Role.ANNOTATOR)
BOB = Actor(name="bob", role=Role.ANNOTATOR)


@pytest.fixture(autouse=True)
def _own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def waiting(campaign):
    def waiting(suffix="json"):
        place = journal.folder(campaign.store.place, "ann")
        return sorted(place.glob(f"*.{suffix}"))

    return waiting


@contextmanager
def refusing(campaign, monkeypatch):
    """While this lasts, the store is somebody else's."""

    def busy(*_args, **_kwargs):
        raise BusyError("the store is busy", hint="try again in a moment")

    with monkeypatch.context() as patched:
        patched.setattr(type(campaign.store), "write", busy)
        yield


async def test_a_judgment_is_kept_and_brought_in_later(
    sit, campaign, monkeypatch, waiting
):
    async with sit("compare") as desk:
        first = desk.session.current.comparison.id
        with refusing(campaign, monkeypatch):
            await desk.press("2", "enter")
            await desk.until(Unsaved)
            assert (
                "The store is busy" in desk.shown or "the store is busy" in desk.shown
            )
            await desk.press("escape")
            assert desk.draft.digit == 2, "the draft is as it was"
            await desk.press("enter")
            await desk.until(Unsaved)
            await desk.press("k")
            await desk.until(CompareScreen)
        assert desk.session.current.comparison.id != first
        (path,) = waiting()
        assert path.stat().st_mode & 0o777 == 0o600
        assert desk.judgments() == []
    async with sit("compare") as desk:
        assert f"The judgment of {first} that waited is in the store now." in desk.said
        (judgment,) = desk.judgments()
        assert (judgment.comparison, judgment.margin) == (first, 2)
        assert waiting() == []
    assert desk.drafts() == []


async def test_it_is_tried_again(sit, campaign, monkeypatch, waiting):
    async with sit("compare") as desk:
        with refusing(campaign, monkeypatch):
            await desk.press("2", "enter")
            await desk.until(Unsaved)
        await desk.press("r")
        await desk.until(CompareScreen)
        assert "Saved #1" in desk.said
        assert waiting() == []


@pytest.fixture
def kept(campaign):
    """A judgment that waits in the journal."""
    deeds = Deeds(lambda: (campaign, ANN))
    task = deeds.sit_down("compare").hand[0]
    deeds.keep_aside(
        task, task.blank().grade(6), times=Times(9), seen=1, submission_id="s1"
    )
    return task


def test_brought_in_twice_it_is_one_judgment(campaign, kept, waiting):
    entry = entries.Entry.model_validate_json(waiting()[0].read_bytes())
    first = entries.bring_in(campaign, ANN, entry).judgment
    assert entries.bring_in(campaign, ANN, entry).judgment == first
    assert (first.seconds, first.margin, first.guideline) == (9, 2, "helpfulness@1")
    with pytest.raises(NotAllowedError, match="ann said this, not bob"):
        entries.bring_in(campaign, BOB, entry)
    with pytest.raises(UnknownError, match="no task"):
        entries.bring_in(campaign, ANN, entry.model_copy(update={"task_id": 10**6}))


def test_line_by_line_it_is_brought_in_as_well(campaign, kept, waiting):
    said = []
    run_plain(campaign, ANN, "ranking", read=lambda: None, write=said.append)
    assert any("that waited is in the store now" in text for text in said)
    assert waiting() == []
    # What was claimed on the way is nobody's: it lies in another queue.
    with campaign.store.read() as unit:
        assert unit.all(
            "SELECT queue FROM slot WHERE state = 1 AND annotator = 'ann' "
            "AND queue = 'compare' AND task_id <> :id",
            id=kept.task_id,
        ) in ([], [("compare",)])


def test_what_is_refused_stays_beside(campaign, kept, waiting):
    """It was judged in another window meanwhile; nothing is thrown away."""
    task = judging.claim(campaign, ANN, "compare")[0]
    assert task.task_id == kept.task_id
    judging.submit(
        campaign,
        ANN,
        task,
        task.blank().grade(1),
        clock=judging.Clock(1.0),
        submission_id="s2",
    )
    deeds = Deeds(lambda: (campaign, ANN))
    deeds.sit_down("compare")
    assert "s1 is refused: ann already judged" in deeds.told
    assert waiting() == []
    assert [path.stem for path in waiting("refused")] == ["s1"]


def test_a_damaged_entry_is_told_and_kept(campaign, kept, waiting):
    waiting()[0].write_text("{")
    deeds = Deeds(lambda: (campaign, ANN))
    deeds.sit_down("compare")
    assert "damaged" in deeds.told
    assert len(waiting("refused")) == 1


def test_while_the_store_is_away_it_waits_on(campaign, kept, waiting, monkeypatch):
    place = journal.folder(campaign.store.place, "ann")
    with refusing(campaign, monkeypatch):
        (told,) = journal.bring_in(place, campaign, ANN, queue="compare")
    assert told.startswith("A judgment still waits")
    assert len(waiting()) == 1


def test_where_no_file_can_be_written_it_is_said(campaign, kept, tmp_path, waiting):
    entry = entries.Entry.model_validate_json(waiting()[0].read_bytes())
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInputError, match="cannot be written"):
        journal.keep(tmp_path / "file", entry)


async def test_while_the_store_is_away_a_banner_says_so_and_work_goes_on(
    sit, campaign, monkeypatch, waiting
):
    monkeypatch.setattr(store_watch, "AGAIN_SECONDS", 0.05)
    async with sit("compare") as desk:
        banner = desk.screen.query_one(Banner)
        assert not banner.display
        with refusing(campaign, monkeypatch):
            await desk.press("2", "enter")
            await desk.until(Unsaved)
            await desk.press("k")
            await desk.until(CompareScreen)
            assert "No answer from the store since" in desk.shown
            await desk.press("3")
            assert desk.draft.digit == 3, "the next one is judged meanwhile"
            assert len(waiting()) == 1
            assert desk.session.done == 1, "it counts as done, wherever it is kept"
        await desk.until_so(lambda: not (waiting() or banner.display))
        assert "No answer" not in desk.shown
        assert "The store answers again. The judgment of" in desk.said
        assert [j.margin for j in desk.judgments()] == [2]
        await desk.until_so(desk.drafts)
        assert desk.drafts()[0][1]["margin"] == 1, "and its draft was kept"


def test_what_another_window_brings_in_at_the_same_time_is_no_error(
    campaign, kept, waiting
):
    """Its file may go between the list of the folder and the look into it."""
    (path,) = waiting()
    path.with_name("s0.json").symlink_to(path.with_name("gone"))
    deeds = Deeds(lambda: (campaign, ANN))
    deeds.sit_down("compare")
    assert deeds.told.endswith("that waited is in the store now.")
    assert not path.exists()


def test_an_entry_that_cannot_be_opened_is_told_and_stays(campaign, kept, waiting):
    (path,) = waiting()
    path.rename(path.with_name("kept"))
    path.mkdir()
    deeds = Deeds(lambda: (campaign, ANN))
    deeds.sit_down("compare")
    assert deeds.told == f"{path} cannot be brought in: Is a directory."
    assert path.is_dir()


async def test_a_refusal_of_something_else_offers_no_judgment_to_keep(
    sit, campaign, monkeypatch
):
    """Back to the draft means back: it is not signed because a skip found no store."""
    async with sit("compare") as desk:
        with refusing(campaign, monkeypatch):
            await desk.press("2", "enter")
            await desk.until(Unsaved)
            await desk.press("escape", "x", "enter")
            assert isinstance(desk.screen, CompareScreen)
            assert desk.said.startswith("the store is busy")
