"""CSS rules for what the theme cannot set, drawn once on each page."""

import streamlit as st

_RULES = """<style>
/* The expander below each chart, which opens its table. The name of the chart is only for screen
   readers. */
[class*="st-key-twin_"] summary { font-size: 0.85rem; width: fit-content; margin-left: auto; }
[class*="st-key-twin_"] summary p { font-size: inherit; }
[class*="st-key-twin_"] summary em {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}

/* Reserves space for a button, so that the content below does not move. */
.st-key-answer, .st-key-timing { min-height: 2.5rem; }

/* Room for the Lab's charts until their library is loaded. */
.st-key-loss_curves, .st-key-val_loss_dots { min-height: 420px; }

/* Beside the sidebar, columns are too narrow for their charts. Elsewhere a column may be narrower
   than the chart in it was before, which then follows. */
[data-testid="stMain"] [data-testid="stColumn"] { min-width: 0; }
@media (max-width: 1200px) {
  [data-testid="stMain"] [data-testid="stColumn"] { min-width: calc(100% - 1.5rem); }
}

/* The page links stay at the top, in the header that Streamlit leaves empty. */
[data-testid="stLayoutWrapper"]:has(> .st-key-menu) { margin-top: -1.25rem; }
.st-key-menu { gap: 0.25rem; }
@media (min-width: 900px) {
  [data-testid="stLayoutWrapper"]:has(> .st-key-menu) {
    position: sticky; top: 0.75rem; z-index: 999991; margin-top: -5rem; width: fit-content;
  }
  /* The header has the opaque background color of the theme, because the page scrolls below it. */
  [data-testid="stHeader"] { background: light-dark(#ffffff, #10161d); }
}

/* What stands above a page's question begins below the bar. */
.st-key-introduction, .st-key-tour, .st-key-lesson_banner { margin-top: 0.75rem; }
[data-testid="stLayoutWrapper"]:has(> .st-key-tour_text) { flex: 1 1 18rem; }
.st-key-answer p { font-size: 1.1rem; }
.st-key-answer [data-testid="stCaptionContainer"] p { font-size: 0.875rem; }

.st-key-app_name p { font-size: 1.15rem; }

/* White on the light blue of the dark theme has too little contrast. */
[data-testid="stBaseButton-primary"] { color: light-dark(#ffffff, #10161d); }

/* The switches and the val loss at the bottom, where the sidebar would cover the page. */
@media (min-width: 768px) {
  [data-testid="stBottom"] { display: none; }
}
[data-testid="stBottomBlockContainer"] { padding: 0.25rem 1rem 0.75rem; }
.st-key-bar button { min-height: 2rem; padding: 0.1rem 0.7rem; }

/* The name of the app, where the sidebar that has it is closed. */
@media (max-width: 767px) {
  [data-testid="stHeader"]::before {
    content: "Fix by Fix"; position: absolute; left: 4rem; top: 1.1rem; font-weight: 600;
  }
}

/* A table that is wider than a phone. */
@media (max-width: 640px) {
  [class*="st-key-wide_"]::after {
    content: "Swipe the table sideways to see all of it." / "";
    display: block; font-size: 0.85rem; opacity: 0.7; padding-top: 0.25rem;
  }
}

/* Touch screens cannot hover, so the copy button of a link is always visible. */
[role="dialog"] [data-testid="stCode"] > div { visibility: visible; opacity: 1; }
</style>"""


_EMBEDDED = """<style>[data-testid="stBottom"] { display: block !important; }</style>"""
"""In another site's frame the sidebar is closed, so the bar has the switches at any width."""


def draw() -> None:
    """Draws it, on a page that shows nothing of it."""
    st.html(_RULES)
    if st.context.is_embedded:
        st.html(_EMBEDDED)
