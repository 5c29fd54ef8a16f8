"""What may reach a terminal, and what a reader must be told."""

# ruff: noqa: RUF001 - letters of other scripts are the subject here

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adjudge.domain.safe_text import hidden_count, pieces, safe_text

ZWNJ, ZWJ, ZWSP, RLO, PDF, LRM, RLM = "\u200c\u200d\u200b\u202e\u202c\u200e\u200f"

NATURAL = {
    "persian": f"می{ZWNJ}خواهم کتاب{ZWNJ}های API{ZWNJ}ها را بخوانم، خانه{ZWNJ}ای",
    "urdu": f"یہ ہے ،{RLM} اردو (C++{LRM}) زبان",
    "arabic": f"السَّلامُ عَلَيْكُم C#{RLM} لغة برمجة؛ ه{ZWJ}",
    "hebrew": f"בְּרֵאשִׁ֖ית בָּרָ֣א אֱלֹהִ֑ים C++{RLM} שלום {RLM}(a)",
    "hindi": f"नमस्ते क्{ZWJ}ष क्{ZWNJ}ष श्री हिन्दी में",
    "bengali": f"র{ZWJ}্যাব বাংলা স্{ZWNJ} ক্ষ",
    "tamil": f"க்{ZWNJ}ஷ தமிழ் ஸ்ரீ",
    "malayalam": f"അവന്{ZWJ} പറഞ്ഞു",
    "sinhala": f"ශ්{ZWJ}රී ලංකා",
    "thai": f"น้ำ{ZWSP}ใจ ที่นี่ กี่",
    "khmer": f"ខ្ញុំ{ZWSP}ទៅ",
    "chinese": "中文，标点。全角　空格 葛\U000e0100城",
    "japanese": "日本語のテキスト、カタカナ。か\u3099 辻\U000e0101",
    "korean": "한국어 텍스트 \u1100\u1161\u11a8",
    "vietnamese": unicodedata.normalize("NFD", "Tiếng Việt được viết đẹp"),
    "french": "«\u00a0Où\u202f?\u00a0» l’été",
    "mongolian": "ᠮᠣᠩᠭᠣᠯ ᠬᠡᠯᠡ\u180bᠨ",
    "tibetan": "ཧྐྵྨླྺྼྻྂ བོད་སྐད",
    "family": f"\U0001f468{ZWJ}\U0001f469{ZWJ}\U0001f467{ZWJ}\U0001f466",
    "skin": f"\U0001f44b\U0001f3fd \U0001f469\U0001f3fe{ZWJ}\U0001f4bb",
    "heart": f"❤\ufe0f{ZWJ}\U0001f525 ✔\ufe0e ☎\ufe0f ©\ufe0f",
    "flags": "\U0001f1ec\U0001f1e7\U0001f1ee\U0001f1f7 "
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f "
    f"\U0001f3f3\ufe0f{ZWJ}\U0001f308",
    "keycaps": "1\ufe0f\u20e3 #\ufe0f\u20e3 *\ufe0f\u20e3",
    "maths": "∩\ufe00 x⃗ a̅ ≠",
    "boxes": "├──┤ ═══ ▓▓ •••••••• ……………………",
}

HOSTILE = [
    ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇", 2),
    ("\x1b[2J\x1b[6n", "␛[2J␛[6n", 2),
    ("\x00\x08\x7f", "␀␈␡", 3),
    ("\x9b31m \x85", "<9B>31m <85>", 2),
    ("abc\rXYZ", "abc␍XYZ", 1),
    ("a\r\nb\r\r\n", "a\nb␍\n", 1),
    ("a\tb\r\tc", "a    b␍    c", 1),
    (f"{RLO}gnp.exe{PDF}", "<RLO>gnp.exe<PDF>", 2),
    ("\u2066a\u2069", "<LRI>a<PDI>", 2),
    (f"a{ZWSP}b", "a<ZWSP>b", 1),
    (f"pass{ZWNJ}word{ZWJ}", "pass<ZWNJ>word<ZWJ>", 2),
    (f"user{LRM}name{RLM}", "user<LRM>name<RLM>", 2),
    ("\ufeffx\u00ady\u2060z", "<BOM>x<SHY>y<WJ>z", 3),
    ("a\u2061b\u2064", "a<U+2061>b<U+2064>", 2),
    ("a\u2028b\u2029", "a<LSEP>b<PSEP>", 2),
    ("\U000e0069\U000e0020\U000e007f\U000e0001", "<TAG-i><TAG-20><TAG-7F><TAG-01>", 4),
    ("\U0001f3f4\U000e0061\U000e007f", "\U0001f3f4<TAG-a><TAG-7F>", 2),
    ("\ud800x\udfff", "<D800>x<DFFF>", 2),
    ("\uffff\ufdd0\U0001fffe", "<U+FFFF><U+FDD0><U+1FFFE>", 3),
    ("a\ufe0f 1\ufe0f x\U000e0100", "a<VS16> 1<VS16> x<VS17>", 3),
    ("☺\ufe0f\ufe0f\ufe0f", "☺\ufe0f<VS16><VS16>", 2),
    (f"می{ZWNJ}{ZWNJ}خ", f"می<ZWNJ>{ZWNJ}خ".replace(ZWNJ, "<ZWNJ>"), 2),
    (f"שלום{RLM}{RLM}", f"שלום{RLM}<RLM>", 1),
    (f"\U0001f468{ZWJ}a", "\U0001f468<ZWJ>a", 1),
    ("\u3164\uffa0\u115f", "<HF><HHF><HCF>", 3),
    ("\u180eabc\u180b", "<MVS>abc<FVS1>", 2),
    ("e" + "\u0301" * 60, "e" + "\u0301" * 5 + "<+55 marks>", 55),
    ("ก" + "\u0e49" * 9 + "ข", "ก" + "\u0e49" * 5 + "<+4 marks>ข", 4),
]


