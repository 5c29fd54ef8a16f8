"""The colours of the pane, for dark, light and terminal palettes and for none.

The palette is Okabe and Ito's: side A and side B stay apart for colour-blind
people, and letter and border say the same. An app's own ``.tcss`` overrides this.
"""

PANE_CSS = """
Pane {
    width: 1fr;
    height: 1fr;
    padding: 0 1;
    background: $background;
    color: $foreground;
    overflow-x: hidden;
    overflow-y: auto;
    scrollbar-gutter: stable;
    scrollbar-size-vertical: 1;
    scrollbar-background: $background;
    scrollbar-color: #5B6878;
    border: round #5B6878;
    border-title-color: $foreground 75%;
    border-subtitle-color: $foreground 75%;
    border-title-style: bold;
    border-subtitle-align: right;

    & > .pane--heading { color: $foreground; text-style: bold; }
    & > .pane--strong { text-style: bold; }
    & > .pane--emphasis { text-style: italic; }
    & > .pane--strike { text-style: strike; color: $foreground 70%; }
    & > .pane--code { color: #F0E442; }
    & > .pane--block { color: $foreground 90%; }
    & > .pane--keyword { color: #56B4E9; text-style: bold; }
    & > .pane--string { color: #3FC39A; }
    & > .pane--comment { color: $foreground 65%; text-style: italic; }
    & > .pane--number { color: #E69F00; }
    & > .pane--link { text-style: underline; }
    & > .pane--rule { color: $foreground 45%; }
    & > .pane--source { color: $foreground 60%; }
    & > .pane--hidden { color: #101418; background: #E69F00; text-style: bold; }
    & > .pane--match { color: #101418; background: #F0E442; }
    & > .pane--current {
        color: #101418;
        background: #E69F00;
        text-style: bold underline;
    }
    & > .pane--differs { background: #56B4E9 28%; text-style: underline; }

    &:focus { border: heavy #F0E442; border-title-color: #F0E442; }
    &.-side-a { border-title-color: #56B4E9; }
    &.-side-b { border-title-color: #E69F00; }
    &.-side-a:focus { border: heavy #56B4E9; }
    &.-side-b:focus { border: heavy #E69F00; }

    &:light {
        scrollbar-color: #7C8794;
        border: round #7C8794;
        & > .pane--code { color: #7A5200; }
        & > .pane--keyword { color: #005F9E; }
        & > .pane--string { color: #00664A; }
        & > .pane--number { color: #9A5B00; }
        & > .pane--hidden { color: #FFFFFF; background: #9A3B00; }
        & > .pane--current { color: #FFFFFF; background: #9A5B00; }
        &:focus { border: heavy #6B6100; border-title-color: #6B6100; }
        &.-side-a { border-title-color: #005F9E; }
        &.-side-b { border-title-color: #9A5B00; }
        &.-side-a:focus { border: heavy #005F9E; }
        &.-side-b:focus { border: heavy #9A5B00; }
    }
    &:ansi {
        background: ansi_default;
        color: ansi_default;
        scrollbar-background: ansi_default;
        scrollbar-color: ansi_bright_black;
        border: round ansi_bright_black;
        border-title-color: ansi_default;
        border-subtitle-color: ansi_default;
        & > .pane--heading { color: ansi_default; }
        & > .pane--strike { color: ansi_default; }
        & > .pane--code { color: ansi_default; text-style: bold; }
        & > .pane--block { color: ansi_default; }
        & > .pane--keyword { color: ansi_blue; text-style: bold; }
        & > .pane--string { color: ansi_green; }
        & > .pane--comment { color: ansi_default; text-style: italic dim; }
        & > .pane--number { color: ansi_magenta; }
        & > .pane--rule { color: ansi_default; text-style: dim; }
        & > .pane--source { color: ansi_default; text-style: dim; }
        & > .pane--hidden {
            color: ansi_default;
            background: ansi_default;
            text-style: reverse bold;
        }
        & > .pane--match {
            color: ansi_default;
            background: ansi_default;
            text-style: reverse;
        }
        & > .pane--current {
            color: ansi_default;
            background: ansi_default;
            text-style: reverse bold underline;
        }
        & > .pane--differs { background: ansi_default; text-style: bold underline; }
        &:focus { border: heavy ansi_yellow; }
        &.-side-a { border-title-color: ansi_blue; }
        &.-side-b { border-title-color: ansi_yellow; }
        &.-side-a:focus { border: heavy ansi_blue; }
        &.-side-b:focus { border: heavy ansi_yellow; }
    }
    &:nocolor {
        & > .pane--code { text-style: bold; }
        & > .pane--hidden {
            color: $foreground;
            background: $background;
            text-style: reverse bold;
        }
        & > .pane--match {
            color: $foreground;
            background: $background;
            text-style: reverse;
        }
        & > .pane--current {
            color: $foreground;
            background: $background;
            text-style: reverse bold underline;
        }
        & > .pane--differs { text-style: bold underline; }
    }
}
"""
