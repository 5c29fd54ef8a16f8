"""Settings: flag, then environment, then file, then default; each knows its origin."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from adjudge import wiring
from adjudge.errors import InvalidInputError
from adjudge.wiring import settings


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_the_nearest_source_wins(monkeypatch):
    personal = settings.personal_file()
    personal.parent.mkdir(parents=True)
    personal.write_text('theme = "own"\nglyphs = "unicode"\nuser = "own"\ndb = "own"\n')
    Path("adjudge.toml").write_text('glyphs = "ascii"\nuser = "file"\ndb = "file"\n')
    monkeypatch.setenv("ADJUDGE_USER", "env")
    monkeypatch.setenv("ADJUDGE_DB", "env")
    found = settings.load(db="flag", user=None)
    assert (found.db, found.user, found.glyphs, found.theme, found.idle_cap) == (
        "flag",
        "env",
        "ascii",
        "own",
        60,
    )
    origins = {n: o for n, (_, o) in settings.origins({"db": "flag"}).items()}
    assert origins == dict.fromkeys(settings.Settings.model_fields, "default") | {
        "db": "flag",
        "user": "ADJUDGE_USER",
        "glyphs": "adjudge.toml",
        "theme": "personal",
        "keys": "default",
    }


def test_keys_are_read_from_the_file_and_from_the_environment(monkeypatch):
    Path("adjudge.toml").write_text('[keys]\nsubmit = "s"\n')
    assert settings.load().keys == {"submit": "s"}
    monkeypatch.setenv("ADJUDGE_KEYS", '{"submit": "f2"}')
    assert settings.load().keys == {"submit": "f2"}
    Path("adjudge.toml").write_text('[keys]\nsubmit = "s"\nflag = "f"\n')
    assert settings.load().keys == {"submit": "f2", "flag": "f"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("ADJUDGE_IDLE_CAP", "long"), ("ADJUDGE_IDLE_CAP", "0"), ("ADJUDGE_KEYS", "{")],
)
def test_a_wrong_value_is_told(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInputError):
        settings.load()


@pytest.mark.parametrize("content", [b"theme = ", b"\xff"])
def test_a_file_that_is_not_toml_is_told(content):
    Path("adjudge.toml").write_bytes(content)
    with pytest.raises(InvalidInputError, match=r"adjudge\.toml cannot be read"):
        settings.load()


def test_secrets_stay_unsaid():
    url = "postgresql://me:hush@host/db"
    found = settings.origins({"db": url, "secret": "hush"})
    assert found["db"][0] == "postgresql://me:***@host/db"
    assert found["secret"][0] == "set, not shown"


def test_the_key_of_pseudonyms_is_made_once_and_kept_private():
    first = settings.pseudonym_key(settings.load())
    assert settings.pseudonym_key(settings.load()) == first
    assert len(first) == 32
    kept = settings.personal_file().with_name("pseudonym.key")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert settings.pseudonym_key(settings.load(secret="ours")) == b"ours"


def test_two_first_starts_agree_on_one_key():
    found = []

    def start():
        found.append(settings.pseudonym_key(settings.load()))

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1


def test_a_damaged_key_is_not_silently_replaced():
    kept = settings.personal_file().with_name("pseudonym.key")
    kept.parent.mkdir(parents=True)
    kept.write_text("not hexadecimal")
    with pytest.raises(InvalidInputError, match="is damaged"):
        settings.pseudonym_key(settings.load())


def test_a_bench_is_built_of_real_parts(sqlite_url):
    bench = wiring.build(settings.load(db=sqlite_url, secret="ours"))
    assert bench.now().endswith("Z")
    assert bench.new_id() != bench.new_id()
    assert bench.pseudonym("ann") == bench.pseudonym("ann") != bench.pseudonym("bob")
    bench.store.close()


def test_the_user_of_the_system_has_a_name():
    assert settings.operating_system_user()
