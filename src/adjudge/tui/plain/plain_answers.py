"""Read what somebody typed in the line mode."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adjudge.domain.judging import WHOLE

if TYPE_CHECKING:
    from adjudge.domain.ids import ResponseId
    from adjudge.domain.judging import Draft


class Misread(ValueError):  # noqa: N818 - said to a person, never stored
    """What was typed is no answer; the words say what would be one."""


def grade_of(said: str, draft: Draft) -> Draft:
    """Read ``2``, or ``02`` for a grade with none acceptable.

    Raises:
        Misread: If it is none of these.
    """
    match = re.fullmatch(r"(0?)\s*([1-7])", said)
    if match is None:
        raise Misread(f"{said} is no grade: 1 to 7, with 0 before it or not.")
    return _none_acceptable(draft.grade(int(match[2])), bool(match[1]))


def order_of(said: str, draft: Draft) -> Draft:
    """Read ``3 1=4 2``: numbers as shown, best first, ``=`` between ties.

    Raises:
        Misread: If a number is unknown or stands twice.
    """
    match = re.fullmatch(r"(0\s+)?([1-9](?:\s*[\s=>]\s*[1-9])*)", said)
    if match is None:
        raise Misread(f"{said} is no order: numbers, best first, = between ties.")
    ranked = draft.ranked(())
    tied = False
    for sign in re.findall(r"[1-9=]", match[2]):
        if sign == "=":
            tied = True
            continue
        number = int(sign)
        if number > len(draft.shown):
            raise Misread(f"There are {len(draft.shown)} responses.")
        response = draft.shown[number - 1]
        if response not in ranked.unplaced:
            raise Misread(f"{number} stands twice.")
        ranked = ranked.place(response, tied=tied)
        tied = False
    return _none_acceptable(ranked, bool(match[1]))


def reasons_of(
    said: str,
    draft: Draft,
    *,
    tags: dict[str, str],
    names: dict[str, ResponseId],
    about: str,
) -> Draft:
    """Read ``il`` or ``Ai Bl``: letters of tags, a name before them says about whom.

    Raises:
        Misread: If a letter is no tag's.
    """
    if not said:
        return draft
    draft = draft.model_copy(update={"reasons": {}})
    for sign in said.replace(" ", ""):
        if sign in names:
            about = names[sign]
        elif sign == WHOLE:
            about = WHOLE
        elif sign not in tags:
            raise Misread(f"No reason has the letter {sign}.")
        elif tags[sign] not in draft.reasons.get(about, ()):
            draft = draft.flip_reason(tags[sign], about)
    return draft


def _none_acceptable(draft: Draft, wanted: bool) -> Draft:
    if draft.none_acceptable == wanted:
        return draft
    return draft.flip_none_acceptable()
