"""The script as HTML: numbered lines with anchors, and marks for bugs and fixes."""

import io
import keyword
import tokenize
from collections.abc import Sequence
from html import escape

import streamlit as st

from mlp_core import STAGES, Fixes
from mlp_core.program.render import Line

ANCHOR = "line-"
"""The prefix of a line's anchor. The line number follows."""

STYLE = """<style>
.script { margin: 0; padding: 0.6rem 0; overflow-x: auto; border-radius: 0.5rem;
  border: 1px solid color-mix(in srgb, currentColor 16%, transparent);
  font: 0.82rem/1.55 "Source Code Pro", ui-monospace, monospace; }
.script .line { display: block; min-height: 1.55em; padding: 0 0.75rem 0 3.9rem;
  text-indent: -1.2rem; white-space: pre-wrap; overflow-wrap: anywhere;
  border-left: 0.25rem solid transparent; scroll-margin-top: 6rem; }
.script .line::before { content: attr(data-number); display: inline-block; width: 2.1rem;
  margin: 0 0.6rem 0 -2.7rem; text-indent: 0; text-align: right; opacity: 0.62;
  user-select: none; }
.script .bug { border-left-color: #d55e00; border-left-style: dashed;
  background: color-mix(in srgb, #d55e00 9%, transparent); }
.script .fix { border-left-color: #0072b2;
  background: color-mix(in srgb, #0072b2 10%, transparent); }
.script .line:target { outline: 2px solid currentColor; outline-offset: -2px; }
.script .comment { font-style: italic; }
.script .bug .comment, .script .fix .comment { font-weight: 600; }
.script .word { font-weight: 600; }
/* The switches stay beside the script while it is read. */
@media (min-width: 900px) {
  [data-testid="stColumn"]:has(.st-key-program_fixes) > div { height: 100%; }
  .st-key-program_fixes { position: sticky; top: 4.5rem; }
}
</style>"""


def draw(lines: Sequence[Line], fixes: Fixes) -> None:
    """Draws the script."""
    st.html(STYLE + script(lines, fixes))


def script(lines: Sequence[Line], fixes: Fixes) -> str:
    """Returns the script as HTML."""
    colored = _colored([line.text for line in lines])
    drawn = [
        f'<span class="line {_kind(line, fixes)}" id="{ANCHOR}{number}" '
        f'data-number="{number}">{text}</span>'
        for number, (line, text) in enumerate(zip(lines, colored, strict=True), 1)
    ]
    label = 'role="region" aria-label="The script" tabindex="0"'
    return f'<pre class="script" {label}><code>{"".join(drawn)}</code></pre>'


def _kind(line: Line, fixes: Fixes) -> str:
    if not line.switches:
        return ""
    switch = line.switches[0]
    if getattr(fixes, switch):
        return "fix"
    return (
        "bug" if getattr(STAGES["final"], switch) else ""
    )  # a missing fix beyond the post is no bug


def _colored(texts: Sequence[str]) -> list[str]:
    """Returns the lines as HTML, with keywords and comments marked."""
    marks: list[list[tuple[int, int, str]]] = [[] for _ in texts]
    tokens = tokenize.generate_tokens(io.StringIO("\n".join(texts) + "\n").readline)
    for token in tokens:
        kind = _token_kind(token)
        if kind:
            marks[token.start[0] - 1].append((token.start[1], token.end[1], kind))
    return [_marked(text, of_line) for text, of_line in zip(texts, marks, strict=True)]


def _token_kind(token: tokenize.TokenInfo) -> str:
    if token.type == tokenize.NAME and keyword.iskeyword(token.string):
        return "word"
    return "comment" if token.type == tokenize.COMMENT else ""


def _marked(text: str, marks: Sequence[tuple[int, int, str]]) -> str:
    pieces, done = [], 0
    for begin, end, kind in marks:
        pieces += [
            escape(text[done:begin]),
            f'<span class="{kind}">{escape(text[begin:end])}</span>',
        ]
        done = end
    return "".join([*pieces, escape(text[done:])])
