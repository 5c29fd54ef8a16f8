"""Every key of the workbench, once: bindings, hints, help and remapping read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from textual.binding import Binding, BindingType, Keymap

from adjudge.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Group = Literal[
    "Judge", "Rank", "Rate", "Write", "Review", "Decide", "Numbers", "Read", "Go"
]


class Key(NamedTuple):
    """One action that a key starts.

    Attributes:
        id: Name of the action, by which people remap it.
        keys: Default keys, as Textual names them.
        action: What runs.
        words: What it does, for hints and help.
    """

    id: str
    keys: str
    action: str
    words: str
    group: Group


def _again(table: tuple[Key, ...], id: str) -> Key:
    """Take a key over from another screen: the same thing everywhere."""
    return next(key for key in table if key.id == id)


_GRADES = (
    *("A far better", "A clearly better", "A slightly better"),
    "tie",
    *("B slightly better", "B clearly better", "B far better"),
)

COMPARE = (
    *(
        Key(f"grade_{n}", str(n), f"give_grade({n})", words, "Judge")
        for n, words in enumerate(_GRADES, 1)
    ),
    Key("nudge_left", "left", "nudge(-1)", "grade one step towards A", "Judge"),
    Key("nudge_right", "right", "nudge(1)", "grade one step towards B", "Judge"),
    Key("criteria", "r", "criteria", "rate by criterion", "Judge"),
    Key("fold", "f", "fold", "what both begin with: fold, show", "Read"),
)
RANK = (
    *(
        Key(f"place_{n}", str(n), f"place({n})", f"place response {n} next", "Rank")
        for n in range(1, 10)
    ),
    Key("tie_next", "equals_sign", "tie_next", "tie the next with the last", "Rank"),
    Key("take_back", "backspace", "take_back", "take back the last place", "Rank"),
    Key("rank_up", "K", "move(-1)", "move the response up", "Rank"),
    Key("rank_down", "J", "move(1)", "move the response down", "Rank"),
    Key("neighbour", "p", "neighbour", "read it beside its neighbour", "Rank"),
    Key("not_rankable", "X", "not_rankable", "cannot be ranked: why", "Rank"),
    Key("previous_pane", "left_square_bracket", "swap_pane(-1)", "one back", "Read"),
    Key("next_pane", "right_square_bracket", "swap_pane(1)", "one on", "Read"),
    _again(COMPARE, "criteria"),
)
RATE = (
    *(
        Key(f"score_{n}", str(n), f"score({n})", f"score {n}", "Rate")
        for n in range(1, 10)
    ),
    Key("criterion_back", "left", "turn('up')", "criterion before", "Rate"),
    Key("criterion_on", "right", "turn('down')", "next criterion", "Rate"),
    Key("unscore", "backspace", "turn('backspace')", "take a score back", "Rate"),
)
TASK = (
    Key("submit", "enter,f2", "submit", "submit", "Judge"),
    Key("none_acceptable", "0", "none_acceptable", "none acceptable", "Judge"),
    Key("tags", "t,f5", "tags", "reason tags", "Judge"),
    Key("note", "n,f7", "note", "note", "Judge"),
    Key("skip", "x,f8", "skip", "pass on, with a reason", "Judge"),
    Key("flag", "exclamation_mark,f9", "flag", "call a lead", "Judge"),
    Key("undo", "u", "undo", "one judgment back", "Judge"),
    Key("redo", "U", "redo", "one judgment on", "Judge"),
    Key("appeal", "a", "appeal", "appeal: a lead looks at it again", "Judge"),
    Key("research", "R", "research", "work outside the window: on, off", "Judge"),
    Key("other_pane", "tab,shift+tab", "swap_pane(1)", "other response", "Read"),
    Key("conversation", "c", "conversation", "whole conversation", "Read"),
    Key("guideline", "g,f10", "guideline", "guideline", "Read"),
    Key("last_ten", "h", "last_ten", "my last ten", "Read"),
    Key("diff", "d", "diff", "mark differences", "Read"),
    Key("next_difference", "greater_than_sign", "difference(1)", "next one", "Read"),
    Key("last_difference", "less_than_sign", "difference(-1)", "one before", "Read"),
    Key("search", "slash", "search", "search", "Read"),
    Key("search_next", "ctrl+g", "search_next", "next place found", "Read"),
    Key("sync", "s", "sync", "scroll together: on, off", "Read"),
    Key("raw", "v", "raw", "source, or rendered", "Read"),
    Key("wrap", "w", "wrap", "fold long code lines: on, off", "Read"),
    Key("zoom", "z", "zoom", "one response, or all", "Read"),
    Key("open", "o", "open", "open what stands behind a warning", "Read"),
    Key("copy", "y", "copy", "copy what is selected", "Read"),
    Key("pager", "e,f4", "pager", "read in $PAGER", "Read"),
    Key("mouse", "m", "mouse", "give the mouse to the terminal, or back", "Go"),
    Key("home", "q", "home", "leave the queue, drafts stay", "Go"),
    Key("close", "escape", "close", "close what is open", "Go"),
    Key("help", "question_mark,f1", "help", "all keys", "Go"),
)
_WRITING = (
    Key("write_submit", "f2", "submit", "sign", "Write"),
    Key("write_external", "f4", "external", "write in $EDITOR", "Write"),
    Key("write_note", "f7,n", "note", "note", "Write"),
    Key("write_skip", "f8,x", "skip", "pass on, with a reason", "Write"),
    Key("write_flag", "f9,exclamation_mark", "flag", "call a lead", "Write"),
    Key("find", "ctrl+f", "find", "find and replace", "Write"),
    Key("keep", "ctrl+s", "keep", "nothing: drafts keep themselves", "Write"),
    Key("write", "i,enter", "write", "to the editor", "Write"),
    Key("next_field", "tab", "next_field(1)", "next field", "Read"),
    Key("last_field", "shift+tab", "next_field(-1)", "field before", "Read"),
    Key("write_context", "ctrl+o,c", "conversation", "conversation, tools", "Read"),
    Key("write_guideline", "f10,g", "guideline", "guideline", "Read"),
    Key("search", "slash", "search", "search the original", "Read"),
    _again(TASK, "search_next"),
    _again(TASK, "research")._replace(group="Write"),
    _again(TASK, "raw"),
    _again(TASK, "wrap"),
    _again(TASK, "open"),
    Key("read_pager", "e", "pager", "read in $PAGER", "Read"),
    _again(TASK, "mouse"),
    _again(TASK, "home"),
    Key("close", "escape", "close", "leave the editor, close what is open", "Go"),
    _again(TASK, "help")._replace(keys="f1,question_mark"),
)
REWRITE = (
    Key(
        "write_tags", "f5,t", "tags", "reasons; in the original of a sentence", "Write"
    ),
    Key("from_original", "f6", "from_original", "start from the original", "Write"),
    Key("sources", "ctrl+l,l", "sources", "name sources", "Write"),
    Key("verdict", "f12,0", "verdict", "nothing to write: say why", "Write"),
    *_WRITING,
)
REVIEW = (
    Key("approve", "1", "decide('approve')", "approve", "Review"),
    Key("fix", "2", "decide('fix')", "fix it in the editor, then sign", "Review"),
    Key("send_back", "3", "decide('return')", "send it back with a clause", "Review"),
    Key("against", "d", "against", "compare with the original, or the rewrite", "Read"),
    _again(TASK, "sync"),
    *(
        key._replace(keys="enter,f2") if key.id == "write_submit" else key
        for key in _WRITING
        if key.id != "write"
    ),
    Key("write", "i", "write", "to the editor", "Write"),
)
APP = (
    Key("quit", "ctrl+q", "quit", "quit, drafts stay", "Go"),
    Key("settings", "f3", "settings", "settings", "Go"),
    Key("palette", "ctrl+p", "command_palette", "every action by name", "Go"),
)
_READ = ("conversation", "guideline", "diff", "next_difference", "last_difference")
_SEEN = ("search", "search_next", "sync", "raw", "wrap", "zoom", "pager", "mouse")
DECIDE = (
    Key("decide", "enter,f2", "decide", "blind call, then decide", "Decide"),
    *COMPARE[:9],
    *(
        Key(f"place_{n}", str(n), f"digit({n})", f"place response {n} next", "Rank")
        for n in (8, 9)
    ),
    _again(RANK, "tie_next"),
    _again(RANK, "take_back"),
    _again(TASK, "none_acceptable")._replace(group="Decide"),
    Key("why", "n,f7", "why", "the reason, needed to decide", "Decide"),
    Key("cause", "t,f5", "cause", "why people disagreed", "Decide"),
    Key("clause", "p", "clause", "cite a clause of the guideline", "Decide"),
    Key("otherwise", "x,f8", "otherwise", "ask, send back or exclude", "Decide"),
    Key("evidence", "i", "evidence", "what was said: to it, and back", "Read"),
    _again(TASK, "other_pane"),
    *(key for key in TASK if key.id in {*_READ, *_SEEN}),
    _again(TASK, "open"),
    Key("home", "q", "back", "back to the dashboard", "Go"),
    _again(TASK, "close"),
    _again(TASK, "help"),
)
LOOK = (
    Key("accept", "1", "decide('accept')", "accept", "Review"),
    _again(REVIEW, "send_back"),
    _again(REVIEW, "write_submit")._replace(group="Review"),
    Key("write_note", "f7,n", "why", "why it goes back", "Review"),
    Key("write_skip", "f8,x", "skip", "leave it to another reviewer", "Review"),
    _again(REVIEW, "write_flag")._replace(group="Review"),
    _again(TASK, "research")._replace(group="Review"),
    _again(DECIDE, "evidence")._replace(words="the judgment: to it, and back"),
    _again(TASK, "other_pane"),
    *(key for key in TASK if key.id in {*_READ, *_SEEN}),
    _again(TASK, "open"),
    _again(TASK, "home")._replace(words="leave the queue"),
    _again(TASK, "close"),
    _again(TASK, "help"),
)
DASHBOARD = (
    Key("tab_1", "1", "tab(1)", "agreement", "Numbers"),
    Key("tab_2", "2", "tab(2)", "annotators", "Numbers"),
    Key("tab_3", "3", "tab(3)", "queues", "Numbers"),
    Key("tab_4", "4", "tab(4)", "disputed", "Numbers"),
    Key(
        "panel",
        "tab,shift+tab",
        "panel",
        "next panel: numbers, pairs, weeks",
        "Numbers",
    ),
    Key("measure", "m", "measure", "pairs: kappa, agreement, n", "Numbers"),
    Key("as_list", "i", "as_list", "pairs: a table, or a line for each", "Numbers"),
    Key("cell_left", "left", "cell(0,-1)", "pairs: one to the left", "Numbers"),
    Key("cell_right", "right", "cell(0,1)", "pairs: one to the right", "Numbers"),
    Key("cell_up", "up", "cell(-1,0)", "pairs: one up", "Numbers"),
    Key("cell_down", "down", "cell(1,0)", "pairs: one down", "Numbers"),
    Key("sort", "o", "sort", "sort by the next column", "Numbers"),
    Key("sort_back", "O", "turn_round", "turn the order round", "Numbers"),
    Key("filter", "slash", "filter", "keep lines that hold a word", "Numbers"),
    Key("drill", "enter", "drill", "to what stands behind a line", "Numbers"),
    Key("again", "r,f5", "again", "count again", "Numbers"),
    Key("export", "e", "export", "write a dataset of this queue", "Numbers"),
    Key("home", "q", "home", "home", "Go"),
    Key("close", "escape", "close", "stop computing, or one step back", "Go"),
    _again(TASK, "help"),
)
EXPORT = (
    Key("write_dataset", "f2", "write", "write the dataset", "Numbers"),
    Key("preview", "p,f5", "preview", "count, and show three rows", "Numbers"),
    Key("value_on", "right,space", "turn(1)", "next value", "Numbers"),
    Key("value_back", "left", "turn(-1)", "value before", "Numbers"),
    Key("told_down", "j", "scroll_told(5)", "what would be written: on", "Read"),
    Key("told_up", "k", "scroll_told(-5)", "what would be written: back", "Read"),
    Key("home", "q", "back", "back to the numbers", "Go"),
    Key("close", "escape", "close", "stop, or put the line away", "Go"),
    _again(TASK, "help"),
)
READING = (
    ("j k ↑ ↓", "scroll a line"),
    ("space b PgUp PgDn", "scroll a screen"),
    ("Home End", "to the top, to the end"),
)
EDITING = (
    ("^z ^y", "undo, redo"),
    ("^← ^→", "a word back, a word on"),
    ("^a ^e", "to the beginning of the line, to its end"),
    ("^w ^u ^k", "take out a word, to the beginning, to the end of the line"),
    ("^x ^c ^v", "cut, copy, put in"),
)


def bindings(*tables: Iterable[Key]) -> list[BindingType]:
    """Make bindings of tables of keys."""
    return [
        Binding(key.keys, key.action, key.words, show=False, id=key.id)
        for table in tables
        for key in table
    ]


_SHOWN = {
    "enter": "Enter",
    "tab": "Tab",
    "escape": "Esc",
    "space": "Space",
    "backspace": "Backspace",
    "left": "←",
    "right": "→",
    "question_mark": "?",
    "exclamation_mark": "!",
    "greater_than_sign": ">",
    "less_than_sign": "<",
    "slash": "/",
    "equals_sign": "=",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
}


def shown(keys: str) -> str:
    """Write keys as they stand on a keyboard; of several the first."""
    first = keys.split(",", maxsplit=1)[0]
    if first.startswith("f") and first[1:].isdigit():
        return first.upper()
    return _SHOWN.get(first, first.replace("ctrl+", "^"))


def shown_all(keys: str) -> str:
    """Write all keys of an action."""
    return " ".join(shown(key) for key in keys.split(","))


def remapped(wanted: Mapping[str, str]) -> Keymap:
    """Check a person's own keys; two actions never share one.

    Raises:
        InvalidInputError: With the action that is unknown, or both that clash.
    """
    judged = ((*table, *TASK) for table in (COMPARE, RANK, RATE))
    tables = (*judged, REWRITE, REVIEW, LOOK, DECIDE, DASHBOARD, EXPORT)
    known = {key.id: key for table in tables for key in (*table, *APP)}
    for id in wanted:
        if id not in known:
            raise InvalidInputError(
                f"keys: there is no action {id!r}",
                hint=f"actions: {', '.join(sorted(known))}",
            )
    for table in tables:
        taken: dict[str, str] = {}
        for key in (*table, *APP):
            for one in wanted.get(key.id, key.keys).split(","):
                name = _NAMES.get(one.strip(), one.strip())
                other = taken.setdefault(name, key.id)
                if other != key.id:
                    raise InvalidInputError(
                        f"keys: {one.strip()!r} would be both {other} and {key.id}",
                        hint="give one of them another key",
                    )
    return dict(wanted)


_NAMES = {sign: name for name, sign in _SHOWN.items() if len(sign) == 1}
