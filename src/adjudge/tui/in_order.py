"""Keys are taken one after the other, also when they come in one bundle.

Textual hands a key to whatever has the focus, from where it wanders outwards through
the queues of the tree; the next key may set out before the first one arrived. Typed
ahead over a slow line, `n`, a note and Enter would then run the note as commands. Here
a key sets out when the one before it has been worked off: by its target, by all
around it, by the screen that it opened, and by the store where it asked the store.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual.app import ScreenStackError
from textual.command import CommandPalette
from textual.worker import WorkerState

from adjudge.tui.patience import Patient
from adjudge.tui.status import Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from textual import events
    from textual.app import App
    from textual.dom import DOMNode
    from textual.message_pump import MessagePump
    from textual.worker import Worker

    Input = events.Key | events.Paste

# What ends in another task, another screen, another state of the one on screen.
HOLDING = frozenset(
    {"default", "store", "enter", "quit", "start", "look", "drill", "case", "flag"}
)
# The palette searches with every letter; Enter takes what it found.
_SEARCHING = CommandPalette._GATHER_COMMANDS_GROUP  # noqa: SLF001 - a test pins it
_MOST_ROUNDS = 50  # a screen that never comes to rest must not hold the program
_MOST_SECONDS = 5.0  # nor a part that does not answer
_PATIENCE = 1.0  # until leaving overtakes what waits for the store


class InOrder:
    """The queue of keys in front of an app.

    Args:
        app: Whose keys they are.
        deliver: Sends one on its way; called where the app handles its messages.
        leaves: Tells whether a key leaves the program.

    Attributes:
        is_leaving: Nothing but the key that leaves is taken any more.
        typed_at: When the key under way came in, by the monotonic clock; never,
            while none is: what a mouse does is done to what is seen.
    """

    def __init__(
        self,
        app: App[None],
        deliver: Callable[[Input], Awaitable[None]],
        leaves: Callable[[Input], bool],
    ) -> None:
        self._app = app
        self._deliver = deliver
        self._leaves = leaves
        self._waiting: deque[Input] = deque()
        self._task: asyncio.Task[None] | None = None
        self._stack: list[DOMNode] = []
        self._stood: tuple[Any, int] | None = None  # what was said before
        self.is_leaving = False
        self.typed_at = math.inf

    async def take(self, event: Input) -> None:
        """Send a key on its way, or let it wait for the one before it."""
        self._waiting.append(event)
        if self._task is not None:
            return
        if self._is_ready():
            await self._next()
        else:
            # Nobody pressed a key for it: the store opens, a mouse signed.
            self._stack = list(self._app.screen_stack)
            self._begin(self._app.screen)

    def forget(self) -> int:
        """Drop what was typed ahead of something nobody expected; count it."""
        count = len(self._waiting)
        self._waiting.clear()
        return count

    async def _next(self) -> None:
        self._task = None
        if not self._waiting:
            return
        event, app = self._waiting.popleft(), self._app
        hears = getattr(app.screen, "hears", None)
        if hears is not None and not hears() and not self._leaves(event):
            # It came amid somebody's typing, who goes on.
            self.forget()
            return
        target, self._stack = app.focused or app.screen, list(app.screen_stack)
        self.typed_at = event.time
        top = app.screen
        self._stood = (top, top.n_said) if isinstance(top, Status) else None
        try:
            await self._deliver(event)
        finally:
            self._begin(target)

    def _begin(self, target: DOMNode) -> None:
        self._task = asyncio.create_task(self._work_off(target))

    def _is_ready(self) -> bool:
        screen = self._app.screen
        is_open = not isinstance(screen, Patient) or screen.is_open
        return is_open and not self._holding()

    async def _work_off(self, target: DOMNode) -> None:
        try:
            with suppress(ScreenStackError):  # the program ends meanwhile
                for _ in range(_MOST_ROUNDS):
                    await self._until_stored()
                    if self.is_leaving or await self._is_quiet_after(target):
                        break
                    target = self._app.focused or self._app.screen
                self._let_go()
        finally:
            self.typed_at = math.inf
            self._app.call_later(self._next)

    def _let_go(self) -> None:
        """Take away what was said in passing, where this key had nothing to say."""
        if self._stood is None:
            return
        (screen, n_said), self._stood = self._stood, None
        is_there = any(one is screen for one in self._app.screen_stack)
        if is_there and screen.passes and screen.n_said == n_said:
            screen.let_go()

    # --- one round -------------------------------------------------------------

    async def _is_quiet_after(self, target: DOMNode) -> bool:
        """Let everything on the way of a key finish; tell whether that was all."""
        app = self._app
        screen, focused = app.screen, app.focused
        if isinstance(screen, Patient):
            await screen.until_open()
        way = list(dict.fromkeys([*_way(target), *_way(focused or screen), app]))
        for node in way:
            await _until_through(node)
        if screen._callbacks:  # noqa: SLF001 - no public way; a test pins it
            await _within(screen.call_after_refresh)
        self._drop_if_surprised()
        return (
            screen is app.screen
            and focused is app.focused
            and not any(_has_work(node) for node in way)
            and not screen._callbacks  # noqa: SLF001
            and not self._holding()
        )

    def _drop_if_surprised(self) -> None:
        """Keys were meant for what was to be seen, not for what came unasked."""
        top = self._app.screen
        if top not in self._stack and getattr(top, "COMES_UNASKED", False):
            self.forget()

    def _holding(self) -> list[Worker[object]]:
        return [
            worker
            for worker in self._app.workers
            if (worker.group in HOLDING or worker.group == _SEARCHING)
            and worker.state in {WorkerState.PENDING, WorkerState.RUNNING}
        ]

    async def _until_stored(self) -> None:
        """Wait for the store; who leaves is not held up by it."""
        begun = time.monotonic()
        while self._holding():
            await asyncio.sleep(0.005)
            if time.monotonic() - begun < _PATIENCE:
                continue
            leaving = [e for e in self._waiting if self._leaves(e)]
            if leaving:
                self._waiting = deque(leaving[:1])
                self.is_leaving = True
                return


def _way(node: DOMNode) -> Iterator[DOMNode]:
    """Give what a key passes, from the inside out."""
    yield from node.ancestors_with_self


async def _until_through(node: MessagePump) -> None:
    """Wait until a part has worked off what it was sent so far."""
    if not node._closing:  # noqa: SLF001 - a part that ends takes nothing any more
        await _within(node.call_later, node._task)  # noqa: SLF001


async def _within(
    call: Callable[[Callable[[], None]], bool], task: asyncio.Task[None] | None = None
) -> None:
    """Wait until a callback comes round, or the task that would call it has ended."""
    arrived: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def arrive() -> None:
        if not arrived.done():
            arrived.set_result(None)

    if call(arrive):
        await asyncio.wait(
            [arrived] if task is None else [arrived, task],
            timeout=_MOST_SECONDS,
            return_when=asyncio.FIRST_COMPLETED,
        )


def _has_work(node: MessagePump) -> bool:
    return node._message_queue.qsize() > 0 or bool(node._next_callbacks)  # noqa: SLF001
