"""The local journal: judgments in files of their own, until the store takes them."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from adjudge.errors import (
    AdjudgeError,
    BusyError,
    InvalidInputError,
    NoSpaceError,
    StoreUnusableError,
)

if TYPE_CHECKING:
    from adjudge.domain.people import Actor
    from adjudge.services.bench import Bench
    from adjudge.services.work.journal import Entry

# The store may take it later; with any other error it never will.
FOR_NOW = (BusyError, NoSpaceError, StoreUnusableError)


def folder(place: str, who: str) -> Path:
    """Name the folder of one person's journal for one store."""
    key = hashlib.sha256(f"{place}\n{who}".encode()).hexdigest()[:16]
    return Path(platformdirs.user_state_dir("adjudge")) / "journal" / key


def keep(folder: Path, entry: Entry) -> Path:
    """Write an entry so that it survives whatever happens next.

    Raises:
        InvalidInputError: If it cannot be written here either.
    """
    path = folder / f"{entry.submission_id}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(".part")
        descriptor = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(entry.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise InvalidInputError(
            f"{path} cannot be written: {error.strerror}",
            hint="the draft stays on the screen; try the store again",
        ) from None
    return path


def bring_in(folder: Path, bench: Bench, actor: Actor, *, queue: str) -> list[str]:
    """Bring in what waits; say in words what became of it.

    Args:
        folder: The person's journal.
        bench: The bench.
        actor: Whose journal it is.
        queue: Where they sit down; tasks claimed elsewhere on the way are given back.
    """
    told = []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            told.append(_bring_in(path, bench, actor, queue))
        except FileNotFoundError:
            continue  # another window of this person brought it in
        except OSError as error:
            told.append(f"{path} cannot be brought in: {error.strerror}.")
        except FOR_NOW as error:
            told.append(f"A judgment still waits in {path}: {error.message}.")
            break
        except AdjudgeError as error:
            told.append(_set_aside(path, error))
    return told


def _set_aside(path: Path, error: AdjudgeError) -> str:
    """Keep what the store will never take beside what waits."""
    with suppress(FileNotFoundError):  # the other window did
        path.rename(path.with_suffix(".refused"))
    return f"{path.stem} is refused: {error.message}; it stays beside."


def _bring_in(path: Path, bench: Bench, actor: Actor, queue: str) -> str:
    # Late: the store is not imported before the first frame.
    from adjudge.services.work import journal, judging  # noqa: PLC0415

    try:
        entry = journal.Entry.model_validate_json(path.read_bytes())
    except ValueError:
        raise InvalidInputError(f"{path} is damaged") from None
    done = journal.bring_in(bench, actor, entry)
    for ahead in done.next if entry.queue != queue else ():
        judging.release(bench, actor, ahead)
    path.unlink(missing_ok=True)
    return f"The judgment of {entry.comparison} that waited is in the store now."
