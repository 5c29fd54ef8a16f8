"""Ids are text; a NewType each, so that one is never passed for another."""

from __future__ import annotations

import os
import time
from typing import NewType

ComparisonId = NewType("ComparisonId", str)
ResponseId = NewType("ResponseId", str)
JudgmentId = NewType("JudgmentId", str)
AnnotatorId = NewType("AnnotatorId", str)
QueueName = NewType("QueueName", str)
TaskId = NewType("TaskId", int)


def uuid7(milliseconds: int | None = None, entropy: bytes | None = None) -> str:
    """Make a UUIDv7: sortable by time, unique without asking anybody.

    Args:
        milliseconds: Unix time in milliseconds; now when absent.
        entropy: Ten random bytes; from the system when absent.

    Source:
        RFC 9562, section 5.7.
    """
    moment = int(time.time() * 1000) if milliseconds is None else milliseconds
    noise = int.from_bytes(os.urandom(10) if entropy is None else entropy, "big")
    value = (moment & (2**48 - 1)) << 80 | noise & (2**80 - 1)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
