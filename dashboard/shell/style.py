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

/* Reserves space for the Lab's charts until their library is loaded. */
.st-key-loss_curves, .st-key-val_loss_bars { min-height: 440px; }

/* Beside the sidebar, columns are too narrow for their charts. */
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

/* The note below a table that is wider than a phone. */
@media (max-width: 640px) {
  [class*="st-key-wide_"]::after {
    content: "Swipe the table sideways to see all of it." / "";
    display: block; font-size: 0.85rem; opacity: 0.7; padding-top: 0.25rem;
  }
}

/* Touch screens cannot hover, so the copy button of a link is always visible. */
[role="dialog"] [data-testid="stCode"] > div { visibility: visible; opacity: 1; }
</style>"""


def draw() -> None:
    """Adds the rules to the page."""
    st.html(_RULES)
