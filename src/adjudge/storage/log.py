"""The hash-chained log. Privileged acts chain at once; frequent deeds are sealed.

One chain head locked in every claim would let one person work at a time. So claims,
submits and skips are rows with a code of their own, and whoever writes next after a
second seals those that stand into the chain. A seal names its deeds by number: a
number that was given but not yet kept is a hole, and is sealed when it appears.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import orjson

from adjudge.domain.record import canonical
from adjudge.storage.engine.sql import insert
from adjudge.storage.log_files import Head, LogFiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from adjudge.storage.engine.store import Store, Unit

GENESIS = "0" * 64
SEAL_AFTER = 1.0  # seconds that a deed waits for its seal while somebody writes
MOST_SEALED = 20_000  # deeds in one seal
HOLE_KEPT = 600.0  # seconds; no transaction of ours lives longer
ANYBODY = "store"


class Log:
    """The log of one store as this process knows it.

    Attributes:
        files: The key, and where the chain ended last.
        has_more: Whether this process kept deeds that wait for their seal.
    """

    def __init__(self, files: LogFiles) -> None:
        self.files = files
        self.has_more = False
        self.sealed_at = 0.0  # monotonic seconds

    def settle(self, unit: Unit) -> None:
        """Seal what waits, when the unit is kept."""
        _waiting(unit).seal_now = True


@dataclass
class _Waiting:
    """What a unit of work will log when it is kept."""

    entries: list[tuple[str, str, str, str, Any]] = field(default_factory=list)
    deeds: list[tuple[str, str, str, str, Any]] = field(default_factory=list)
    seal_now: bool = False


def of(store: Store) -> Log:
    """Give the log of a store."""
    found = store.companions.get("log")
    if not isinstance(found, Log):
        found = Log(LogFiles(store.path))
        store.companions["log"] = found
    return found


def record(
    unit: Unit, actor: str, act: str, object: str, payload: Any = None, *, at: str
) -> None:
    """Log a privileged act in the transaction that does it.

    Args:
        unit: The unit of work; the entry is written last, when it is kept.
        actor: Who acts.
        act: What, for example ``queue.create``.
        object: On what: ids and names, never a text that somebody wrote.
        payload: What was said, as a JSON value; only its keyed hash is kept.
        at: When, UTC ISO 8601.
    """
    _waiting(unit).entries.append((at, actor, act, object, payload))


def note(
    unit: Unit, actor: str, act: str, object: str, payload: Any = None, *, at: str
) -> None:
    """Log a frequent deed; it is sealed into the chain within a second."""
    _waiting(unit).deeds.append((at, actor, act, object, payload))


def _waiting(unit: Unit) -> _Waiting:
    """Find what a unit will log; it is written just before the unit is kept.

    So the head of the chain is locked last, and for as short as can be.
    """
    found = unit.aside.get("log")
    if not isinstance(found, _Waiting):
        found = _Waiting()
        unit.aside["log"] = found
        unit.before_commit.append(partial(_flush, unit, found))
    return found


def _flush(unit: Unit, waiting: _Waiting) -> None:
    mine = of(unit.store)
    key = mine.files.key(unit)
    mine.files.head_name(unit)  # found while the transaction is open
    if waiting.deeds:
        _keep_deeds(unit, key, waiting.deeds)
        mine.has_more = True
    if waiting.entries or waiting.seal_now or is_due(unit.store):
        head = _extend(unit, mine, key, waiting)
        if head is not None:
            unit.after_commit.append(partial(mine.files.keep_head, head))


def _keep_deeds(
    unit: Unit, key: bytes, deeds: Iterable[tuple[str, str, str, str, Any]]
) -> None:
    rows = [_coded(key, deed) for deed in deeds]
    names = ("at", "actor", "act", "object", "payload", "mac")
    marks = ", ".join(
        "(" + ", ".join(f":{n}{i}" for n in names) + ")" for i in range(len(rows))
    )
    unit.run(
        f"INSERT INTO deed ({', '.join(names)}) VALUES {marks}",
        **{
            f"{n}{i}": value
            for i, row in enumerate(rows)
            for n, value in zip(names, row, strict=True)
        },
    )


def _coded(
    key: bytes, deed: tuple[str, str, str, str, Any]
) -> tuple[str, str, str, str, str, str]:
    """Give a deed its code."""
    at, actor, act, object, payload = deed
    said = keyed(key, payload)
    return at, actor, act, object, said, _deed_code(key, at, actor, act, object, said)


def _deed_code(key: bytes, *said: str) -> str:
    """Write the code of a deed.

    Which slot is claimed the database decides in the statement that keeps the deed; the
    code of a claim holds the lease, and its seal the slot.
    """
    at, actor, act, object, payload = said
    return _code(key, [at, actor, act, "" if act == "claim" else object, payload])


def is_due(store: Store) -> bool:
    """Tell whether whoever writes next looks for deeds to seal."""
    return time.monotonic() - of(store).sealed_at >= SEAL_AFTER


def sealed(store: Store, *, ago: float) -> None:
    """Take note of when somebody sealed the log."""
    of(store).sealed_at = time.monotonic() - ago


def deed(
    unit: Unit, actor: str, act: str, object: str, payload: Any, *, at: str
) -> tuple[str, str]:
    """Give payload and code of a deed that its own statement keeps."""
    mine = of(unit.store)
    key = mine.files.key(unit)
    mine.has_more = True
    return _coded(key, (at, actor, act, object, payload))[-2:]


def _extend(unit: Unit, mine: Log, key: bytes, waiting: _Waiting) -> Head | None:
    must = bool(waiting.entries)
    # Somebody else who seals right now, or did just now, does it for us.
    lock = "" if not unit.is_postgres else (" FOR UPDATE" + " SKIP LOCKED" * (not must))
    late = must or waiting.seal_now
    due = "" if late else f"WHERE sealed_at < {{now}} - {SEAL_AFTER:.1f}"
    row = unit.one(f"SELECT seq, hash, sealed, holes FROM log_head {due}{lock}")
    if row is None:
        mine.sealed_at = time.monotonic()
        return None
    head = Head(row[0], row[1])
    entries: list[tuple[str, ...]] = []
    sealed, holes = row[2], orjson.loads(row[3])
    seal, sealed, holes = _seal(unit, sealed, holes)
    if seal is not None:
        at = waiting.entries[0][0] if must else _now(unit)
        entries.append((at, ANYBODY, "seal", *seal))
    entries += [(*said, keyed(key, payload)) for *said, payload in waiting.entries]
    mine.sealed_at, mine.has_more = time.monotonic(), False
    if not entries:
        return None
    for entry in entries:
        head = _link(unit, key, head, entry)
    unit.run(
        "UPDATE log_head SET seq = :seq, hash = :hash, sealed = :sealed, "
        "holes = :holes, sealed_at = {now}",
        seq=head.seq,
        hash=head.hash,
        sealed=sealed,
        holes=canonical(holes).decode(),
    )
    return head


def _link(unit: Unit, key: bytes, head: Head, entry: tuple[str, ...]) -> Head:
    at, actor, act, object, payload = entry
    seq = head.seq + 1
    code = _code(key, [seq, at, actor, act, object, payload, head.hash])
    unit.run(
        insert("log_entry"),
        seq=seq,
        at=at,
        actor=actor,
        act=act,
        object=object,
        payload=payload,
        hash=code,
    )
    return Head(seq, code)


def _seal(
    unit: Unit, sealed: int, holes: dict[str, float]
) -> tuple[tuple[str, str] | None, int, dict[str, float]]:
    """Gather the deeds that wait for a seal: their numbers, and a hash of them all."""
    rows = unit.all(
        "SELECT id, mac, object FROM deed "
        "WHERE id > :sealed OR id IN {among numbers holes} "
        "ORDER BY id LIMIT :most",
        sealed=sealed,
        holes=canonical([int(h) for h in holes]).decode(),
        most=MOST_SEALED,
    )
    if not rows:
        return None, sealed, holes
    found = [row[0] for row in rows]
    top, now = max(sealed, found[-1]), time.time()
    kept = {h: since for h, since in holes.items() if now - since < HOLE_KEPT}
    kept |= {str(n): now for n in range(sealed + 1, top + 1)}
    for id in found:
        kept.pop(str(id), None)
    return (ranges(found), _over(rows)), top, kept


def _over(rows: Iterable[Sequence[Any]]) -> str:
    total = hashlib.sha256()
    for id, mac, object in rows:
        total.update(f"{id}:{mac}:{object}\n".encode())
    return total.hexdigest()


def ranges(numbers: list[int]) -> str:
    """Write ascending numbers short: ``1-57,59``."""
    parts: list[list[int]] = []
    for n in numbers:
        if parts and n == parts[-1][1] + 1:
            parts[-1][1] = n
        else:
            parts.append([n, n])
    return ",".join(f"{a}-{b}" if a != b else str(a) for a, b in parts)


def in_ranges(words: str) -> list[tuple[int, int]]:
    """Read what ``ranges`` wrote as first and last numbers."""
    pairs = (part.partition("-") for part in words.split(","))
    return [(int(a), int(b or a)) for a, _, b in pairs]


def keyed(key: bytes, payload: Any) -> str:
    """Hash a payload so that only holders of the key can guess what it was."""
    return "" if payload is None else _code(key, payload)


def _code(key: bytes, value: Any) -> str:
    code = _begun(key).copy()
    code.update(canonical(value))
    return code.hexdigest()


@lru_cache(maxsize=8)
def _begun(key: bytes) -> hmac.HMAC:
    """Begin an HMAC, to go on from a copy in two thirds of the time."""
    return hmac.new(key, digestmod="sha256")


def _now(unit: Unit) -> str:
    sql = (
        "SELECT to_char(statement_timestamp() AT TIME ZONE 'UTC', "
        '\'YYYY-MM-DD"T"HH24:MI:SS"Z"\')'
        if unit.is_postgres
        else "SELECT strftime('%Y-%m-%dT%H:%M:%SZ')"
    )
    row = unit.one(sql)
    return str(row[0]) if row else ""


# --- forgetting a person ---------------------------------------------------------
# Acts whose object is a person.
_ABOUT_PEOPLE = ("people.", "standing.", "statements.", "messages.", "qualification.")


def rename(unit: Unit, name: str, alias: str) -> int:
    """Replace a person's name in the log, and chain it anew from the first place.

    The key signs what stands now; that it was done is the caller's to log, and where
    the chain ended before is in ``head_of``.

    Returns:
        How many entries and deeds named the person.
    """
    key = of(unit.store).files.key(unit)
    lock = " FOR UPDATE" if unit.is_postgres else ""
    end = unit.one(f"SELECT seq, hash FROM log_head{lock}")
    found = _rename_deeds(unit, key, name, alias)
    head = Head(0, GENESIS)
    for seq, *said, code in unit.all(
        "SELECT seq, at, actor, act, object, payload, hash FROM log_entry ORDER BY seq"
    ):
        at, actor, act, object, payload = said
        now = [at, *_renamed(actor, act, object, name, alias), payload]
        found += now != said
        if act == "seal":
            now[4] = _over(
                (row[0], row[-1], row[4])
                for first, final in in_ranges(object)
                for row in _deeds(unit, first, final)
            )
        fresh = _code(key, [seq, *now, head.hash])
        if fresh != code:
            unit.run(
                "UPDATE log_entry SET actor = :actor, object = :object, "
                "payload = :payload, hash = :hash WHERE seq = :seq",
                seq=seq,
                actor=now[1],
                object=now[3],
                payload=now[4],
                hash=fresh,
            )
        head = Head(seq, fresh)
    if end is not None:
        unit.run("UPDATE log_head SET hash = :hash", hash=head.hash)
    return found


def head_of(unit: Unit) -> str:
    """Tell where the chain ends."""
    row = unit.one("SELECT hash FROM log_head")
    return str(row[0]) if row else GENESIS


def _renamed(
    actor: str, act: str, object: str, name: str, alias: str
) -> tuple[str, str, str]:
    meant = object == name and act.startswith(_ABOUT_PEOPLE)
    return alias if actor == name else actor, act, alias if meant else object


def _rename_deeds(unit: Unit, key: bytes, name: str, alias: str) -> int:
    rows = unit.all(
        "SELECT id, at, act, object, payload FROM deed WHERE actor = :name", name=name
    )
    unit.many(
        "UPDATE deed SET actor = :alias, mac = :mac WHERE id = :id",
        [
            {
                "id": id,
                "alias": alias,
                "mac": _deed_code(key, at, alias, act, object, payload),
            }
            for id, at, act, object, payload in rows
        ],
    )
    return len(rows)


# --- reading ------------------------------------------------------------------------
@dataclass(frozen=True)
class Entry:
    """One line of the log as people read it; deeds have no number in the chain."""

    seq: int | None
    at: str
    actor: str
    act: str
    object: str
    payload: str


def last(unit: Unit, limit: int) -> list[Entry]:
    """List the newest entries of the chain and deeds, newest first."""
    entries = unit.all(
        "SELECT seq, at, actor, act, object, payload FROM log_entry "
        "ORDER BY seq DESC LIMIT :limit",
        limit=limit,
    )
    deeds = unit.all(
        "SELECT at, actor, act, object, payload FROM deed "
        "ORDER BY id DESC LIMIT :limit",
        limit=limit,
    )
    found = [Entry(*row) for row in entries] + [Entry(None, *row) for row in deeds]
    return sorted(found, key=lambda e: e.at, reverse=True)[:limit]


@dataclass(frozen=True)
class Verdict:
    """What became of checking the chain.

    Attributes:
        entries: How many links hold.
        deeds: How many deeds hold.
        bad: Number of the first entry that does not; ``None`` if all hold.
        why: What is wrong with it.
    """

    entries: int
    deeds: int
    bad: int | None = None
    why: str = ""


class _BrokenError(Exception):
    def __init__(self, seq: int, why: str) -> None:
        super().__init__(why)
        self.seq = seq


def verify(unit: Unit, files: LogFiles, known: Head | None) -> Verdict:
    """Walk through the whole chain and every deed under its seals.

    Args:
        unit: One state of the store.
        files: The key.
        known: Where the file says the log ended, read before that state.
    """
    key = files.key(unit)
    head, deeds = Head(0, GENESIS), 0
    sealed: list[tuple[int, int]] = []
    try:
        for row in unit.stream(
            "SELECT seq, at, actor, act, object, payload, hash FROM log_entry "
            "ORDER BY seq"
        ):
            head = _follow(key, head, row)
            if row[3] == "seal":
                spans = in_ranges(row[4])
                deeds += _check_seal(unit, key, row[0], spans, row[5])
                sealed += spans
        _check_end(unit, head, known)
        deeds += _check_unsealed(unit, key, head, sealed)
    except _BrokenError as error:
        return Verdict(head.seq, deeds, error.seq, str(error))
    return Verdict(head.seq, deeds)


def _follow(key: bytes, head: Head, row: tuple[Any, ...]) -> Head:
    seq, *said, code = row
    expected = head.seq + 1
    if seq != expected:
        raise _BrokenError(expected, f"entry {expected} is missing")
    if not hmac.compare_digest(code, _code(key, [seq, *said, head.hash])):
        raise _BrokenError(seq, f"entry {seq} was changed or moved")
    return Head(seq, code)


def _check_seal(
    unit: Unit, key: bytes, seq: int, spans: list[tuple[int, int]], payload: str
) -> int:
    rows: list[tuple[int, str, str]] = []
    for first, final in spans:
        found = list(_deeds(unit, first, final))
        if len(found) != final - first + 1:
            have = {row[0] for row in found}
            gone = next(n for n in range(first, final + 1) if n not in have)
            raise _BrokenError(seq, f"deed {gone}, sealed by entry {seq}, is missing")
        for row in found:
            _check_deed(key, seq, row)
        rows += [(row[0], row[-1], row[4]) for row in found]
    if _over(rows) != payload:
        raise _BrokenError(seq, f"the deeds under entry {seq} were changed or moved")
    return len(rows)


def _deeds(unit: Unit, first: int, final: int) -> Iterator[tuple[Any, ...]]:
    yield from unit.all(
        "SELECT id, at, actor, act, object, payload, mac FROM deed "
        "WHERE id BETWEEN :first AND :final ORDER BY id",
        first=first,
        final=final,
    )


def _check_deed(key: bytes, seq: int, row: tuple[Any, ...]) -> None:
    id, *said, mac = row
    if not hmac.compare_digest(mac, _deed_code(key, *said)):
        raise _BrokenError(seq, f"deed {id}, under entry {seq}, was changed")


def _check_end(unit: Unit, head: Head, known: Head | None) -> None:
    row = unit.one("SELECT seq, hash FROM log_head")
    if known is not None and known.seq > head.seq:
        cut = head.seq + 1
        raise _BrokenError(
            cut, f"the end is cut: entries {cut} to {known.seq} are gone"
        )
    if row is None or (row[0], row[1]) != (head.seq, head.hash):
        raise _BrokenError(head.seq + 1, "the head of the chain was changed")
    if known is None and head.seq:
        raise _BrokenError(head.seq, "the file that says where the log ends is gone")
    if known is not None and known.seq:
        found = unit.one("SELECT hash FROM log_entry WHERE seq = :s", s=known.seq)
        if found is None or found[0] != known.hash:
            raise _BrokenError(known.seq, f"entry {known.seq} is not the one we wrote")


def _check_unsealed(
    unit: Unit, key: bytes, head: Head, sealed: list[tuple[int, int]]
) -> int:
    """Check deeds that wait for their seal; below the last one none may be new."""
    row = unit.one("SELECT sealed, holes FROM log_head") or (0, "{}")
    top, holes = row[0], orjson.loads(row[1])
    total = sum(b - a + 1 for a, b in sealed)
    (below,) = unit.one("SELECT count(*) FROM deed WHERE id <= :top", top=top) or (0,)
    late = unit.all(
        "SELECT id, at, actor, act, object, payload, mac FROM deed WHERE id > :top "
        "OR id IN {among numbers holes}",
        top=top,
        holes=canonical([int(h) for h in holes]).decode(),
    )
    if below - sum(1 for r in late if r[0] <= top) != total:
        raise _BrokenError(head.seq, "there are deeds that no seal knows")
    for found in late:
        _check_deed(key, head.seq + 1, found)
    return len(late)
