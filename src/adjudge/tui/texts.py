"""Turn conversations, judgments and counts into words that people read."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from adjudge.domain.safe_text import safe_text
from adjudge.domain.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from adjudge.domain.conversation import Message, Response, Tiers
    from adjudge.domain.guideline import Guideline
    from adjudge.domain.ids import ResponseId
    from adjudge.domain.judging import Draft, Judgment
    from adjudge.domain.qualification import Feedback
    from adjudge.domain.rewriting import Complaint
    from adjudge.errors import AdjudgeError

GRADES = {
    1: "A>>B",
    2: "A>B",
    3: "A>=B",
    4: "tie",
    5: "B>=A",
    6: "B>A",
    7: "B>>A",
}
NO_CLAUSE = "none"  # what is chosen where no clause is cited
_WHO = {
    "system": "System",
    "developer": "Developer",
    "user": "User",
    "assistant": "Assistant",
    "tool": "Tool",
}


def candidate_text(response: Response) -> str:
    """Write a response as Markdown; of several turns the last stands apart.

    Earlier turns and tool calls are quoted line by line, so that no text in them
    can pass itself off as the turn that is judged.
    """
    turns = response.turns
    last = turns[-1]
    if len(turns) == 1 and not last.tool_calls:
        return response.judged
    parts = [_quoted_turn(turn, n, len(turns)) for n, turn in enumerate(turns[:-1], 1)]
    parts.append(
        f"**● Judged: turn {len(turns)} of {len(turns)}, everything below this line**"
        "\n\n---"
    )
    if last.content:
        parts.append(last.content)
    parts += [_quoted(call) for call in _calls(last)]
    return "\n\n".join(parts)


def conversation_text(prompt: Iterable[Message]) -> str:
    """Write a whole prompt as Markdown, each message quoted under its role."""
    messages = list(prompt)
    return "\n\n".join(
        _quoted_turn(message, n, len(messages)) for n, message in enumerate(messages, 1)
    )


def asked(prompt: tuple[Message, ...]) -> tuple[str, str]:
    """Give a headline and the text of what the user asked last."""
    users = [m for m in prompt if m.role == "user"]
    message = users[-1] if users else prompt[-1]
    who = _WHO[message.role]
    head = f"{who}, turn {len(users)} of {len(users)}" if len(users) > 1 else who
    if any(m.role in {"system", "developer"} for m in prompt):
        head += " · has a system message"
    return head, message.content or "(calls a tool)"


def complaint_text(complaint: Complaint) -> tuple[str, str, int]:
    """Give a headline, the words of users, each line marked as theirs, and how many."""
    users = complaint.n_users
    head = "Complaint (untrusted)"
    if users > 1:
        head = f"Complaint of {users:,} users (untrusted)"
    lines = [", ".join(complaint.reason_codes)] if complaint.reason_codes else []
    lines += [_in_quotes(comment) for comment in complaint.comments]
    lines += [f"went on: {_in_quotes(text)}" for text in complaint.follow_ups]
    said = "\n".join([*complaint.comments, *complaint.follow_ups])
    return head, "\n".join(lines) or "(no words with it)", count_words(said)


def _in_quotes(text: str) -> str:
    return f"“{text.strip()}”"


def context_text(context: Mapping[str, object]) -> list[str]:
    """Write what an answer leaned on as Markdown: retrieval, tools, what failed.

    Which model it was is nobody's business here.
    """
    blocks = []
    for key, head in _LEANED_ON.items():
        value = context.get(key)
        if not value:
            continue
        body = value if isinstance(value, str) else _json(value)
        longest = max(map(len, re.findall(r"`+", body)), default=0)
        fence = "`" * max(3, longest + 1)
        blocks.append(f"**{head}**\n\n{fence}\n{body}\n{fence}")
    return blocks


_LEANED_ON = {
    "retrieval": "Retrieved",
    "tool_calls": "Tool calls of the deployment",
    "error": "What failed",
    "safety_flags": "Safety flags",
}


def turns_in_lines(messages: Iterable[Message], *, judged: bool = False) -> list[str]:
    """Write messages for the line mode, each line of an earlier one marked.

    Args:
        messages: A prompt, or a response of several turns.
        judged: The last message is what is judged.
    """
    turns = list(messages)
    lines = []
    for number, message in enumerate(turns, 1):
        is_judged = judged and number == len(turns)
        mark = ", judged" if is_judged else ""
        lines.append(f"{_WHO[message.role]}, {number} of {len(turns)}{mark}:")
        body = [message.content] if message.content else []
        body += [json.dumps(call, ensure_ascii=False) for call in _raw_calls(message)]
        text = "\n".join(body)
        lines.append(text if is_judged else _quoted(text))
    return lines


def _raw_calls(message: Message) -> list[object]:
    return list(message.tool_calls or ())


def _quoted_turn(message: Message, number: int, total: int) -> str:
    name = f" `{_word(message.name)}`" if message.name else ""
    head = f"**{_WHO[message.role]}{name}** ({number} of {total})"
    body = [message.content] if message.content else []
    return "\n\n".join([head, *map(_quoted, [*body, *_calls(message)])])


def _calls(message: Message) -> list[str]:
    """Write tool calls as blocks of code that nothing inside can close."""
    blocks = []
    for call in message.tool_calls or ():
        function = call.get("function")
        named = function if isinstance(function, dict) else call
        given = named.get("arguments", call)
        body = given if isinstance(given, str) else _json(given)
        longest = max(map(len, re.findall(r"`+", body)), default=0)
        fence = "`" * max(3, longest + 1)
        blocks.append(
            f"calls tool `{_word(str(named.get('name', '?')))}`\n\n"
            f"{fence}json\n{body}\n{fence}"
        )
    return blocks


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _word(text: str) -> str:
    return safe_text(text, newlines=False).replace("`", "'")[:60]


def _quoted(text: str) -> str:
    # Every kind of line end starts a line for Markdown, so each gets its mark.
    return "\n".join(f"> {line}" for line in re.split(r"\r\n|\r|\n", text))


def brief(
    shown: tuple[ResponseId, ...],
    ranking: Tiers,
    margin: int | None,
    *,
    none_acceptable: bool = False,
) -> str:
    """Write a verdict as short as it gets, in the names used on screen."""
    if not ranking:
        said = "rated"
    elif len(shown) == 2:
        said = _grade(shown, ranking, margin)
    else:
        said = " > ".join(
            " = ".join(str(shown.index(r) + 1) for r in tier) for tier in ranking
        )
    return f"{said}, none acceptable" if none_acceptable else said


def verdict(said: Draft | Judgment) -> str:
    """Write everything a verdict says, as short as it gets."""
    return brief(
        said.shown or (),
        said.ranking,
        said.margin,
        none_acceptable=said.none_acceptable,
    )


def told(judgment: Judgment, feedback: Feedback) -> list[str]:
    """Write what somebody learns, in the names used on screen."""
    shown = judgment.shown or ()
    right = brief(shown, feedback.ranking, None)
    head = "Another answer was expected."
    if feedback.is_right:
        head = "That is right."
    lines = [head, f"You said  {verdict(judgment)}", f"Expected  {right}"]
    return [*lines, "", feedback.why] if feedback.why else lines


def clauses_of(guideline: Guideline | None) -> dict[str, str]:
    """List the clauses that can be cited, by number."""
    clauses = guideline.clauses if guideline else ()
    return {clause.number: f"§{clause.number} {clause.title}" for clause in clauses}


def in_a_line(draft: Draft) -> str:
    """Write a draft in one line."""
    said = "none acceptable" if draft.none_acceptable else "no verdict"
    if draft.ranking or draft.ratings:
        said = verdict(draft)
    tags = sorted({tag for tags in draft.reasons.values() for tag in tags})
    return " · ".join([said, *tags, *([f"“{draft.note}”"] if draft.note else [])])


def _grade(shown: tuple[ResponseId, ...], ranking: Tiers, margin: int | None) -> str:
    if len(ranking) == 1:
        return GRADES[4]
    best, rest = ("A", "B") if ranking[0][0] == shown[0] else ("B", "A")
    sign = {1: ">=", 3: ">>"}.get(margin or 2, ">")
    return f"{best}{sign}{rest}"


def why_nothing_is_left(
    counts: Mapping[str, int], *, is_training: bool = False
) -> list[str]:
    """Say in words what became of a queue's tasks, and what follows a training."""
    if not counts.get("tasks"):
        return ["No tasks have been put into this queue yet; a lead fills it."]
    words = {
        "done_by_you": "judged by you",
        "passed_on_by_you": "passed on by you",
        "held_by_others": "in other people's hands right now; they may come back",
        "complete": "complete without you",
        "frozen": "standing still until a lead has looked",
        "other_language": "in a language you did not declare",
        "needs_expert": "for experts in their topic",
        "needs_opt_in": "behind a content warning you did not opt in to",
        "capped_today": "behind a content warning, of which you had today's share",
        "open_to_you": "open to you",
    }
    lines = [f"{counts[k]:>5}  {say}" for k, say in words.items() if counts.get(k)]
    tasks = "task" if counts["tasks"] == 1 else "tasks"
    lines.append(f"{counts['tasks']:>5}  {tasks} in all")
    if is_training:
        lines += ["", "A lead looks at how you did, and decides what you do next."]
    return lines


def words_of(error: AdjudgeError) -> str:
    """Write what went wrong and what to do as it stands on a screen."""
    if not error.hint:
        return error.message
    return f"{error.message}. {error.hint[:1].upper()}{error.hint[1:]}"


def clipped(text: str, length: int) -> str:
    """Show one line of foreign text, cut to a length in cells."""
    line = " ".join(safe_text(text, newlines=False).split())
    if cell_len(line) <= length:
        return line
    return f"{set_cell_size(line, length - 1).rstrip()}…"
