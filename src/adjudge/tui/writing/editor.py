"""Write in the person's own editor; whatever goes wrong there keeps the old text."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from textual.app import SuspendNotSupported

if TYPE_CHECKING:
    from textual.app import App

_FALLBACK = ("nano", "vi")


class Edited(NamedTuple):
    """What came back.

    Attributes:
        text: The new text, or None where the old one stands.
        said: What happened, in words.
    """

    text: str | None
    said: str


def edit(app: App[object], text: str) -> Edited:
    """Hand a text to ``$VISUAL`` or ``$EDITOR``; the file is private, and removed.

    Args:
        app: The app that gives up the terminal meanwhile.
        text: What has been written so far.
    """
    command, problem = _command()
    if problem:
        return Edited(None, problem)
    try:
        back = _handed_out(app, command, text)
    except SuspendNotSupported:
        words = "The editor needs a terminal of its own; here it cannot open."
        return Edited(None, words)
    except OSError as error:
        return Edited(None, f"The editor did not start: {error.strerror}.")
    if back.text is not None and not text.endswith("\n"):
        # Editors end a file with a line end that nobody typed.
        return back._replace(text=back.text.removesuffix("\n"))
    return back


def _handed_out(app: App[object], command: list[str], text: str) -> Edited:
    # What an editor leaves beside the file must not cost what was written in it.
    with tempfile.TemporaryDirectory(
        prefix="adjudge-", ignore_cleanup_errors=True
    ) as folder:
        path = Path(folder) / "answer.md"
        path.touch(mode=0o600)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        before = _digest(path)
        with app.suspend():
            done = subprocess.run([*command, str(path)], check=False)  # noqa: S603
        return _taken(path, before, done.returncode)


def _command() -> tuple[list[str], str]:
    given = os.environ.get("VISUAL", "").strip() or os.environ.get("EDITOR", "").strip()
    if not given:
        found = next((name for name in _FALLBACK if shutil.which(name)), None)
        if found is None:
            return [], "There is no editor; set $VISUAL or $EDITOR."
        return [found], ""
    try:
        command = shlex.split(given)
    except ValueError as error:
        return [], f"$EDITOR cannot be read: {error}."
    if not command or shutil.which(command[0]) is None:
        return [], f"There is no editor {command[0] if command else ''!r}; set $EDITOR."
    return command, ""


def _taken(path: Path, before: str, code: int) -> Edited:
    if code != 0:
        return Edited(None, f"The editor ended with {code}; the text is as it was.")
    try:
        if _digest(path) == before:
            return Edited(None, "Nothing was changed in the editor.")
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        words = f"What the editor wrote cannot be read: {error.strerror}."
        return Edited(None, f"{words} The text is as it was.")
    except UnicodeDecodeError:
        words = "What the editor wrote is no UTF-8; the text is as it was."
        return Edited(None, words)
    return Edited(text, "Taken from the editor.")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
