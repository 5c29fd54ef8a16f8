"""Draw the README's screenshot from the sample campaign: python docs/screenshot.py."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from adjudge import wiring
from adjudge.domain.people import Actor, Role
from adjudge.services import demo, storekeeping
from adjudge.tui.app import AdjudgeApp
from adjudge.wiring import settings, shipped

IMAGES = Path(__file__).parent / "images"
COMPARISON = "helpfulness"


async def draw(folder: Path) -> None:
    """Judge one comparison as far as the screenshot shows it."""
    chosen = settings.load(db=str(folder / "adjudge.db"))
    bench = wiring.build(chosen)
    storekeeping.init(bench, "lead")
    demo.prepare(
        bench,
        Actor(name="lead", role=Role.LEAD),
        fixtures=shipped.folder("fixtures") / "sample",
    )
    actor = Actor(name="tomas", role=Role.ANNOTATOR)
    app = AdjudgeApp(lambda: (bench, actor), queue=COMPARISON, settings=chosen)
    async with app.run_test(size=(132, 38)) as pilot:
        await pilot.pause(1.5)
        await app.workers.wait_for_complete()
        await pilot.press("6", "t", "i", "escape")
        await pilot.pause(0.5)
        svg = app.export_screenshot(title="adjudge")
    IMAGES.mkdir(exist_ok=True)
    (IMAGES / "compare.svg").write_text(svg, encoding="utf-8")


def main() -> None:
    """Draw into docs/images."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(draw(Path(folder)))


if __name__ == "__main__":
    main()
