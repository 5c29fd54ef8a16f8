"""The one place that picks real parts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from adjudge.domain.ids import uuid7
from adjudge.domain.record import utc
from adjudge.errors import InvalidInputError
from adjudge.wiring.settings import Settings, pseudonym_key

if TYPE_CHECKING:
    from adjudge.domain.privacy import Redactor
    from adjudge.services.bench import Bench


def build(settings: Settings) -> Bench:
    """Build the bench that these settings ask for.

    Raises:
        StoreUnusableError: If the store cannot be used as it is.
        InvalidInputError: If its address is none.
    """
    # Late: the store costs time that `--help` should not pay.
    from adjudge.services.bench import Bench  # noqa: PLC0415
    from adjudge.storage.engine.store import Store  # noqa: PLC0415

    return Bench(
        store=Store.at(settings.db),
        now=lambda: utc(datetime.now(UTC)),
        new_id=uuid7,
        secret=pseudonym_key(settings),
        redactor=_redactor(settings),
        signal_weights=_signal_weights(settings),
    )


def _redactor(settings: Settings) -> Redactor:
    from adjudge.telemetry import presidio, redact  # noqa: PLC0415

    if settings.redactor == "presidio":
        return presidio.Presidio()
    return redact.Recogniser()


def _signal_weights(settings: Settings) -> dict[str, float]:
    from adjudge.domain.triage import SIGNAL_WEIGHTS  # noqa: PLC0415

    if unknown := sorted(settings.signal_weights.keys() - SIGNAL_WEIGHTS.keys()):
        raise InvalidInputError(
            f"setting signal_weights: there is no signal {unknown[0]!r}",
            hint=f"signals: {', '.join(SIGNAL_WEIGHTS)}",
        )
    return SIGNAL_WEIGHTS | settings.signal_weights
