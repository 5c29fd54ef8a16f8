"""The workbench: one app, one screen for each kind of work."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, cast
from uuid import uuid4

from textual import events, on, work
from textual.app import App, SystemCommand
from textual.message import Message

from adjudge.domain.ids import uuid7
from adjudge.domain.words import count_of
from adjudge.errors import AdjudgeError, InvalidInputError, UnknownError
from adjudge.tui import ascii_signs, guard, in_place, keys, theme
from adjudge.tui.breaks import Breaks
from adjudge.tui.clock import ActiveClock
from adjudge.tui.deeds import Deeds, Seat
from adjudge.tui.dialogs.too_small import TooSmall, is_too_small
from adjudge.tui.glyphs import ASCII, UNICODE
from adjudge.tui.hangup import Watch
from adjudge.tui.home import HomeScreen
from adjudge.tui.in_order import InOrder
from adjudge.tui.session import Session, Workplace
from adjudge.tui.widgets.line import Line
from adjudge.tui.writing_session import (
    ReviewSeat,
    ReviewSession,
    WritingSeat,
    WritingSession,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from textual.binding import BindingType
    from textual.driver import Driver
    from textual.geometry import Size
    from textual.screen import Screen

    from adjudge.domain.judging import Draft
    from adjudge.domain.people import Actor, Person
    from adjudge.services.bench import Bench
    from adjudge.services.people.terms import Terms
    from adjudge.services.work.judging import Assignment
    from adjudge.tui.dialogs.settings import SettingsScreen
    from adjudge.tui.held_screen import HeldScreen
    from adjudge.wiring.settings import Settings


class Lobby(NamedTuple):
    """Where a person whom the program does not know says who they are.

    Attributes:
        people: Lists who has a login.
        enter: Opens the store as one of them.
    """

    people: Callable[[], Sequence[Person]]
    enter: Callable[[str], tuple[Bench, Actor]]


def run(
    open_bench: Callable[[], tuple[Bench, Actor]],
    *,
    queue: str | None = None,
    review: bool = False,
    settings: Settings,
    lobby: Lobby | None = None,
) -> int:
    """Open the workbench and stay until the person leaves; give the exit code.

    Args:
        open_bench: Opens the store and finds out who acts. It is called in a
            worker, after the first frame, so that nobody waits for an import.
        queue: Go straight into this queue.
        review: Review what others did in it.
        settings: Theme, signs, keys, and the cap of the clock.
        lobby: Who may come in where the program does not know the person.

    Raises:
        InvalidInputError: Without a terminal, or if keys or theme make no sense.
        AdjudgeError: Whatever opening the store raised.
    """
    refuse_without_terminal()
    use_editor(settings.editor)
    app = AdjudgeApp(
        open_bench, queue=queue, review=review, settings=settings, lobby=lobby
    )
    with Watch(
        app.save_now,
        lambda code: app.call_from_thread(app.exit, None, code),
        lambda: app.is_lent,
    ):
        app.run()
    if app.failure is not None:
        raise app.failure
    return app.return_code or 0


def use_editor(command: str) -> None:
    """Let whatever opens an editor take a person's own."""
    if command:
        os.environ["VISUAL"] = command


def refuse_without_terminal() -> None:
    """Refuse to start where nobody could see or end the workbench.

    Raises:
        InvalidInputError: Naming the line mode, which works there.
    """
    # Textual draws on standard error.
    streams = (sys.stdin, sys.stdout, sys.__stderr__)
    terminal = all(stream is not None and stream.isatty() for stream in streams)
    if terminal and os.environ.get("TERM", "") != "dumb":
        return
    raise InvalidInputError(
        "the workbench needs a terminal, and this is none",
        hint="`adjudge work QUEUE --plain` works line by line, also in pipes",
    )


