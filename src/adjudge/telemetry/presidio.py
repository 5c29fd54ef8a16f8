"""Microsoft Presidio beside our own recogniser: names and places, which have no shape.

Optional (`adjudge[presidio]`) and off unless a setting switches it on: it needs a
language model of spaCy, costs a hundred times as much, and guesses. What our own
recogniser finds stays found.
"""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from typing import Any

from adjudge.domain.privacy import Span, merged
from adjudge.errors import InvalidInputError
from adjudge.telemetry.redact import Recogniser

# Presidio's own kinds; of e-mail, cards and the like ours has checksums, too.
_KINDS = {"PERSON": "name", "LOCATION": "place"}
# The greatest that is installed; nothing is ever fetched from the network.
_MODELS = ("en_core_web_trf", "en_core_web_lg", "en_core_web_md", "en_core_web_sm")
_LEAST = 0.5  # what Presidio itself is less sure of is not covered


class Presidio:
    """Finds what our own recogniser finds, and names and places in English texts."""

    def __init__(self) -> None:
        """Look whether everything is there; what is heavy is loaded at first use.

        Raises:
            InvalidInputError: If Presidio or a language model is not installed.
        """
        if find_spec("presidio_analyzer") is None:
            raise InvalidInputError(
                "setting redactor: presidio is not installed",
                hint="pip install 'adjudge[presidio]', or set redactor to shapes",
            )
        model = next((name for name in _MODELS if _is_installed(name)), None)
        if model is None:
            raise InvalidInputError(
                "setting redactor: presidio needs a language model of spaCy",
                hint="python -m spacy download en_core_web_sm, or set redactor to "
                "shapes",
            )
        self._model = model
        self._own = Recogniser()

    def find(self, text: str) -> tuple[Span, ...]:
        """Find spans, in order, none overlapping another."""
        own = self._own.find(text)
        if not any(c.isupper() for c in text) and text.isascii():
            return own  # no English name is written like that
        found = self._analyzer.analyze(
            text=text,
            language="en",
            entities=list(_KINDS),
            score_threshold=_LEAST,
        )
        spans = (Span(r.start, r.end, _KINDS[r.entity_type]) for r in found)
        return merged([*own, *spans])

    def may_hold(self, text: str) -> bool:
        """Tell quickly that there is nothing to find; in doubt, say yes."""
        return not text.isascii() or text != text.lower() or self._own.may_hold(text)

    @cached_property
    def _analyzer(self) -> Any:
        from presidio_analyzer import AnalyzerEngine  # noqa: PLC0415 - an extra
        from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415

        models = [{"lang_code": "en", "model_name": self._model}]
        provider = NlpEngineProvider(
            nlp_configuration={"nlp_engine_name": "spacy", "models": models}
        )
        return AnalyzerEngine(
            nlp_engine=provider.create_engine(), supported_languages=["en"]
        )


def _is_installed(name: str) -> bool:
    """Tell whether a package is there; spaCy would fetch one that is not."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
