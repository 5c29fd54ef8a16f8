"""Read texts in the person's own pager, cleaned first: pagers obey what they show."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from adjudge.domain.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import App


def read(app: App[object], texts: Sequence[tuple[str, str]]) -> str:
    """Hand titled texts to ``$PAGER``; return in words what went wrong, if anything.

    Args:
        app: The app that gives up the terminal meanwhile.
        texts: Title and text of each.
    """
    try:
        command = shlex.split(os.environ.get("PAGER", "") or "less")
    except ValueError as error:
        return f"$PAGER cannot be read: {error}."
    if not command or shutil.which(command[0]) is None:
        return f"There is no pager {command[0] if command else ''!r}; set $PAGER."
    try:
        code = _shown(app, command, texts)
    except SuspendNotSupported:
        return "The pager needs a terminal of its own; here it cannot open."
    except OSError as error:
        return f"The pager did not start: {error.strerror}."
    return "" if code == 0 else f"The pager ended with {code}."


def _shown(
    app: App[object], command: Sequence[str], texts: Sequence[tuple[str, str]]
) -> int:
    """Write the texts where only this person reads, and run the pager on them."""
    with tempfile.TemporaryDirectory(prefix="adjudge-") as folder:
        path = Path(folder) / "responses.txt"
        with path.open("x", encoding="utf-8", errors="replace") as file:
            path.chmod(0o600)
            for title, text in texts:
                line = "=" * 60
                file.write(f"{line}\n{title}\n{line}\n{safe_text(text)}\n\n")
        with app.suspend():
            return subprocess.run(  # noqa: S603 - the person's own choice
                [*command, str(path)],
                check=False,
                env={**os.environ, "LESSSECURE": "1"},
            ).returncode