class AdjudgeApp(App[None]):
    """The workbench of one person on one store.

    Attributes:
        failure: Why the store could not be opened, once that is known.
        is_lent: A pager or an editor has the terminal.
    """

    CSS_PATH = [  # noqa: RUF012 - Textual declares it so
        "app.tcss",
        "home.tcss",  # the first screen brings none of its own
    ]
    TITLE = "adjudge"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.APP)
    ENABLE_COMMAND_PALETTE = True

    class Opened(Message):
        """The store is open, and home can look into it."""

    class Failed(Message):
        """The store cannot be opened, or a queue not entered."""

        def __init__(self, error: AdjudgeError, *, is_final: bool) -> None:
            super().__init__()
            self.error = error
            self.is_final = is_final

    class Seated(Message):
        """Somebody sat down at a queue."""

        def __init__(self, seat: Seat | WritingSeat | ReviewSeat) -> None:
            super().__init__()
            self.seat = seat

    def __init__(
        self,
        open_bench: Callable[[], tuple[Bench, Actor]],
        *,
        queue: str | None = None,
        review: bool = False,
        settings: Settings,
        lobby: Lobby | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        guard.install(cast("App[object]", self))
        if settings.glyphs == "ascii":
            ascii_signs.install(cast("App[object]", self))
        for one in theme.THEMES:
            self.register_theme(one)
        if settings.theme not in self.available_themes:
            raise InvalidInputError(
                f"there is no theme {settings.theme!r}",
                hint=f"themes: {', '.join(sorted(self.available_themes))}",
            )
        self.theme = settings.theme
        self.set_keymap(keys.remapped(settings.keys))
        self.set_class(settings.glyphs == "ascii", "-ascii")
        self.set_class(settings.density == "compact", "-compact")
        self.animation_level = settings.animations
        self.settings = settings
        self.breaks = Breaks(now, settings.break_after, settings.idle_cap)
        self.failure: AdjudgeError | None = None
        self.mouse_is_free = self.is_lent = False
        self._queue = queue
        self._lobby = lobby
        self._review = review
        self._told_unsaved = False
        self.place = Workplace(
            deeds=Deeds(open_bench),
            clock=ActiveClock(now, settings.idle_cap),
            glyphs=ASCII if settings.glyphs == "ascii" else UNICODE,
            window=uuid4().hex,
            new_id=uuid7,
            keys=dict(settings.keys),
        )
        self.in_order = InOrder(self, super().on_event, self._leaves)
        self._take(settings)

    def get_driver_class(self) -> type[Driver]:
        """Take the driver of this system, with every sign in its place."""
        return in_place.driver_of(super().get_driver_class())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give our colour names a value under every theme."""
        return theme.own_variables(self.current_theme)

    def get_default_screen(self) -> Screen[None]:
        """Begin at home; a queue that was named opens over it."""
        return HomeScreen(self.place, waiting_for=self._queue)

    # --- opening ---------------------------------------------------------------

    def on_mount(self) -> None:
        """Open the store once the first frame stands."""
        self.call_after_refresh(self._open)

    @work(thread=True)
    def _open(self) -> None:
        try:
            name = self.place.deeds.name()
            terms = self.place.deeds.terms()
        except AdjudgeError as error:
            known = self._known() if isinstance(error, UnknownError) else ()
            if known:
                self.call_from_thread(self._ask_who, known)
            else:
                self.post_message(self.Failed(error, is_final=True))
        else:
            if terms is None:
                self.post_message(self.Opened())
            else:
                self.call_from_thread(self._ask_to_agree, terms, name)

    def _ask_to_agree(self, terms: Terms, name: str) -> None:
        from adjudge.tui.dialogs.terms import TermsScreen  # noqa: PLC0415 - once each

        def answer(agrees: bool | None) -> None:
            if agrees:
                self._agree(terms.version)
            else:
                self.exit()

        self.push_screen(TermsScreen(terms, name), answer)

    @work(thread=True)
    def _agree(self, version: str) -> None:
        try:
            self.place.deeds.accept_terms(version)
        except AdjudgeError as error:
            self.post_message(self.Failed(error, is_final=True))
        else:
            self.post_message(self.Opened())

    def _known(self) -> Sequence[Person]:
        """List who may come in; nobody where that cannot be said."""
        try:
            return self._lobby.people() if self._lobby else ()
        except AdjudgeError:
            return ()

    def _ask_who(self, known: Sequence[Person]) -> None:
        from adjudge.tui.dialogs.who import Who  # noqa: PLC0415 - seldom wanted

        def come_in(name: str | None) -> None:
            if name is None or self._lobby is None:
                self.exit()
                return
            enter = self._lobby.enter
            self.place.deeds.enter(lambda: enter(name))
            self._open()

        self.push_screen(Who(known), come_in)

    @on(Opened)
    def _opened(self) -> None:
        home = self.screen_stack[0]
        if isinstance(home, HomeScreen) and self._queue is None:
            home.look()
        elif self._queue is not None:
            self.enter(self._queue, review=self._review)

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        if message.is_final or self._queue is not None:
            self.failure = message.error
            self.exit(return_code=message.error.exit_code)
            return
        home = self.screen_stack[0]
        if isinstance(home, HomeScreen):
            home.tell(message.error)

    @work(thread=True, exclusive=True, group="enter")
    def enter(self, queue: str, *, review: bool = False) -> None:
        """Sit down at a queue, or at its reviews."""
        try:
            seat = self.place.deeds.sit_down_anywhere(queue, review=review)
        except AdjudgeError as error:
            self.post_message(self.Failed(error, is_final=False))
        else:
            self.post_message(self.Seated(seat))

    @on(Seated)
    def _seated(self, message: Seated) -> None:
        self._queue = None  # from here on a refusal does not end the program
        seat = message.seat
        if isinstance(seat, Seat):
            session = Session.begin(seat)
            told, self.place.deeds.told = self.place.deeds.told, ""
            session.said = f"{told} {session.said}".strip()
            self.show_session(session)
        elif isinstance(seat, WritingSeat):
            self.show_writing(WritingSession.begin(seat))
        else:
            self.show_writing(ReviewSession.begin(seat))

    def show_session(self, session: Session) -> None:
        """Show a session's task on the screen that fits it."""
        from adjudge.tui.choice import screen_for  # noqa: PLC0415 - late

        kind = screen_for(session)
        self._show(kind, lambda: kind(self.place, session))

    def show_writing(self, session: WritingSession | ReviewSession) -> None:
        """Show what is to be written or reviewed on the screen that fits it."""
        from adjudge.tui.choice import writing_screen_for  # noqa: PLC0415 - late

        kind: Any = writing_screen_for(session)
        self._show(kind, lambda: kind(self.place, session))

    def _show(self, kind: type[Screen[Any]], make: Callable[[], Screen[Any]]) -> None:
        """Show what is next on the screen that is there, or on one that fits it."""
        current: Any = self._at_work()
        if type(current) is kind and hasattr(current, "open_task"):
            current.open_task()
        elif len(self.screen_stack) > 1:
            self.switch_screen(make())
        else:
            self.push_screen(make())
        self._cover(self.size)

    def _at_work(self) -> Screen[Any]:
        """Give the screen of what is in hand, or home; what stands over it goes."""
        if isinstance(self.screen, TooSmall):
            self.pop_screen()
        if len(self.screen_stack) > 1:
            self._uncover(self.screen_stack[1])
        return self.screen

    def _uncover(self, screen: Screen[Any]) -> None:
        """Take away what stands over a screen, opened by a click or by nobody."""
        while self.screen is not screen:
            self.pop_screen()

    # --- leaving ---------------------------------------------------------------

    def put_away(self, screen: Screen[Any], result: object = None) -> None:
        """Take a screen away with whatever stands over it, and give its result.

        A screen's own ``dismiss`` takes away what is on top, which is another one
        where the store answered late: help, or the word that the terminal is too small.
        """
        if screen in self.screen_stack[1:]:
            self._uncover(screen)
            screen.dismiss(result)
            self._cover(self.size)

    def leave_queue(
        self, session: Session, unkept: tuple[Assignment, Draft] | None
    ) -> None:
        """Go home; keep the draft and give back what was not begun."""
        self.put_away(self._at_work())
        self._put_down(session, unkept)

    @work(thread=True, exclusive=True, group="enter")
    def _put_down(
        self, session: Session, unkept: tuple[Assignment, Draft] | None
    ) -> None:
        try:
            self.save(session, unkept)
        except AdjudgeError as error:
            self.post_message(self.Failed(error, is_final=False))
        else:
            self.post_message(self.Opened())

    def leave_writing(self, screen: HeldScreen | None) -> None:
        """Go home once everything is kept; where it cannot be, say so and stay."""
        if screen is None:
            self.put_away(self._at_work())
            self.post_message(self.Opened())
        else:
            self._put_down_writing(screen)

    @work(thread=True, exclusive=True, group="quit")
    def _put_down_writing(self, screen: HeldScreen) -> None:
        if self._is_put_down(screen):
            self.call_from_thread(self.leave_writing, None)

    def _is_put_down(self, screen: HeldScreen) -> bool:
        """Keep what was written; tell whether the screen may go."""
        try:
            screen.put_down()
        except AdjudgeError as error:
            if not self._told_unsaved:
                # Asked again, it goes without.
                self._told_unsaved = True
                self.call_from_thread(screen.stay, error)
                return False
            self.failure = error
        self._told_unsaved = False
        return True

    def _held_screen(self) -> HeldScreen | None:
        """Find the screen on which a text or a review is in hand, if there is one."""
        if "adjudge.tui.held_screen" not in sys.modules:
            return None
        from adjudge.tui.held_screen import HeldScreen  # noqa: PLC0415 - late

        found = (s for s in reversed(self.screen_stack) if isinstance(s, HeldScreen))
        return next(found, None)

    def save(self, session: Session, unkept: tuple[Assignment, Draft] | None) -> None:
        """Keep a draft, and give back every task that nothing was said about."""
        deeds = self.place.deeds
        if unkept is not None:
            deeds.save_draft(*unkept, self.place.window)
        said = {a.task_id for a in ([unkept[0]] if unkept else [])}
        said |= {task for task, _ in session.parked}
        deeds.release(
            tuple(
                a
                for a in session.hand
                if a.task_id not in said and not (a.recovered or a.supersedes)
            )
        )

    def work_at_hand(self) -> tuple[Session, tuple[Assignment, Draft] | None] | None:
        """Find the session on screen, and what of it is not kept."""
        from adjudge.tui.judging.task_screen import TaskScreen  # noqa: PLC0415 - late

        for screen in reversed(self.screen_stack):
            if isinstance(screen, TaskScreen):
                return screen.session, screen.unkept()
        return None

    def save_now(self) -> None:
        """Keep the draft before the process ends; called from any thread."""
        if (writing := self._held_screen()) is not None:
            writing.save_now()
            return
        at_hand = self.work_at_hand()
        if at_hand is not None and at_hand[1] is not None:
            self.place.deeds.save_draft(*at_hand[1], self.place.window)

    async def action_quit(self) -> None:
        """Leave; the draft stays in the store."""
        self._quit(self.work_at_hand())

    @work(thread=True, exclusive=True, group="quit")
    def _quit(
        self, at_hand: tuple[Session, tuple[Assignment, Draft] | None] | None
    ) -> None:
        writing = self._held_screen()
        if writing is not None:
            if self._is_put_down(writing):
                self.call_from_thread(self.exit)
            return
        try:
            if at_hand is not None:
                self.save(*at_hand)
        except AdjudgeError as error:
            self.failure = error
        self.call_from_thread(self.exit)

    # --- everywhere ------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Let the clock see every input; whoever touches a key is at work."""
        is_new = not event.is_forwarded  # else it was seen before, on its way down
        if isinstance(event, (events.InputEvent, events.Paste)) and is_new:
            if self.place.clock.touch():
                self._say_who_is_back()
            if self.breaks.touch():
                self._offer_a_break()
        if isinstance(event, (events.Key, events.Paste)) and is_new:
            await self.in_order.take(event)
        else:
            await super().on_event(event)

    @on(Line.Cut)
    def _say_what_was_cut(self, message: Line.Cut) -> None:
        """Tell whoever pasted more than a line holds."""
        told = count_of(message.count, "character")
        words = f"Left out {told} of the paste: {message.most} fit here."
        screen: Any = self.screen
        if hasattr(screen, "say"):
            screen.say(words, "bad")
        else:
            self.notify(words, markup=False, severity="warning")

    def _say_who_is_back(self) -> None:
        """Take the words away that say that somebody works outside the window."""
        screen: Any = self.screen
        if hasattr(screen, "back_from_research"):
            screen.back_from_research()

    def forget_typed_ahead(self) -> None:
        """Drop what was typed ahead of something nobody expected."""
        self.in_order.forget()

    @property
    def typed_at(self) -> float:
        """When the key came in that is worked off now; infinity where none is."""
        return self.in_order.typed_at

    def _leaves(self, event: events.Event) -> bool:
        """Tell whether a key leaves the program; that never waits for a store."""
        key = event.key if isinstance(event, events.Key) else ""
        found = self.screen.active_bindings.get(key)
        return found is not None and found.binding.action in {"quit", "app.quit"}

    def on_resize(self, event: events.Resize) -> None:
        """Cover everything while the terminal is too small to judge in."""
        self._cover(event.size)

    def _cover(self, size: Size) -> None:
        small = is_too_small(size)
        if small and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall())
        elif not small and isinstance(self.screen, TooSmall):
            self.pop_screen()

    def _offer_a_break(self) -> None:
        palette = keys.shown(self.place.keys.get("palette", "ctrl+p"))
        minutes = count_of(self.breaks.worked_minutes, "minute")
        self.notify(
            f"{minutes} at work without a break. Drafts are kept, the clock stops by "
            f"itself. {palette} break: later, or no more.",
            title="A break?",
            timeout=20,
            markup=False,
        )

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """Lend the terminal to another program."""
        with super().suspend():
            self.is_lent = True
            try:
                yield
            finally:
                self.is_lent = False

    def action_settings(self) -> None:
        """Open a person's own settings."""
        from adjudge.tui.dialogs.settings import SettingsScreen  # noqa: PLC0415

        if not isinstance(self.screen, (SettingsScreen, TooSmall)):
            self.push_screen(SettingsScreen(self.settings))

    def on_settings_screen_changed(self, message: SettingsScreen.Changed) -> None:
        """Let what was changed hold at once, where it can."""
        self.settings = new = message.settings
        if new.theme in self.available_themes:
            self.theme = new.theme
        self.set_class(new.density == "compact", "-compact")
        self.animation_level = new.animations
        self._take(new)
        self.place.clock.cap = self.breaks.cap = new.idle_cap
        self.breaks.minutes = new.break_after
        use_editor(new.editor)

    def _take(self, settings: Settings) -> None:
        """Let every screen work as the person wants it."""
        self.place.synced = settings.sync_scroll
        self.place.confirm_fast = settings.confirm_fast
        self.place.sound = settings.sound

    def action_help_quit(self) -> None:
        """Say how to leave; ctrl+c does not, it is pressed by habit."""
        self.notify(
            f"{keys.shown(self.place.keys.get('quit', 'ctrl+q'))} leaves the workbench",
            markup=False,
        )

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Put every action of the screen into the palette."""
        for binding in screen.active_bindings.values():
            found = binding.binding
            if found.id and found.description and "." not in found.id:
                yield SystemCommand(
                    found.description[:1].upper() + found.description[1:],
                    f"key {keys.shown(found.key)}",
                    lambda action=found.action, node=binding.node: self.call_later(
                        self.run_action, action, node
                    ),
                )
        yield SystemCommand(
            "Break: in ten minutes", "offer it again then", self.breaks.snooze
        )
        yield SystemCommand(
            "Break: no more", "offer none until you leave", self.breaks.stop
        )
        yield SystemCommand("Theme", "colours", self.action_change_theme)
        yield SystemCommand("Suspend", "back to the shell; fg returns",
                            self.action_suspend_process)  # fmt: skip
