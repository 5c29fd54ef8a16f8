"""A whole campaign from one file: planned, then applied in one transaction or not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from adjudge.domain.campaign import Campaign, Difference, Plan, Step
from adjudge.domain.conversation import check_tiers, places_of, tiers_of
from adjudge.domain.names import hidden_in
from adjudge.domain.people import Act, Actor, Person, Role, check_new
from adjudge.domain.record import Record, canonical, digest
from adjudge.domain.words import count_of
from adjudge.errors import ConflictError, Fault, InvalidInputError, RefusedError
from adjudge.formats import campaign_file
from adjudge.services import auditlog
from adjudge.services.campaign import policies
from adjudge.services.campaign.guidelines import current, named, put, suspend_gold
from adjudge.services.measuring import overlaps
from adjudge.storage import comparisons, gold, gone, people, queues, standing
from adjudge.storage import guidelines as versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adjudge.domain.campaign import GoldEntry, PersonEntry
    from adjudge.domain.ids import AnnotatorId
    from adjudge.domain.queue import Queue
    from adjudge.formats.campaign_file import Loc, Read
    from adjudge.services.bench import Bench
    from adjudge.storage.engine.store import Unit

_FORGOTTEN = (
    "is somebody who was forgotten; take the entry out, or `adjudge people add` "
    "makes somebody new of that name"
)


def read(file: str) -> Campaign:
    """Check a campaign file by itself, without a store.

    Raises:
        BadFileError: With file, line, key and what was expected.
    """
    return campaign_file.read(file).campaign


def check(bench: Bench, actor: Actor, file: str) -> Plan:
    """Say what a file would change; nothing is kept.

    Raises:
        BadFileError: With every fault of the file, and every reference to nothing.
    """
    _may(actor)
    found = campaign_file.read(file)
    with bench.store.rehearse() as unit:
        return _Application(bench, actor, unit, found).run(kept=False)


def apply(bench: Bench, actor: Actor, file: str) -> Plan:
    """Bring the store to what a file says, wholly or not at all.

    Applied again, it changes nothing. What the file does not say stays as it is:
    nobody is removed, and a setting that is not named keeps its value.

    Raises:
        BadFileError: With every fault; nothing was changed.
        RefusedError: If nobody would be lead any more.
    """
    _may(actor)
    found = campaign_file.read(file)
    with bench.store.write() as unit:
        unit.in_turn("campaign")
        plan = _Application(bench, actor, unit, found).run(kept=True)
        if plan.counts["create"] or plan.counts["change"]:
            said = digest(found.campaign.model_dump(mode="json"))
            name = Path(file).name
            auditlog.keep(bench, unit, actor, "campaigns.apply", name, said=said)
        return plan


def _may(actor: Actor) -> None:
    for act in (Act.MANAGE_PEOPLE, Act.MANAGE_GUIDELINES, Act.MANAGE_QUEUES):
        actor.must(act)


class _Application:
    """One file on its way into a store. Faults are collected, then refused at once."""

    def __init__(self, bench: Bench, actor: Actor, unit: Unit, found: Read) -> None:
        self._bench = bench
        self._actor = actor
        self._unit = unit
        self._read = found
        self._campaign = found.campaign
        self._faults: list[Fault] = []

    def run(self, *, kept: bool) -> Plan:
        """Do every step in order; the transaction around decides what is kept."""
        steps: list[Step] = []
        for part in (
            self._about,
            self._people,
            self._guidelines,
            self._queues,
            self._gold,
        ):
            steps += part()
        if self._faults:
            raise campaign_file.refused(self._faults)
        self._keep_a_lead()
        return Plan(file=self._read.name, kept=kept, steps=tuple(steps))

    def _fault(self, loc: Loc, problem: str) -> None:
        self._faults.append(self._read.fault(loc, problem))

    # --- the campaign itself ----------------------------------------------------
    def _about(self) -> Iterator[Step]:
        head = self._campaign.campaign
        old = policies.kept(self._unit)
        if (old is None or old.name != head.name) and (why := hidden_in(head.name)):
            self._fault(("campaign", "name"), why)
        asked, before = self._campaign.terms, old.terms if old else ""
        new = policies.Kept(
            name=head.name,
            about=head.about,
            consent=self._campaign.consent,
            terms=before if asked is None else asked.text.strip(),
        )
        policies.keep(self._unit, new)
        yield _step("campaign", head.name, _flat(old) if old else None, _flat(new))

    # --- people -----------------------------------------------------------------
    def _people(self) -> Iterator[Step]:
        names = [entry.name for entry in self._campaign.people]
        away = gone.forgotten_names(self._unit, names)
        here = {p.name for p in people.everybody(self._unit)}
        for i, entry in enumerate(self._campaign.people):
            if entry.name in away:
                self._fault(("people", i, "name"), _FORGOTTEN)
                continue
            known = people.find(self._unit, entry.name)
            if known is None and (why := _no_login_name(entry.name, here)):
                self._fault(("people", i, "name"), why)
                continue
            if known is None:
                person = Person(
                    name=entry.name,
                    role=entry.role,
                    languages=entry.languages,
                    expertise=entry.expertise,
                )
                people.add(self._unit, person, at=self._bench.now())
                here.add(person.name)
                after = {**_of_person(person), **_ends(self._clear(entry, {}))}
                yield _step("person", entry.name, None, after)
                continue
            old = self._clearances(entry.name)
            changed = _said_of(entry, known)
            if _of_person(changed) != _of_person(known):
                people.promote(self._unit, changed)
            before = {**_of_person(known), **_ends(old)}
            after = {**_of_person(changed), **_ends(self._clear(entry, old))}
            yield _step("person", entry.name, before, after)

    def _clearances(self, name: str) -> dict[str, str | None]:
        found = standing.of(self._unit, name, day=self._bench.now()[:10])
        return {c.label: c.until for c in found.clearances} if found else {}

    def _clear(
        self, entry: PersonEntry, old: dict[str, str | None]
    ) -> dict[str, str | None]:
        """Give the clearances that are new or end at another time; list them all."""
        at = self._bench.now()
        for label, until in entry.cleared.items():
            if label in old and old[label] == until:
                continue
            standing.clear(self._unit, entry.name, label, until)
            standing.step(
                self._unit,
                entry.name,
                "cleared",
                {"label": label, "until": until},
                id=self._bench.new_id(),
                why=f"campaign {self._campaign.campaign.name}",
                by=self._actor.name,
                at=at,
            )
        return {**old, **entry.cleared}

    def _keep_a_lead(self) -> None:
        leads = [
            p for p in people.everybody(self._unit) if p.login and p.role is Role.LEAD
        ]
        if not leads:
            raise RefusedError(
                "after this, nobody would be lead",
                hint='give one of [[people]] role = "lead"',
            )

    # --- guidelines -------------------------------------------------------------
    def _guidelines(self) -> Iterator[Step]:
        entries = zip(self._campaign.guidelines, self._read.guidelines, strict=True)
        for i, (entry, guideline) in enumerate(entries):
            before = versions.newest(self._unit, guideline.name)
            try:
                new = put(
                    self._unit,
                    guideline,
                    change=entry.change,
                    by=self._actor.name,
                    at=self._bench.now(),
                )
            except (ConflictError, InvalidInputError) as error:
                self._fault(("guidelines", i, "file"), f"{error.message}; {error.hint}")
                continue
            old = {"version": f"{guideline.name}@{before}"} if before else None
            after = {"version": guideline.ref} if new else old
            note = ""
            if new and before and entry.change == "major":
                note = "major: gold of queues that follow it waits for a lead"
            yield _step("guideline", guideline.ref, old, after, note=note)

    # --- queues -----------------------------------------------------------------
    def _queues(self) -> Iterator[Step]:
        for i, said in enumerate(self._campaign.queues):
            entry = self._paid(said)
            if entry.guideline and not self._knows(entry.guideline):
                self._fault(
                    ("queues", i, "guideline"),
                    "expected a guideline of this file or of the store, "
                    f"found {entry.guideline!r}",
                )
                continue
            known = queues.find(self._unit, entry.name)
            if known is None and (why := hidden_in(entry.name)):
                self._fault(("queues", i, "name"), why)
                continue
            if known is None:
                queues.add(self._unit, entry, at=self._bench.now())
                yield _step("queue", entry.name, None, _said(entry))
                continue
            named = {k: getattr(entry, k) for k in entry.model_fields_set}
            changed = known.model_copy(update=named)
            if changed.kind != known.kind and self._has_tasks(known):
                self._fault(
                    ("queues", i, "kind"),
                    f"expected {known.kind!r} while the queue holds tasks, "
                    f"found {entry.kind!r}",
                )
                continue
            note = self._change(known, changed)
            # Equal amounts may be written in two ways.
            after = _flat(known if changed == known else changed)
            yield _step("queue", entry.name, _flat(known), after, note=note)

    def _paid(self, entry: Queue) -> Queue:
        """Take the campaign's pay policy where the queue has none of its own."""
        if "pay" in entry.model_fields_set or self._campaign.pay is None:
            return entry
        return entry.model_copy(update={"pay": self._campaign.pay})

    def _change(self, known: Queue, changed: Queue) -> str:
        if changed == known:
            return ""
        before = current(self._unit, known)
        queues.change(self._unit, changed, at=self._bench.now())
        overlaps.follow(self._unit, changed, known)
        waiting = suspend_gold(self._unit, changed, before)
        waits = count_of(waiting, "gold task waits", "gold tasks wait")
        return f"{waits} for a lead" if waiting else ""

    def _knows(self, ref: str) -> bool:
        return named(self._unit, ref) is not None

    def _has_tasks(self, queue: Queue) -> bool:
        return queues.standing(self._unit, queue.name).tasks > 0

    # --- gold -------------------------------------------------------------------
    def _gold(self) -> Iterator[Step]:
        for i, entry in enumerate(self._campaign.gold):
            found = comparisons.load(self._unit, entry.comparison)
            if found is None:
                yield Step(
                    kind="gold",
                    name=entry.comparison,
                    action="wait",
                    note="is not imported yet; apply the file again after the import",
                )
                continue
            try:
                check_tiers(entry.ranking, found.response_ids)
            except ValueError as error:
                self._fault(("gold", i, "ranking"), str(error))
                continue
            if len(entry.ranking) < 2:
                self._fault(("gold", i, "ranking"), "a tie of all asserts nothing")
                continue
            queue = self._queue_of(i, entry)
            if queue is not None:
                yield self._golden(
                    entry, queue, places_of(entry.ranking, found.response_ids)
                )

    def _queue_of(self, i: int, entry: GoldEntry) -> str | None:
        names = sorted({q for q, _ in gold.queues_of(self._unit, entry.comparison)})
        if entry.queue in names or (entry.queue is None and len(names) == 1):
            return entry.queue or names[0]
        among = ", ".join(map(repr, names)) or "none: it is a task of no queue"
        self._fault(
            ("gold", i, "queue"), f"expected one of {among}, found {entry.queue!r}"
        )
        return None

    def _golden(self, entry: GoldEntry, queue: str, ranking: str) -> Step:
        name = f"{entry.comparison} in {queue}"
        new = {"ranking": ranking, "why": entry.why}
        known = next(
            (
                {"ranking": row["ranking"], "why": row["why"] or entry.why}
                for row in gold.listed(self._unit, queue)
                if row["comparison"] == entry.comparison
            ),
            None,
        )
        if known is None:
            gold.add(
                self._unit,
                queue=queue,
                comparison=entry.comparison,
                ranking=ranking,
                why=entry.why,
                import_id=f"gold:{self._bench.new_id()}",
            )
        elif known != new:
            gold.answer(
                self._unit, queue, entry.comparison, ranking=ranking, why=entry.why
            )
        ids = _ids(self._unit, entry.comparison)
        return _step("gold", name, _ranked(known, ids), _ranked(new, ids))


