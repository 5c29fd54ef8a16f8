"""A draft becomes a judgment when it is signed."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from adjudge.domain.conversation import Comparison, Tiers, check_tiers
from adjudge.domain.ids import (
    AnnotatorId,
    ComparisonId,
    JudgmentId,
    ResponseId,
)
from adjudge.domain.record import (
    Name,
    OpenRecord,
    Record,
    Seconds,
    Time,
    derived_id,
)
from adjudge.errors import InvalidInputError

if TYPE_CHECKING:
    from adjudge.domain.guideline import Guideline


def skips(n_responses: int) -> dict[str, str]:
    """Give the reasons to pass on a task of so many responses."""
    return {
        code: words
        for code, words in SKIP_CODES.items()
        if n_responses > 1 or code not in _OF_SEVERAL
    }


def _no_truth(value: Any) -> Any:
    # Python takes true for the number 1.
    if value is True:
        raise ValueError("expected 1, 2 or 3, found true")
    return value


Margin = Annotated[Literal[1, 2, 3], BeforeValidator(_no_truth)]
Rating = Annotated[float, Field(ge=-1_000_000, le=1_000_000)]
Source = Literal["person", "model", "implicit", "imported"]
SKIP_CODES: dict[str, str] = {
    "needs_expert": "needs an expert in this topic",
    "broken": "broken or cannot be read",
    "unsafe": "unsafe to read",
    "wrong_language": "a language I do not read",
    "both_identical": "the responses are identical",
    "guideline_unclear": "the guideline does not say",
    "not_for_me": "not for me",
    "other": "another reason (say which)",
}
_OF_SEVERAL = frozenset({"both_identical"})
WHOLE = "*"  # a reason about the comparison, not about one response
NOTE_LIMIT = 500  # characters of a note written in the workbench

# One digit is a direction and a margin, spatially: 1 far left … 7 far right.
_GRADES: dict[int, tuple[int | None, Margin | None]] = {
    1: (0, 3),
    2: (0, 2),
    3: (0, 1),
    4: (None, None),
    5: (1, 1),
    6: (1, 2),
    7: (1, 3),
}


class Judgment(OpenRecord):
    """One annotator's signed answer on one comparison, on one occasion."""

    comparison: Annotated[ComparisonId, Name]
    annotator: Annotated[AnnotatorId, Name]
    ranking: Tiers = ()
    margin: Margin | None = None
    none_acceptable: bool = False
    reasons: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    ratings: dict[str, dict[str, Rating]] = Field(default_factory=dict)
    note: str | None = None
    shown: tuple[ResponseId, ...] | None = None
    seconds: Seconds | None = None
    at: Time | None = None
    guideline: str | None = None
    occasion: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    source: Source = "person"
    id: Annotated[JudgmentId, Name] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.ranking and not self.ratings:
            raise ValueError("expected `ranking` (or `ratings` of a rate task)")
        if self.margin is not None and len(self.ranking) < 2:
            raise ValueError("a tie has no `margin`; expected null")
        return self

    def with_id(self) -> Self:
        """Give the judgment an id of its content when it has none."""
        if self.id is not None:
            return self
        return self.model_copy(update={"id": derived_id(self.content())})

    def content(self) -> dict[str, Any]:
        """Give what the judgment says, its id apart, as values that JSON knows."""
        said = self.__dict__
        return {
            name: said[name] for name, unsaid in _UNSAID.items() if said[name] != unsaid
        }

    def check_responses(self, ids: tuple[ResponseId, ...]) -> None:
        """Refuse a judgment that names other responses than these.

        Raises:
            ValueError: ``key: problem``.
        """
        if self.ranking or len(ids) > 1:
            _keyed("ranking", self.ranking, ids)
        if self.shown is not None and sorted(self.shown) != sorted(ids):
            raise ValueError("shown: expected every response exactly once")
        for key, about in (("reasons", self.reasons), ("ratings", self.ratings)):
            for given in about:
                if given not in ids and not (key == "reasons" and given == WHOLE):
                    raise ValueError(f"{key}: unknown response {given!r}")

    @property
    def winner(self) -> ResponseId | None:
        """Name the response that stands alone on top, if one does."""
        top = self.ranking[0] if self.ranking else ()
        return top[0] if len(top) == 1 else None


# What a judgment says where it says nothing, by field; each must say who and what.
_UNSAID: dict[str, Any] = {
    name: field.get_default(call_default_factory=True)
    for name, field in Judgment.model_fields.items()
    if name != "id"
}


