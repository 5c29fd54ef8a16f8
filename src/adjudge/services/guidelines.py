"""Guidelines: add a version, list them, read one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adjudge.domain.guideline import Change, Guideline, split_ref
from adjudge.domain.people import Act, Actor
from adjudge.errors import ConflictError, UnknownError
from adjudge.formats import guideline_file
from adjudge.storage import guidelines

if TYPE_CHECKING:
    from adjudge.services.bench import Bench
    from adjudge.storage.store import Unit


def add(
    bench: Bench, actor: Actor, text: str, *, name: str, change: Change
) -> tuple[Guideline, bool]:
    """Add a guideline version; the same text again changes nothing.

    Args:
        bench: The bench.
        actor: Who acts.
        text: The whole file.
        name: The file's name, for error messages.
        change: Whether judgments made under the version before stay comparable.

    Returns:
        The guideline, and whether it is new.

    Raises:
        BadFileError: If the text is no guideline.
        ConflictError: If that name and version stand with another text.
    """
    actor.must(Act.MANAGE_GUIDELINES)
    guideline = guideline_file.parse(text, name=name)
    with bench.store.write() as unit:
        for known, version, sha256, *_ in guidelines.listed(unit):
            if sha256 == guideline.sha256:
                return guideline, False
            if (known, version) == (guideline.name, guideline.version):
                raise ConflictError(
                    f"guideline {guideline.ref} stands in the store with another text",
                    hint="raise `version` in the front matter; a version never changes",
                )
        guidelines.add(unit, guideline, change=change, by=actor.name, at=bench.now())
    return guideline, True


def listed(bench: Bench, actor: Actor) -> list[tuple[str, int, str, str, str, str]]:
    """List versions: name, version, hash, change, when and by whom."""
    actor.must(Act.SEE_GUIDELINES)
    with bench.store.read() as unit:
        return guidelines.listed(unit)


def show(bench: Bench, actor: Actor, ref: str) -> Guideline:
    """Read one version; the newest when none is named.

    Raises:
        UnknownError: If there is no such guideline.
    """
    actor.must(Act.SEE_GUIDELINES)
    with bench.store.read() as unit:
        found = load(unit, ref)
    if found is None:
        raise UnknownError(
            f"there is no guideline {ref!r}", hint="`adjudge guideline list` names all"
        )
    return found


def load(unit: Unit, ref: str) -> Guideline | None:
    """Load a guideline by reference inside a unit of work."""
    text = guidelines.source(unit, *split_ref(ref))
    return guideline_file.parse(text, name=ref) if text is not None else None


def body(guideline: Guideline) -> str:
    """Give the Markdown that people read."""
    return guideline_file.body(guideline.source)
