"""CPU time of showing two answers: our pane, Textual's Markdown, Rich's Markdown.

Run with ``python benchmarks/bench_pane.py``. Each figure is process time from the
call that swaps both texts until both are painted, median and worst of the rounds;
wall time on a shared machine says more about its neighbours. The budget for two
prefetched answers of 2,000 tokens is 50 ms.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
import time

from rich.markdown import Markdown as RichMarkdown
from textual.app import App
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Markdown, Static

from adjudge.tui.reading import Shelf
from adjudge.tui.widgets.pane import Pane, prerender

ROUNDS = 15
SIZE = (120, 40)
BUDGET_MS = 50.0

SECTION = """## Step {n}: reverse the list {v}

Use `items.reverse()` when the list itself may change; it works **in place** and
returns `None`, which surprises people who write `x = items.reverse()`. When the
original is still needed, take `items[::-1]` or *iterate* with `reversed(items)`,
see [the manual](https://docs.python.org/3/library/functions.html#reversed).

1. Check whether anybody else holds the list.
2. Choose one of the three ways:
   - in place, no copy
   - a slice, one copy
   - an iterator, no copy, one pass

```python
def backwards(items: list[int]) -> list[int]:
    # a copy; the caller keeps the order
    return items[::-1]
```

| way | copies | returns |
|---|---:|---|
| `reverse()` | 0 | `None` |
| `[::-1]` | 1 | a list |
| `reversed()` | 0 | an iterator |

> A reversed view costs nothing until somebody walks it.

"""


def answer(tokens: int, variant: int) -> str:
    """About so many tokens, at four characters each."""
    count = max(1, tokens * 4 // len(SECTION))
    return "".join(SECTION.format(n=n, v=variant) for n in range(count))


class PaneApp(App[None]):
    """Two of our panes."""

    def compose(self):
        """Put them side by side."""
        self.shelf = Shelf()
        with Horizontal():
            yield Pane("", side="A", shelf=self.shelf)
            yield Pane("", side="B", shelf=self.shelf)

    def setting(self):
        """What to prerender with."""
        return self.query(Pane).first().setting

    async def swap(self, texts):
        """Show two other texts."""
        for pane, text in zip(self.query(Pane), texts, strict=True):
            pane.show(text)


class MarkdownApp(App[None]):
    """Two Markdown widgets."""

    def compose(self):
        """Put them side by side."""
        with Horizontal():
            for _ in range(2):
                with VerticalScroll():
                    yield Markdown("")

    async def swap(self, texts):
        """Show two other texts."""
        for widget, text in zip(self.query(Markdown), texts, strict=True):
            await widget.update(text)


class RichApp(App[None]):
    """Two statics with Rich's Markdown."""

    def compose(self):
        """Put them side by side."""
        with Horizontal():
            for _ in range(2):
                with VerticalScroll():
                    yield Static("")

    async def swap(self, texts):
        """Show two other texts."""
        for widget, text in zip(self.query(Static), texts, strict=True):
            widget.update(RichMarkdown(text))


async def measure(app, tokens, rounds, *, prefetch=False, key=None):
    """Milliseconds of CPU for each round."""
    spent = []
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        if key is not None:
            await app.swap([answer(tokens, 0), answer(tokens, 1)])
            app.query(Pane).first().focus()
        for number in range(rounds + 1):
            texts = [answer(tokens, 2 * number), answer(tokens, 2 * number + 1)]
            if prefetch:
                setting = app.setting()
                await asyncio.to_thread(
                    lambda texts=texts, setting=setting: [
                        prerender(text, setting, shelf=app.shelf) for text in texts
                    ]
                )
            gc.collect()
            started = time.process_time()
            if key is None:
                await app.swap(texts)
            else:
                await pilot.press(key)
            await pilot.pause()
            paint(app)
            spent.append((time.process_time() - started) * 1_000)
    return spent[1:]


async def measure_first(tokens):
    """Milliseconds until the first screen of one long text; the rest comes later."""
    spent = []
    async with (app := PaneApp()).run_test(size=SIZE) as pilot:
        await pilot.pause()
        pane = app.query(Pane).first()
        for number in range(5):
            text = answer(tokens, number)
            gc.collect()
            started = time.process_time()
            pane.show(text)
            paint(app)
            spent.append((time.process_time() - started) * 1_000)
    return spent


def paint(app):
    """What a driver would write: all strips as escape sequences."""
    for strip in app.screen._compositor.render_strips():
        strip.render(app.console)


def report(name, tokens, spent):
    median, worst = statistics.median(spent), max(spent)
    print(f"| {name:<34} | {tokens:>6,} | {median:>8.1f} | {worst:>8.1f} |", flush=True)
    return median


async def main():
    print("| two answers, 120x40                | tokens | median   | worst    |")
    print("|------------------------------------|-------:|---------:|---------:|")
    prefetched = 0.0
    for tokens in (500, 2_000, 8_000):
        few = ROUNDS if tokens < 8_000 else 3
        spent = await measure(PaneApp(), tokens, ROUNDS, prefetch=True)
        median = report("Pane, prefetched", tokens, spent)
        prefetched = median if tokens == 2_000 else prefetched
        report("Pane, not prefetched", tokens, await measure(PaneApp(), tokens, ROUNDS))
        report("Static(rich Markdown)", tokens, await measure(RichApp(), tokens, few))
        few = 5 if tokens < 8_000 else 2
        report("Textual Markdown", tokens, await measure(MarkdownApp(), tokens, few))
    report("Pane, 400 KB, first screen of one", 100_000, await measure_first(100_000))
    report("Pane, one line down", 2_000, await measure(PaneApp(), 2_000, 40, key="j"))
    report("Pane, one page", 2_000, await measure(PaneApp(), 2_000, 12, key="space"))
    print(f"prefetched at 2,000 tokens: {prefetched:.1f} ms, budget {BUDGET_MS:.0f} ms")
    return 0 if prefetched <= BUDGET_MS else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