def _ids(unit: Unit, comparison: str) -> tuple[Any, ...]:
    found = comparisons.load(unit, comparison)
    return found.response_ids if found else ()


def _ranked(
    value: dict[str, Any] | None, ids: tuple[Any, ...]
) -> dict[str, Any] | None:
    """Say the ranking by response ids, as the file does."""
    if value is None:
        return None
    tiers = tiers_of(value["ranking"], ids)
    return {**value, "ranking": " > ".join(" = ".join(tier) for tier in tiers)}


# --- what is said of a thing, flat ---------------------------------------------------
def _no_login_name(name: str, here: set[AnnotatorId]) -> str:
    """Say why nobody new may work under a name, or nothing."""
    try:
        check_new(name, here)
    except (InvalidInputError, ConflictError) as error:
        return f"{error.message}; {error.hint}" if error.hint else error.message
    return ""


def _said_of(entry: PersonEntry, known: Person) -> Person:
    """Change what the entry says; weights in topics it does not name stay."""
    said: dict[str, Any] = {"login": True}
    for key in ("role", "languages"):
        if key in entry.model_fields_set:
            said[key] = getattr(entry, key)
    said["expertise"] = {**known.expertise, **entry.expertise}
    return known.model_copy(update=said)


def _of_person(person: Person) -> dict[str, Any]:
    return {
        "role": str(person.role),
        "languages": list(person.languages),
        "login": person.login,
        **{f"expertise.{t}": float(w) for t, w in sorted(person.expertise.items())},
    }


