"""Near-identical texts: MinHash over character n-grams, buckets, then estimates.

Works in any script, since it never looks for words.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

NGRAM = 5  # characters
N_HASHES = 64
BANDS = 16  # of four hashes each: pairs alike to 0.8 meet with probability > 0.999
ALIKE = 0.8
LONGEST = 20_000  # characters that are looked at
_PRIME = np.uint64(4_294_967_311)  # the smallest above 2**32


def signature(text: str) -> npt.NDArray[np.uint64]:
    """Summarise a text's n-grams in a few numbers.

    Args:
        text: Case, and runs of white space, make no difference.

    Returns:
        Shape (64,). The share of equal places of two signatures estimates the Jaccard
        similarity of their n-gram sets, with a standard error of at most 0.0625.

    Source:
        Broder (1997), On the resemblance and containment of documents.
    """
    plain = " ".join(text.casefold().split())[:LONGEST]
    grams = {plain[i : i + NGRAM] for i in range(max(1, len(plain) - NGRAM + 1))}
    hashes = np.fromiter((zlib.crc32(g.encode()) for g in grams), np.uint64, len(grams))
    # a * h + b stays below 2**64 because each factor is below 2**32.
    mixed = (_A[:, None] * hashes[None, :] + _B[:, None]) % _PRIME
    smallest: npt.NDArray[np.uint64] = mixed.min(axis=1)
    return smallest


_drawn = np.random.default_rng(20260105).integers(1, 2**31, size=(2, N_HASHES))
_A, _B = _drawn.astype(np.uint64)


def groups(texts: Sequence[str], *, alike: float = ALIKE) -> list[int]:
    """Group near-identical texts.

    Args:
        texts: In order of preference: the first of a group represents it.
        alike: Estimated Jaccard similarity from which two texts are one, in (0, 1].

    Returns:
        For each text the index of the text that represents it; its own if new.
    """
    found: list[int] = []
    exact: dict[str, int] = {}
    kept: dict[int, npt.NDArray[np.uint64]] = {}
    buckets: dict[tuple[int, bytes], list[int]] = {}
    rows = N_HASHES // BANDS
    for i, text in enumerate(texts):
        if text in exact:
            found.append(exact[text])
            continue
        own = signature(text)
        bands = [(b, own[b * rows : (b + 1) * rows].tobytes()) for b in range(BANDS)]
        near = sorted({j for band in bands for j in buckets.get(band, ())})
        first = next((j for j in near if np.mean(kept[j] == own) >= alike), i)
        if first == i:
            kept[i] = own
            for band in bands:
                buckets.setdefault(band, []).append(i)
        exact[text] = first
        found.append(first)
    return found
