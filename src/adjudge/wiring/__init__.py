"""The one place that picks real parts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from adjudge.domain.ids import uuid7
from adjudge.domain.record import utc
from adjudge.wiring.settings import Settings, pseudonym_key

if TYPE_CHECKING:
    from adjudge.services.bench import Bench


def build(settings: Settings) -> Bench:
    """Build the bench that these settings ask for.

    Raises:
        StoreUnusableError: If the store cannot be used as it is.
        InvalidInputError: If its address is none.
    """
    # Late: SQLModel costs 400 ms that `--help` should not pay.
    from adjudge.services.bench import Bench  # noqa: PLC0415
    from adjudge.storage.store import Store  # noqa: PLC0415

    return Bench(
        store=Store.at(settings.db),
        now=lambda: utc(datetime.now(UTC)),
        new_id=uuid7,
        secret=pseudonym_key(settings),
    )