def _ends(clearances: dict[str, str | None]) -> dict[str, Any]:
    return {f"clearances.{k}": v or True for k, v in sorted(clearances.items())}


def _said(entry: Queue) -> dict[str, Any]:
    """List what the file says of a queue; the rest are defaults."""
    flat = _flat(entry)
    named = entry.model_fields_set | {"name"}
    return {k: v for k, v in flat.items() if k.partition(".")[0] in named}


def _flat(record: Record) -> dict[str, Any]:
    """Write a record with one key a setting, dotted where it is nested."""
    flat: dict[str, Any] = {}
    for key, value in record.model_dump(mode="json").items():
        if isinstance(value, dict):
            flat.update({f"{key}.{k}": v for k, v in value.items()})
        else:
            flat[key] = value
    return flat


def _step(
    kind: Any,
    name: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    *,
    note: str = "",
) -> Step:
    """Compare what was with what is, setting by setting."""
    old, new = before or {}, after or {}
    differences = tuple(
        Difference(
            key=key,
            before=_word(old[key]) if key in old else None,
            after=_word(new.get(key)),
        )
        for key in sorted({*old, *new})
        if key not in old or _word(old[key]) != _word(new.get(key))
    )
    action = "create" if before is None else "change" if differences else "unchanged"
    return Step.model_validate(
        {
            "kind": kind,
            "name": name,
            "action": action,
            "differences": differences,
            "note": note,
        }
    )


def _word(value: Any) -> str:
    """Write one setting as a file would."""
    if isinstance(value, str):
        return value
    return "none" if value is None else canonical(value).decode()
