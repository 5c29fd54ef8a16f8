"""PostgreSQL: the program's role adds to what happened, and changes nothing of it."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy.engine import make_url

from adjudge.domain.people import Person, Role
from adjudge.errors import (
    BadFileError,
    NotAllowedError,
    RefusedError,
    StoreUnusableError,
    UnknownError,
)
from adjudge.services import auditlog, storekeeping
from adjudge.services.importing import ingest
from adjudge.services.people import people
from adjudge.services.privacy import privacy
from adjudge.services.work import judging
from adjudge.storage.engine import integrity, roles


def as_role(url, role):
    return make_url(url).set(username=role).render_as_string(hide_password=False)


@pytest.fixture
def role(postgres_url):
    """A role of the server that owns nothing."""
    name = f"app_{make_url(postgres_url).database}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN")
        yield name
        connection.execute(f"DROP OWNED BY {name}")
        connection.execute(f"DROP ROLE {name}")


@pytest.fixture
def owned(make_bench, postgres_url):
    return make_bench(postgres_url)


@pytest.fixture
def granted(owned, make_bench, postgres_url, role, lead):
    """A bench that works as a role which was granted its work."""
    people.add(owned, lead, Person(name="bob", role=Role.ANNOTATOR))
    storekeeping.grant(owned, lead, role)
    return make_bench(as_role(postgres_url, role))


def role_row(bench):
    return next(row for row in storekeeping.examine(bench) if row[0] == "database role")


def test_the_programs_role_does_the_work_and_cannot_change_what_happened(
    granted, fill, bring_in, judgment_of, lead, ann, tmp_path, monkeypatch
):
    bench = granted
    fill(bench, 3)
    bring_in(bench, "judgments", [judgment_of("c1")])
    task = judging.claim(bench, ann, "q")[0]
    draft = task.blank().grade(1).with_note("a note")
    clock = judging.Clock(active=1)
    judging.submit(bench, ann, task, draft, clock=clock, submission_id="s1")
    judging.reopen(bench, ann, "s1")
    storekeeping.back_up(bench, lead, str(tmp_path / "copy.zip"))
    # An import that fails takes back what it wrote, and nothing else.
    monkeypatch.setattr(ingest, "CHUNK", 1)
    with pytest.raises(BadFileError):
        bring_in(bench, "judgments", [judgment_of("c3"), {"comparison": 7}])
    with bench.store.read() as unit:
        assert unit.one("SELECT count(*) FROM judgment") == (2,)
        assert integrity.broken(unit) == []
        kept = roles.append_only(unit)
    assert auditlog.verify(bench, lead).bad is None
    assert {"judgment", "log_entry", "deed", "adjudication"} <= set(kept)
    for table in kept:
        for deed in (f'DELETE FROM "{table}"', f'TRUNCATE "{table}"'):
            with (
                pytest.raises(StoreUnusableError, match="permission denied"),
                bench.store.write() as unit,
            ):
                unit.run(deed)
    with pytest.raises(StoreUnusableError, match="may not do this") as refused:
        people.forget(bench, lead, "bob", why="they asked")
    assert "owns the tables" in refused.value.hint


def test_doctor_tells_as_whom_the_program_works(granted, owned, role):
    assert role_row(granted) == ("database role", f"{role}: adds to what happened", "")
    _, found, advice = role_row(owned)
    assert found.endswith(": a superuser")
    assert "adjudge db grant" in advice
    with owned.store.write() as unit:
        unit.run(f"GRANT UPDATE ON deed TO {role}")
    assert role_row(granted)[1] == f"{role}: may change deed"


def test_a_reading_role_reads_and_writes_nothing(
    owned, make_bench, postgres_url, role, lead, fill
):
    fill(owned, 1)
    storekeeping.grant(owned, lead, role)
    storekeeping.grant(owned, lead, role, reads_only=True)
    reader = make_bench(as_role(postgres_url, role)).store
    with reader.read() as unit:
        assert unit.one("SELECT count(*) FROM comparison") == (1,)
    for statement in (
        "SELECT value FROM fact",
        "INSERT INTO recount (block) VALUES (1)",
        "SELECT discard_judgments('x')",
    ):
        with pytest.raises(StoreUnusableError, match="denied"), reader.write() as unit:
            unit.run(statement)


@pytest.mark.parametrize("reads_only", [False, True])
def test_an_upgrade_gives_roles_in_new_tables_what_they_had(
    owned, make_bench, postgres_url, role, lead, reads_only
):
    storekeeping.grant(owned, lead, role, reads_only=reads_only)
    with owned.store.write() as unit:
        unit.run("CREATE TABLE come_later (n integer)")
    mine = make_bench(as_role(postgres_url, role)).store
    with pytest.raises(StoreUnusableError, match="denied"), mine.read() as unit:
        unit.one("SELECT n FROM come_later")
    assert storekeeping.upgrade(owned, lead)["roles"] == [role]
    with mine.read() as unit:
        assert unit.one("SELECT n FROM come_later") is None
        writes = unit.one("SELECT has_table_privilege('come_later', 'INSERT')")
        assert writes == (not reads_only,)
        keeps = unit.one("SELECT has_table_privilege('judgment', 'DELETE')")
        assert keeps == (False,)


def test_what_is_erased_goes_from_the_tables_where_the_role_may_see_to_it(
    granted, owned, role, lead, bring_in
):
    event = {
        "event_id": "e1",
        "type": "message",
        "at": "2026-01-05T09:00:00Z",
        "user_id": "u1",
        "message_id": "m1",
        "messages": [{"role": "user", "content": "hello"}],
        "response": "hi",
    }
    bring_in(granted, "feedback", [event, {**event, "event_id": "e2", "user_id": "u2"}])
    assert privacy.withdraw(granted, lead, "u1").vacuumed
    count = "SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 'text'"
    with owned.store.read() as unit:
        assert unit.one(count) == (1,)
    with owned.store.write() as unit:
        unit.run(f"REVOKE MAINTAIN ON text FROM {role}")
    done = privacy.withdraw(granted, lead, "u2")
    assert done.reach.events == 1
    assert not done.as_json()["vacuumed"]
    assert people.forget(owned, lead, "bob", why="they asked").vacuumed


def test_who_owns_the_tables_is_refused_and_so_is_a_file(
    owned, sqlite_bench, lead, ann
):
    with owned.store.read() as unit:
        owner = roles.standing(unit).role
    with pytest.raises(RefusedError, match="superuser"):
        storekeeping.grant(owned, lead, owner)
    with pytest.raises(UnknownError, match="no role 'nobody'"):
        storekeeping.grant(owned, lead, "nobody")
    with pytest.raises(NotAllowedError):
        storekeeping.grant(owned, ann, owner)
    with pytest.raises(RefusedError, match="has no roles"):
        storekeeping.grant(sqlite_bench, lead, "x")
