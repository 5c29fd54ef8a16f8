"""Our own recogniser of private stretches of text: shapes first, checksums where any.

It works without a model and without the network, and it knows nothing of names or
addresses. ``tests/telemetry`` measures its recall by kind on a fixture; whoever reads
its output should think "some of it is covered", never "it is clean".

Every search begins at a mark that plain text rarely holds (``@``, ``://``, a run of
digits, a prefix of a key), so that a long text without any costs almost nothing and
none costs more than linear time.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from adjudge.domain.privacy import Span, merged

if TYPE_CHECKING:
    from collections.abc import Iterator


class Recogniser:
    """Finds e-mail, phone, card, IBAN, SSN, IP, secrets and URL credentials."""

    def find(self, text: str) -> tuple[Span, ...]:
        """Find spans, in order, none overlapping another."""
        found: list[Span] = []
        if "@" in text:
            found += _emails(text)
        if _has_digits(text):
            found += _numbers(text)
        if _may_hold_ip6(text):
            found += _ip6(text)
        if _may_hold_secrets(text):
            found += _secrets(text)
        if "://" in text and (inside := merged(_credentials(text))):
            # What stands in a URL looks like an e-mail address or a password, too.
            found = [*_apart_from(inside, found), *inside]
        return merged(found) if found else ()

    def may_hold(self, text: str) -> bool:
        """Tell quickly that there is nothing to find; in doubt, say yes."""
        return (
            "@" in text
            or "://" in text
            or (_has_digits(text) and _may_hold_numbers(text))
            or _may_hold_ip6(text)
            or _may_hold_secrets(text)
        )


def _apart_from(taken: tuple[Span, ...], spans: list[Span]) -> Iterator[Span]:
    """Leave out spans that overlap one of those that are taken, which are in order."""
    ends = [span.end for span in taken]
    for span in spans:
        i = bisect_right(ends, span.start)
        if i == len(taken) or taken[i].start >= span.end:
            yield span


# --- addresses -----------------------------------------------------------------
_LOCAL = re.compile(r"[\w.+%'’-]{1,64}$")  # noqa: RUF001 - people type it
_DOMAIN = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


def _emails(text: str) -> Iterator[Span]:
    at = text.find("@")
    while at >= 0:
        start = max(0, at - 64)
        local = _LOCAL.search(text[start:at])
        domain = _DOMAIN.match(text, at + 1)
        if local and domain and domain.group().rpartition(".")[2][:1].isalpha():
            begin = start + local.start()
            begin += len(local.group()) - len(local.group().lstrip("'’.-"))  # noqa: RUF001
            yield Span(begin, domain.end(), "email")
        at = text.find("@", at + 1)


_USER_INFO = re.compile(r"([^\s/@:?#\"'<>]{1,256}:)?[^\s/@?#\"'<>]{1,256}(?=@)")
_QUERY_SECRET = re.compile(
    r"[?&](?:access_token|api_?key|auth|key|passw(?:or)?d|sig(?:nature)?|secret|token)"
    r"=([^\s&#\"'<>]{4,512})",
    re.IGNORECASE,
)


def _credentials(text: str) -> Iterator[Span]:
    at = text.find("://")
    while at >= 0:
        if found := _USER_INFO.match(text, at + 3):
            yield Span(found.start(), found.end(), "credentials")
        at = text.find("://", at + 3)
    for found in _QUERY_SECRET.finditer(text):
        yield Span(found.start(1), found.end(1), "credentials")


# --- numbers -------------------------------------------------------------------
# What every number of a kind has in it, looked for before the number itself.
_SEVEN = re.compile(r"\d(?:[ .()/-]*\d){6}")
_DOTTED = re.compile(r"\d\.\d{1,3}\.\d")
_COUNTRY = re.compile(r"[A-Z]{2}\d\d")
_IP4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)")
_IP6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f.]{0,15}(?![\w:])")
_CARD = re.compile(r"(?<![\d.,-])[2-6]\d{3}(?:[ -]?\d){8,15}(?![\d-])")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}(?!\w)")
_SSN = re.compile(
    r"(?<![\w-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d\d\1(?!0000)\d{4}(?![\w-])"
)
_PHONE = re.compile(r"(?<![\w.,/+-])(?:\+|\(|\d)[\d ().\-/]{6,22}\d(?![\w-])")
_NORTH_AMERICA = re.compile(r"(?:1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}")
_DATE = re.compile(
    r"(?:19|20)\d\d[-/. ]\d\d?[-/. ]\d\d?|\d\d?[-/.]\d\d?[-/.](?:19|20)\d\d"
)
_NOBODY = frozenset({"0.0.0.0", "127.0.0.1", "255.255.255.255"})  # noqa: S104
_IBAN_LENGTHS = range(15, 35)


def _has_digits(text: str) -> bool:
    """Tell texts with fewer digits than any number of ours, which are most of them."""
    return sum(map(text.count, "0123456789")) > 3


def _may_hold_numbers(text: str) -> bool:
    return bool(_SEVEN.search(text) or _DOTTED.search(text) or _COUNTRY.search(text))


def _numbers(text: str) -> Iterator[Span]:
    if _COUNTRY.search(text):
        for found in _IBAN.finditer(text):
            if (end := _iban_end(found.group())) is not None:
                yield Span(found.start(), found.start() + end, "iban")
    if _DOTTED.search(text):
        for found in _IP4.finditer(text):
            parts = found.group().split(".")
            if found.group() not in _NOBODY and all(int(p) < 256 for p in parts):
                yield Span(*found.span(), "ip")
    if _SEVEN.search(text):
        yield from _long_numbers(text)


def _long_numbers(text: str) -> Iterator[Span]:
    for found in _CARD.finditer(text):
        digits = _only_digits(found.group())
        if 13 <= len(digits) <= 19 and luhn(digits):
            yield Span(*found.span(), "card")
    for found in _SSN.finditer(text):
        yield Span(*found.span(), "ssn")
    for found in _PHONE.finditer(text):
        if _is_phone(found.group()):
            yield Span(*found.span(), "phone")


def _only_digits(text: str) -> str:
    return "".join(c for c in text if "0" <= c <= "9")


def luhn(digits: str) -> bool:
    """Check the last digit of a payment card number.

    Source:
        ISO/IEC 7812-1, annex B.
    """
    total = 0
    for i, digit in enumerate(reversed(digits)):
        n = int(digit) * (1 + i % 2)
        total += n - 9 if n > 9 else n
    return total % 10 == 0 and digits.strip("0") != ""


def mod97(iban: str) -> bool:
    """Check the two check digits of a bank account number.

    Source:
        ISO 13616, with ISO/IEC 7064 MOD 97-10.
    """
    moved = iban[4:] + iban[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def _iban_end(text: str) -> int | None:
    """Find how far an account number goes: words may follow it after a space."""
    end = len(text)
    while end > 0:
        compact = text[:end].replace(" ", "").upper()
        if len(compact) in _IBAN_LENGTHS and compact.isascii() and mod97(compact):
            return end
        end = text.rfind(" ", 0, end)
    return None


def _is_phone(text: str) -> bool:
    digits = len(_only_digits(text))
    if not 7 <= digits <= 15 or _DATE.match(text):
        return False
    if text.startswith("+"):
        return digits >= 8
    if _NORTH_AMERICA.fullmatch(text):
        return True
    # Elsewhere a number for use at home starts with a zero and has some grouping.
    is_grouped = any(c in " -/()" for c in text)
    return text.lstrip("(").startswith("0") and 9 <= digits <= 12 and is_grouped


_TWO_COLONS = re.compile(r":[0-9A-Fa-f]{0,4}:")


def _may_hold_ip6(text: str) -> bool:
    return text.count(":") > 1 and _TWO_COLONS.search(text) is not None


def _ip6(text: str) -> Iterator[Span]:
    for found in _IP6.finditer(text):
        candidate = found.group()
        try:
            address = ipaddress.IPv6Address(candidate)
        except ValueError:
            continue
        if not address.is_loopback and not address.is_unspecified:
            yield Span(*found.span(), "ip")


# --- secrets -------------------------------------------------------------------
# What the text must hold, and then what the whole looks like.
_SHAPES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (needles, re.compile(shape))
    for needles, shape in (
        (("sk-", "pk-"), r"\b[sp]k-[A-Za-z0-9_-]{16,256}"),
        (("k_live_", "k_test_"), r"\b[prs]k_(?:live|test)_[A-Za-z0-9]{10,256}"),
        (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"\bgh[pousr]_[A-Za-z0-9]{20,256}"),
        (("github_pat_",), r"\bgithub_pat_[A-Za-z0-9_]{20,256}"),
        (("glpat-",), r"\bglpat-[\w-]{16,256}"),
        (("AKIA", "ASIA"), r"\bA[KS]IA[0-9A-Z]{16}\b"),
        (("AIza",), r"\bAIza[0-9A-Za-z_-]{30,64}"),
        (("xox",), r"\bxox[abeoprs]-[A-Za-z0-9-]{10,256}"),
        (("hf_",), r"\bhf_[A-Za-z0-9]{20,64}"),
        (("npm_",), r"\bnpm_[A-Za-z0-9]{30,64}"),
        (("eyJ",), r"\beyJ[\w-]{8,4096}\.[\w-]{8,4096}(?:\.[\w-]{4,4096})?"),
        (
            ("PRIVATE KEY",),
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]{0,16384}?"
            r"(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)",
        ),
    )
)
_BEARER = re.compile(r"\b[Bb]earer +([A-Za-z0-9._~+/=-]{16,4096})")
_NAMED_HINTS = (
    "asswor",
    "asswd",
    "ecret",
    "oken",
    "_key",
    "-key",
    "api",
    "API",
    "PASS",
)
_NAMED = re.compile(
    r"(?:password|passwd|passphrase|secret|token|"
    r"(?:api|access|private|secret)[_ -]?key)"
    r"[\"']?(?:\s{0,3}[:=]\s{0,3}|\s{1,3}is\s{1,3})[\"'`]?"
    r"([^\s\"'`,;]{6,512})",
    re.IGNORECASE,
)


_HINTS = (*(n for needles, _ in _SHAPES for n in needles), "earer ", *_NAMED_HINTS)
# Told apart by a mark that plain text rarely holds, so that few are looked for.
_WITH_LINE = tuple(h for h in _HINTS if "_" in h)
_WITH_DASH = tuple(h for h in _HINTS if "-" in h and "_" not in h)
_WITH_NEITHER = tuple(h for h in _HINTS if "_" not in h and "-" not in h)


def _may_hold_secrets(text: str) -> bool:
    holds = text.__contains__
    if any(map(holds, _WITH_NEITHER)) or ("-" in text and any(map(holds, _WITH_DASH))):
        return True
    return "_" in text and any(map(holds, _WITH_LINE))


def _secrets(text: str) -> Iterator[Span]:
    for needles, shape in _SHAPES:
        if any(map(text.__contains__, needles)):
            for found in shape.finditer(text):
                yield Span(*found.span(), "secret")
    if "earer " in text:
        for found in _BEARER.finditer(text):
            yield Span(*found.span(1), "secret")
    for found in _NAMED.finditer(text):
        if _looks_secret(found.group(1)):
            yield Span(*found.span(1), "secret")


def _looks_secret(value: str) -> bool:
    """Tell a value from a word: "the token is missing" names no token."""
    return not value.isalpha() or (value != value.lower() and not value.istitle())