def _keyed(key: str, tiers: Tiers, ids: tuple[ResponseId, ...]) -> None:
    try:
        check_tiers(tiers, ids)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


class Said(Record):
    """What the annotator has said so far, the texts it is about apart."""

    ranking: Tiers = ()
    margin: Margin | None = None
    none_acceptable: bool = False
    reasons: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    ratings: dict[str, dict[str, float]] = Field(default_factory=dict)
    note: str = ""


class Draft(Said):
    """What the annotator has said about a comparison. Each edit returns a new draft."""

    comparison: Comparison
    shown: tuple[ResponseId, ...]

    @property
    def said(self) -> Said:
        """Take what was said out of the draft."""
        return Said(**{key: getattr(self, key) for key in Said.model_fields})

    def saying(self, said: Said) -> Self:
        """Put what was said into the draft."""
        update = {key: getattr(said, key) for key in Said.model_fields}
        return self.model_copy(update=update)

    def grade(self, digit: int) -> Self:
        """Take one of the seven grades of a pairwise comparison.

        Args:
            digit: 1 the left one far better … 4 tie … 7 the right one far better,
                left and right as shown.
        """
        place, margin = _GRADES[digit]
        if place is None:
            tied = tuple(r for r in self.comparison.response_ids if r in self.shown)
            return self.changed(ranking=(tied,), margin=None)
        best = self.shown[place]
        rest = self.shown[1 - place]
        return self.changed(ranking=((best,), (rest,)), margin=margin)

    @property
    def digit(self) -> int | None:
        """Read the grade back as the digit that made it; ``None`` before one."""
        if len(self.shown) != 2 or not self.ranking:
            return None
        if len(self.ranking) == 1:
            return 4
        place = self.shown.index(self.ranking[0][0])
        wanted = (place, self.margin if self.margin is not None else 2)
        return next(d for d, grade in _GRADES.items() if grade == wanted)

    def nudge(self, step: int) -> Self:
        """Move the grade one step left (-1) or right (+1), starting from a tie."""
        return self.grade(min(7, max(1, (self.digit or 4) + step)))

    def ranked(self, tiers: Tiers) -> Self:
        """Take a whole ranking, best first; a tier of several is a tie."""
        return self.changed(ranking=tiers, margin=None)

    def place(self, response: ResponseId, *, tied: bool = False) -> Self:
        """Put a response last in the ranking so far, alone or beside the last one."""
        if tied and self.ranking:
            *before, last = self.ranking
            return self.ranked((*before, (*last, response)))
        return self.ranked((*self.ranking, (response,)))

    def take_back(self) -> Self:
        """Take the response that was placed last out of the ranking."""
        if not self.ranking:
            return self
        *before, last = self.ranking
        return self.ranked((*before, last[:-1]) if len(last) > 1 else tuple(before))

    def shift(self, response: ResponseId, step: int) -> Self:
        """Move a placed response one tier up (-1) or down (+1), out of a tie first."""
        tiers = [list(tier) for tier in self.ranking]
        at = next((i for i, tier in enumerate(tiers) if response in tier), None)
        if at is None:
            return self
        if len(tiers[at]) > 1:
            tiers[at].remove(response)
            tiers.insert(at if step < 0 else at + 1, [response])
        elif 0 <= at + step < len(tiers):
            tiers[at], tiers[at + step] = tiers[at + step], tiers[at]
        return self.ranked(tuple(tuple(tier) for tier in tiers))

    @property
    def unplaced(self) -> tuple[ResponseId, ...]:
        """List the responses that have no place yet, as shown."""
        placed = {r for tier in self.ranking for r in tier}
        return tuple(r for r in self.shown if r not in placed)

    def flip_none_acceptable(self) -> Self:
        """Say, or take back, that no response is acceptable."""
        return self.changed(none_acceptable=not self.none_acceptable)

    def flip_reason(self, tag: str, about: str = WHOLE) -> Self:
        """Set a reason tag about a response (or the whole), or take it back."""
        have = self.reasons.get(about, ())
        new = tuple(t for t in have if t != tag) if tag in have else (*have, tag)
        reasons = {k: v for k, v in self.reasons.items() if k != about}
        if new:
            reasons[about] = new
        return self.changed(reasons=reasons)

    def rate(self, response: ResponseId, criterion: str, score: float) -> Self:
        """Score one response on one criterion of the guideline."""
        scores = {**self.ratings.get(response, {}), criterion: score}
        return self.changed(ratings={**self.ratings, response: scores})

    def unrate(self, response: ResponseId, criterion: str) -> Self:
        """Take a score back."""
        scores = {
            k: v for k, v in self.ratings.get(response, {}).items() if k != criterion
        }
        ratings = {k: v for k, v in self.ratings.items() if k != response}
        if scores:
            ratings[response] = scores
        return self.changed(ratings=ratings)

    def with_note(self, note: str) -> Self:
        """Take the note as it stands in the editor, without what no text may hold."""
        kept = note.replace("\x00", "").encode("utf-8", "replace").decode()
        return self.changed(note=kept)

    def missing(self, *, ties: bool = True, reasons_required: bool = False) -> str:
        """Say in one line what keeps this draft from being signed; empty if nothing.

        Args:
            ties: Whether the queue takes ties.
            reasons_required: Whether the queue wants at least one reason tag.
        """
        if len(self.shown) > 1 and (lacking := self._unranked(ties=ties)):
            return lacking
        if len(self.shown) == 1 and not self.ratings:
            return "Rate at least one criterion first."
        if reasons_required and not self.reasons:
            return "Choose at least one reason: t."
        return ""

    def _unranked(self, *, ties: bool) -> str:
        if not self.ranking:
            if len(self.shown) > 2:
                return "Rank the responses first: press their numbers, best first."
            return "Choose a grade first: 1 to 7."
        if lacking := self.unplaced:
            places = ", ".join(str(self.shown.index(r) + 1) for r in lacking)
            return f"Not placed yet: {places}."
        if not ties and len(self.ranking) < len(self.shown):
            return "This queue takes no ties: choose a side."
        return ""

    def check(self, *, ties: bool, guideline: Guideline | None) -> None:
        """Refuse a draft that is not complete, or says what its guideline has not.

        Raises:
            InvalidInputError: With the first thing that is wrong.
        """
        if lacking := self.missing(ties=ties):
            raise InvalidInputError(lacking)
        if len(self.note) > NOTE_LIMIT:
            raise InvalidInputError(
                f"the note has {len(self.note)} characters; at most {NOTE_LIMIT} "
                "are kept"
            )
        if guideline is None:
            return
        for tag in (t for tags in self.reasons.values() for t in tags):
            if tag not in guideline.tags:
                raise InvalidInputError(f"{guideline.ref} has no reason tag {tag!r}")

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing has been said yet."""
        return not (
            self.ranking
            or self.none_acceptable
            or self.reasons
            or self.ratings
            or self.note
        )

    def sign(
        self,
        *,
        id: JudgmentId,
        by: AnnotatorId,
        at: str,
        seconds: float,
        guideline: str | None,
        occasion: int = 0,
    ) -> Judgment:
        """Make the judgment.

        Raises:
            InvalidInputError: If the draft is not complete.
        """
        if lacking := self.missing():
            raise InvalidInputError(lacking)
        return Judgment(
            comparison=self.comparison.id,
            annotator=by,
            ranking=self.ranking,
            margin=self.margin,
            none_acceptable=self.none_acceptable,
            reasons=self.reasons,
            ratings=self.ratings,
            note=self.note or None,
            shown=self.shown,
            seconds=seconds,
            at=at,
            guideline=guideline,
            occasion=occasion,
            id=id,
        )

    def recall(self, judgment: Judgment) -> Self:
        """Load an earlier judgment of the same person, to be superseded."""
        return self.model_copy(
            update={
                "ranking": judgment.ranking,
                "margin": judgment.margin,
                "none_acceptable": judgment.none_acceptable,
                "reasons": judgment.reasons,
                "ratings": judgment.ratings,
                "note": judgment.note or "",
            }
        )


@lru_cache(maxsize=256)
def side_order(
    ids: tuple[ResponseId, ...], *, key: bytes, who: str, comparison: str, occasion: int
) -> tuple[ResponseId, ...]:
    """Fix which response is shown where, by a keyed hash of person and comparison.

    The same person sees the same order again; a repeat (odd occasion) sees it
    reversed; over many comparisons each order is as frequent as any other.

    Source:
        Counterbalancing; the shuffle is Fisher-Yates driven by BLAKE2b.
    """
    # The pair of occasions 2n, 2n+1 shares one draw, so that a repeat is a flip.
    draw = hashlib.blake2b(
        f"{who}\x1f{comparison}\x1f{occasion // 2}".encode(), key=key[:64]
    ).digest()
    number = int.from_bytes(draw, "big")
    order = list(ids)
    for i in range(len(order) - 1, 0, -1):
        number, j = divmod(number, i + 1)
        order[i], order[j] = order[j], order[i]
    return tuple(reversed(order)) if occasion % 2 else tuple(order)
