"""Rank three to nine responses: press their numbers, best first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal
from textual.reactive import reactive

from adjudge.tui.judging.task_screen import TaskScreen
from adjudge.tui.keys import RANK, TASK, Key, bindings
from adjudge.tui.reading import facts_of
from adjudge.tui.texts import candidate_text
from adjudge.tui.widgets.asked import Asked
from adjudge.tui.widgets.order import Order
from adjudge.tui.widgets.pane import Pane
from adjudge.tui.widgets.roster import Entry, Roster

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType
    from textual.widget import Widget

    from adjudge.domain.ids import ResponseId
    from adjudge.domain.judging import Draft
    from adjudge.services.work.judging import Assignment

MOST = 9


class RankScreen(TaskScreen):
    """Numbers place, ``=`` ties, Backspace takes back.

    Attributes:
        tie_next: The next number ties with the last.
        beside: The response in front is read beside its neighbour.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(RANK)
    TABLE: ClassVar[tuple[Key, ...]] = (*RANK, *TASK)
    HINTED: ClassVar[tuple[tuple[str, str], ...]] = (
        ("1-9", "place, best first"),
        ("tie_next", "tie"),
        ("take_back", "take back"),
        ("submit", "submit"),
        ("other_pane", "next"),
        ("help", "help"),
        ("tags", "tags"),
        ("note", "note"),
        ("skip", "pass on"),
        ("neighbour", "neighbour"),
        ("rank_up", "up"),
        ("rank_down", "down"),
        ("undo", "undo"),
        ("guideline", "guideline"),
        ("home", "leave"),
    )
    tie_next: reactive[bool] = reactive(False)
    beside: reactive[bool] = reactive(False)

    def compose_reading(self) -> Widget:
        """Build nine panes; as many are used as there are responses."""
        panes = [
            Pane(title=str(n), classes="response -front" if n == 1 else "response")
            for n in range(1, MOST + 1)
        ]
        return Horizontal(Roster(id="roster"), *panes, id="panes")

    def compose_verdict(self) -> Widget:
        """Build the line of the order."""
        return Order(self.place.glyphs, id="verdict")

    @property
    def all_panes(self) -> list[Pane]:
        """The panes of this task's responses."""
        count = len(self.session.current.shown) if self.session.current else 0
        return super().all_panes[: max(1, count)]

    def side_names(self, assignment: Assignment) -> dict[str, str]:
        """Number the responses as shown."""
        return {r: str(n) for n, r in enumerate(assignment.shown, 1)}

    def show_responses(self, assignment: Assignment) -> None:
        """Put the responses into their panes."""
        self.tie_next = False
        entries = []
        for n, (pane, id) in enumerate(
            zip(self.all_panes, assignment.shown, strict=True), 1
        ):
            text = candidate_text(assignment.comparison.response(id))
            pane.show(text)
            entries.append(Entry(n, facts_of(text).n_words))
        self.query_one(Roster).entries = tuple(entries)
        self._arrange()

    def paint_verdict(self, draft: Draft) -> None:
        """Show the order so far."""
        numbers = {r: n for n, r in enumerate(draft.shown, 1)}
        order = self.query_one(Order)
        order.places = tuple(tuple(numbers[r] for r in t) for t in draft.ranking)
        order.left = tuple(numbers[r] for r in draft.unplaced)
        order.none_acceptable = draft.none_acceptable
        self.query_one(Roster).places = order.places

    def show_place(self) -> None:
        """Say which response this is where one has room."""
        panes = self.all_panes
        at = panes.index(self.front) + 1 if self.front in panes else 1
        words = f"{at} of {len(panes)}, {self.key('other_pane')}: next"
        self.query_one(Asked).tell(words)

    def watch_tie_next(self, tie_next: bool) -> None:
        """Show that the next number ties."""
        if self.is_mounted:
            self.query_one(Order).tie_next = tie_next

    # --- placing ---------------------------------------------------------------

    def action_place(self, number: int) -> None:
        """Place a response next."""
        draft = self.edit()
        if draft is None:
            return
        if number > len(draft.shown):
            self.say(f"There are {len(draft.shown)} responses.", "bad")
            return
        response = draft.shown[number - 1]
        if response not in draft.unplaced:
            back = self.key("take_back")
            self.say(f"{number} has its place; {back} takes back the last.", "bad")
            return
        self.draft = draft.place(response, tied=self.tie_next)
        self.tie_next = False

    def action_tie_next(self) -> None:
        """Tie the next number with the last."""
        draft = self.edit()
        if draft is None:
            return
        if not draft.ranking:
            self.say("Place one first; = then ties the next with it.", "bad")
        elif not self.session.seat.sitting.queue.ties:
            self.say("This queue takes no ties.", "bad")
        else:
            self.tie_next = not self.tie_next

    def action_take_back(self) -> None:
        """Take back what was placed last."""
        draft = self.edit()
        if draft is None:
            return
        if self.tie_next:
            self.tie_next = False
        elif not draft.ranking:
            self.say("Nothing is placed yet.")
        else:
            self.draft = draft.take_back()

    def action_move(self, step: int) -> None:
        """Move the response being read up or down in the order."""
        draft = self.edit()
        if draft is None:
            return
        moved = draft.shift(self._in_front(draft), step)
        if moved == draft:
            self.say("It has no place yet, or there is none further on.")
        self.draft = moved

    def action_not_rankable(self) -> None:
        """Pass the task on because it cannot be ranked."""
        self.pass_on("These cannot be ranked", "broken")

    def action_criteria(self) -> None:
        """Rate all responses by the guideline's criteria."""
        self.ask_criteria(tuple(str(n) for n in range(1, len(self.all_panes) + 1)))

    def _in_front(self, draft: Draft) -> ResponseId:
        return draft.shown[self.all_panes.index(self.front)]

    # --- reading ---------------------------------------------------------------

    def action_neighbour(self) -> None:
        """Read the response beside the next one, or alone."""
        if self.has_class("-narrow"):
            self.say("Here is room for one response; Tab shows the next.")
            return
        self.beside = not self.beside
        self._arrange()

    def action_read_number(self, number: int) -> None:
        """Read a response."""
        self.bring_to_front(self.all_panes[number - 1])

    def bring_to_front(self, pane: Pane) -> None:
        """Show the pane, and its neighbours where there is room."""
        for other in super().all_panes:
            other.set_class(other is pane, "-front")
        self._arrange()
        super().bring_to_front(pane)

    def on_resize(self, _event: events.Resize) -> None:
        """Show as many as there is room for."""
        self.call_after_refresh(self._arrange)

    def _arrange(self) -> None:
        panes = self.all_panes
        at = panes.index(self.front) if self.front in panes else 0
        room = 1
        if not self.has_class("-narrow") and not self.has_class("-zoomed"):
            room = 2 if self.beside else 1
            if self.has_class("-huge"):
                room = 3
        start = max(0, min(at, len(panes) - room))
        sight = panes[start : start + room]
        for pane in super().all_panes:
            pane.display = pane in sight
        self.query_one(Roster).front = at + 1
        self.query_one(Roster).display = not self.has_class("-narrow")

    def action_zoom(self) -> None:
        """Show one response wide, or as many as fit."""
        super().action_zoom()
        self._arrange()
