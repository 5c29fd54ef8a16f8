"""Presidio, where it is installed and switched on; without it nothing changes."""

from __future__ import annotations

import pytest

from adjudge import wiring
from adjudge.domain.privacy import mask
from adjudge.errors import InvalidInputError
from adjudge.telemetry.redact import Recogniser
from adjudge.wiring import settings

_STAND_IN = """
import re
from types import SimpleNamespace

class AnalyzerEngine:
    def __init__(self, *, nlp_engine, supported_languages):
        assert nlp_engine == ("spacy", "en_core_web_sm")
        assert supported_languages == ["en"]

    def analyze(self, *, text, language, entities, score_threshold):
        assert (language, entities) == ("en", ["PERSON", "LOCATION"])
        return [
            SimpleNamespace(start=m.start(), end=m.end(), entity_type=kind)
            for kind, name in (("PERSON", "Jane Doe"), ("LOCATION", "Uri"))
            for m in re.finditer(name, text)
        ]
"""
_PROVIDER = """
class NlpEngineProvider:
    def __init__(self, *, nlp_configuration):
        (model,) = nlp_configuration["models"]
        self.made = nlp_configuration["nlp_engine_name"], model["model_name"]

    def create_engine(self):
        return self.made
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Put a package of Presidio's shape, and a model's, where Python looks."""
    engine = tmp_path / "presidio_analyzer"
    (engine / "nlp_engine").mkdir(parents=True)
    (engine / "__init__.py").write_text(_STAND_IN)
    (engine / "nlp_engine" / "__init__.py").write_text(_PROVIDER)
    model = tmp_path / "en_core_web_sm-3.8.0.dist-info"
    model.mkdir()
    (model / "METADATA").write_text("Name: en_core_web_sm\nVersion: 3.8.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    return model


def redactor(**said):
    return wiring.build(settings.load(db="x.db", secret="s", **said)).redactor


def test_our_own_recogniser_is_what_works_unless_said_otherwise():
    assert isinstance(redactor(), Recogniser)


def test_presidio_adds_names_and_places_to_what_is_found(installed):
    found = redactor(redactor="presidio")
    text = "Jane Doe of Uri is jane@example.com"
    assert mask(text, found.find(text)) == "[name] of [place] is [email]"
    assert found.find("no capital letter in here") == ()


def test_presidio_that_is_not_there_is_said_with_what_to_do(installed, monkeypatch):
    (installed / "METADATA").unlink()
    installed.rmdir()
    with pytest.raises(InvalidInputError, match="needs a language model") as caught:
        redactor(redactor="presidio")
    assert "spacy download" in caught.value.hint


def test_without_the_extra_the_setting_is_refused(adjudge, monkeypatch, tmp_path):
    monkeypatch.setattr("adjudge.telemetry.presidio.find_spec", lambda _name: None)
    monkeypatch.setenv("ADJUDGE_REDACTOR", "presidio")
    monkeypatch.chdir(tmp_path)
    ran = adjudge("queue", "list", "--db", str(tmp_path / "x.db"))
    assert ran.code == 2
    assert "pip install 'adjudge[presidio]'" in ran.err


def test_signal_weights_are_checked_and_fill_up_the_others(monkeypatch):
    monkeypatch.setenv("ADJUDGE_SIGNAL_WEIGHTS", '{"taken_up": 0.4}')
    made = wiring.build(settings.load(db="x.db", secret="s"))
    assert made.signal_weights == {
        "comparison": 0.5,
        "taken_up": 0.4,
        "regenerate": 0.2,
    }
    monkeypatch.setenv("ADJUDGE_SIGNAL_WEIGHTS", '{"scroll": 0.4}')
    with pytest.raises(InvalidInputError, match="there is no signal 'scroll'"):
        wiring.build(settings.load(db="x.db", secret="s"))
    monkeypatch.setenv("ADJUDGE_SIGNAL_WEIGHTS", '{"taken_up": 2}')
    with pytest.raises(InvalidInputError, match="signal_weights"):
        settings.load(db="x.db")
