"""What new things may be called: a name shows as it is written.

Names stand in tables, prompts, log lines and commands that people copy. Nobody gives
one by hand that hides something. What an import brings, an export is called, or the
store holds already keeps the name it has, byte by byte, and is shown escaped.
"""

from __future__ import annotations

from adjudge.domain.safe_text import safe_text
from adjudge.errors import InvalidInputError


def hidden_in(name: str) -> str:
    """Say what is wrong with a name that shows otherwise than it is written.

    Joiners that spell a word, and the marks of a script, are as they should be.
    """
    shown = safe_text(name, newlines=False)
    if shown == name:
        return ""
    return (
        "expected a name without characters that hide, turn the text round or "
        f"control a terminal; this one would be shown as {shown!r}"
    )


def check_name(what: str, name: str) -> None:
    """Refuse to call something new by a name that shows otherwise than written.

    Args:
        what: What is to be called so: ``queue``, ``guideline``.
        name: As somebody wants it.

    Raises:
        InvalidInputError: With the name as it would be shown.
    """
    if problem := hidden_in(name):
        raise InvalidInputError(
            f"{what} name: {problem}", hint="leave them out; a name is for ever"
        )
