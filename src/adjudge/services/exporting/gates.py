"""What may leave: every reason to keep something in, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adjudge.domain.dataset import Exclusion
    from adjudge.domain.resolution import Resolution
    from adjudge.services.exporting.options import ExportOptions
    from adjudge.storage.exports import Task

_REFUSED = frozenset({"refused", "withdrawn"})
_NOT_GIVEN = _REFUSED | {"unstated"}


def kept_out(task: Task, options: ExportOptions) -> Exclusion | None:
    """Say what keeps a comparison out of every config, whoever judged it."""
    if task.frozen:
        return "frozen"
    if task.body is None:
        return "erased"
    if task.consent in (_NOT_GIVEN if options.require_consent else _REFUSED):
        return "unconsented"
    if options.batch is not None and task.batch != options.batch:
        return "other_batch"
    return None


def not_as_judged(shown: Any, judged: Iterable[Any]) -> Exclusion | None:
    """Keep out what is not what everybody judged.

    Args:
        shown: The digest of the comparison as it is.
        judged: Digests of what was judged.
    """
    for digest in judged:
        if digest != shown:
            return "not_as_judged"
    return None


def consented(consent: str, options: ExportOptions) -> bool:
    """Tell whether a user's words may leave; silence is a yes unless asked for."""
    return consent not in (_NOT_GIVEN if options.require_consent else _REFUSED)


def undecided(found: Resolution, options: ExportOptions) -> Exclusion | None:
    """Say why a result is no basis for a trainer's row; ``None`` if it is."""
    if found.state in {"open", "tie", "escalated"}:
        return found.state
    if found.winner is None or found.ranking is None:
        return "tie"
    return below(found, options)


def below(found: Resolution, options: ExportOptions) -> Exclusion | None:
    """Say which limit a result is below; a number that is undefined is below any."""
    if found.n_judgments < options.min_judgments:
        return "below_min_judgments"
    if (found.agreement or 0) < options.min_agreement:
        return "below_min_agreement"
    if (found.confidence or 0) < options.min_confidence:
        return "below_min_confidence"
    return None


def too_thin(found: Resolution, options: ExportOptions) -> Exclusion | None:
    """Say why a comparison is left out of the raw annotations.

    They show disputes on purpose, so only a number that is defined and too low counts.
    """
    if found.n_judgments < options.min_judgments:
        return "below_min_judgments"
    if found.agreement is not None and found.agreement < options.min_agreement:
        return "below_min_agreement"
    if found.confidence is not None and found.confidence < options.min_confidence:
        return "below_min_confidence"
    return None
