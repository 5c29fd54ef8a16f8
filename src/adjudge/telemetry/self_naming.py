"""Models that say who they are: covered alike on every side of a comparison."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adjudge.domain.privacy import Span, merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MODELS = (
    r"Chat ?GPT(?:[- ]?[0-9][\w.]*)?|GPT[- ]?[0-9][\w.-]*|GPT|Claude(?:[- ][\w.]+)?|"
    r"Gemini(?: [\w.]+)?|Bard|PaLM(?: ?2)?|LLaMA[- ]?[\w.]*|Llama[- ]?[\w.]*|"
    r"Mi[sx]tral(?:[- ][\w.]+)?|Qwen[\w.-]*|DeepSeek(?:[- ][\w.]+)?|Grok(?:[- ]?\d)?|"
    r"Vicuna|Alpaca|Falcon|Pythia|Cerebras[- ]GPT|OPT|BLOOM|Phi-?\d|Gemma|Copilot|"
    r"Command R\+?|Kimi|Yi|Nova|Jurassic|Koala|Dolly|Open ?Assistant|Bing(?: Chat)?"
)
_MAKERS = (
    r"OpenAI|Anthropic|Google(?: DeepMind)?|DeepMind|Meta(?: AI)?|Microsoft|"
    r"Mistral(?: AI)?|Alibaba(?: Cloud)?|DeepSeek|xAI|Cohere|AI21(?: Labs)?|"
    r"Moonshot(?: AI)?|Amazon|IBM|NVIDIA|EleutherAI|Stability AI|LAION|Databricks"
)
# "As GPT-4, …", "I am Claude", "my name is Bard": the name right after the phrase.
_NAMED = re.compile(
    r"\b(?:[Aa]s|I am|I['’]m|[Mm]y name is|[Tt]his is|[Cc]all me)"  # noqa: RUF001
    r"(?: (?:an?|the|called|named|known as|AI|assistant|model|language|large|chatbot)"
    rf",?){{0,6}} ({_MODELS})\b(?! (?:says|said|answers|wrote|users?\b))"
)
# "… a language model trained by OpenAI": the maker, where the speaker means itself.
_MADE = re.compile(
    r"\b(?:I am|I['’]m|I was|[Aa]s an?|my (?:creators|developers|makers))\b"  # noqa: RUF001
    r"[^.!?\n]{0,80}?\b"
    r"(?:(?:trained|developed|created|made|built|designed) by|at|from|of|,) "
    rf"({_MAKERS})\b"
)
_WHERE = re.compile(r"\b(?:I am|I['’]m|I was|[Aa]s|[Mm]y|[Tt]his is|[Cc]all)\b")  # noqa: RUF001


# Part of every name above. Without one of them no search can find anything, and this
# is found out in a hundredth of the time.
_HINTS = (
    "GPT", "Claude", "Gemini", "Bard", "PaLM", "LLaMA", "Llama", "istral", "ixtral",
    "Qwen", "Deep", "Grok", "Vicuna", "Alpaca", "Falcon", "Pythia", "OPT", "BLOOM",
    "Phi", "Gemma", "Copilot", "Command R", "Kimi", "Yi", "Nova", "Jurassic", "Koala",
    "Dolly", "Assistant", "Bing", "OpenAI", "Anthropic", "Google", "Meta", "Microsoft",
    "Alibaba", "xAI", "Cohere", "AI21", "Moonshot", "Amazon", "IBM", "NVIDIA",
    "Eleuther", "Stability", "LAION", "Databricks",
)  # fmt: skip


def may_be_named(said: str, models: Iterable[str] = ()) -> bool:
    """Tell quickly that no model says who it is; in doubt, say yes.

    Args:
        said: An answer, or several on lines of their own.
        models: Names of the models in hand.
    """
    if any(map(said.__contains__, _HINTS)):
        return True
    lowered = said.lower()
    return any(model.lower() in lowered for model in models)


def find_names(text: str, models: Iterable[str] = ()) -> tuple[Span, ...]:
    """Find where a model says who it is or who made it.

    Args:
        text: An answer.
        models: Names of the models in hand, which the list may not know.
    """
    said = text.lower()
    own_names = [model for model in models if model.lower() in said]
    is_named = any(map(text.__contains__, _HINTS))
    if not (own_names or is_named) or not _WHERE.search(text):
        return ()
    found: list[Span] = []
    if is_named:
        found += [Span(*m.span(1), "model") for m in _NAMED.finditer(text)]
        found += [Span(*m.span(1), "model") for m in _MADE.finditer(text)]
    for model in own_names:
        own = re.compile(
            r"\b(?:[Aa]s|I am|I['’]m|[Mm]y name is) "  # noqa: RUF001
            rf"({re.escape(model)})(?!\w)",
            re.IGNORECASE,
        )
        found += [Span(*m.span(1), "model") for m in own.finditer(text)]
    return merged(found)


def on_every_side(
    answers: Sequence[str], models: Iterable[str] = ()
) -> tuple[tuple[Span, ...], ...]:
    """Find what to cover in every answer, so that none is told by what another says.

    A name that one side gives itself is covered wherever it stands on any side.
    """
    known = tuple(models)
    own = [find_names(answer, known) for answer in answers]
    names = {
        a[s.start : s.end] for a, spans in zip(answers, own, strict=True) for s in spans
    }
    if not names:
        return tuple(() for _ in answers)
    longest = sorted(names, key=lambda n: (-len(n), n))
    anywhere = re.compile(
        r"(?<!\w)(?:" + "|".join(map(re.escape, longest)) + r")(?!\w)", re.IGNORECASE
    )
    return tuple(
        merged([*spans, *(Span(*m.span(), "model") for m in anywhere.finditer(answer))])
        for answer, spans in zip(answers, own, strict=True)
    )