@pytest.mark.parametrize("script", NATURAL)
def test_ordinary_writing_reads_as_it_was_written(script):
    text = NATURAL[script]
    assert safe_text(text) == text
    assert hidden_count(text) == 0


@pytest.mark.parametrize(("text", "shown", "hidden"), HOSTILE)
def test_what_deceives_is_shown_and_counted(text, shown, hidden):
    assert safe_text(text) == shown
    assert hidden_count(text) == hidden


def test_one_line_places_show_line_feeds():
    assert safe_text("a\nb\r\nc", newlines=False) == "a␊b␊c"
    assert safe_text("a\nb") == "a\nb"


def test_a_spelled_token_is_told_from_a_made_one():
    """A text may write ``<RLO>`` in letters; the pane must not colour that."""
    assert [(p.text, p.hidden) for p in pieces(f"<RLO>{RLO}x")] == [
        ("<RLO>", 0),
        ("<RLO>", 1),
        ("x", 0),
    ]


def test_every_mark_is_known_to_the_search():
    """The mark blocks are written by hand; Unicode is asked whether they are whole."""
    for code in range(0x110000):
        char = chr(code)
        if unicodedata.category(char) in {"Mn", "Me"}:
            shown = safe_text("x" + char * 30)
            assert shown != "x" + char * 30, f"U+{code:04X}"


def test_every_invisible_character_is_shown_between_latin_letters():
    visible = {
        0x110BD,
        0x110CD,
        0x6DD,
        0x70F,
        0x8E2,
        0x890,
        0x891,
        *range(0x600, 0x606),
    }
    for code in range(0x110000):
        char = chr(code)
        hides = unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        if hides and char != "\n" and code not in visible:
            assert char not in safe_text(f"a{char}b"), f"U+{code:04X}"


def test_a_long_clean_text_is_returned_itself():
    text = "plain words\n" * 100
    assert safe_text(text) is text


def test_a_hostile_megabyte_takes_bounded_time():
    for bad in (
        "\u200b",
        "\x1b",
        "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
        "מ\u200f",
    ):
        started = time.process_time()
        safe_text(bad * (400_000 // len(bad)))
        assert time.process_time() - started < 4


ALPHABET = st.sampled_from(
    [chr(c) for c in range(0x20)]
    + list("ab<>1# \x7f\x85\x9b\xad\u034f\u061c\u115f\u3164\ufeff\ud800\uffff")
    + list("\u200b\u200c\u200d\u200e\u200f\u2028\u202a\u202e\u2060\u2066\u2069\u180b")
    + list("\ufe00\ufe0e\ufe0f\U000e0061\U000e007f\U000e0100\U0001f3f4\U0001f468")
    + list("❤✔שאمكन्্রกํ้中ᠮམྐ\u0301\u0300\u20e3\u0903·")
    + [
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "\u0301" * 7,
    ]
)
TEXTS = st.lists(ALPHABET, max_size=40).map("".join) | st.text(
    st.characters(exclude_categories=()), max_size=60
)

NEVER = set(map(chr, (*range(0x0A), *range(0x0B, 0x20), *range(0x7F, 0xA0))))
NEVER |= set("\xad\u034f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\ufeff\u3164")
NEVER |= set(map(chr, (*range(0x2061, 0x2070), *range(0xD800, 0xE000))))


@given(TEXTS)
def test_no_forbidden_character_comes_out(text):
    assert not NEVER & set(safe_text(text))
    assert "\n" not in safe_text(text, newlines=False)


@given(TEXTS)
def test_saying_it_twice_changes_nothing(text):
    once = safe_text(text)
    assert safe_text(once) == once
    assert hidden_count(once) == 0


@given(TEXTS)
def test_visible_text_is_preserved_in_order(text):
    """What shows itself comes out unchanged, and everything hidden is counted."""
    told = list(pieces(text))
    assert "".join(p.text for p in told) == safe_text(text)
    assert sum(p.hidden for p in told) == hidden_count(text)
    rest = iter(text.replace("\r\n", "\n").replace("\t", "    "))
    for piece in told:
        if not piece.hidden:
            assert all(char in rest for char in piece.text)


@given(TEXTS)
def test_piles_of_marks_stay_low(text):
    height = 0
    for char in safe_text(text):
        height = height + 1 if unicodedata.category(char) in {"Mn", "Me"} else 0
        assert height <= 9
