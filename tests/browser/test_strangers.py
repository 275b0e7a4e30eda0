"""The name of a file and the names of its columns are shown as plain text."""

import csv
import io
import random

from playwright.sync_api import Page, expect

HOSTILE = (
    "**b** `c` ~~d~~ <b>e</b> <img src=x onerror=alert(1)>",
    "![x](//a.example/b.png) [y](//a.example) z@a.example",
    "http://a.example/x www.a.example :red[x] :material/bug_report:",
    "a -> b -- c $x^2$ $$y$$ :smile: :blue-badge[z] &lt;",
    "1. =cmd|' /C calc'!A0 # h > q",
)
FORMED = "a:not([href^='#']), img, b, del, .katex, [data-testid=stIconMaterial], h1, blockquote, ol"
"""The elements that Markdown would make of the names."""


def file(name: str) -> dict[str, object]:
    """Returns a file in which these names are those of unused text columns and of the target."""
    buffer, dice = io.StringIO(), random.Random(0)
    writer = csv.writer(buffer)
    writer.writerow(["x", *(f"t{name}" for name in HOSTILE), name])
    for _ in range(60):
        x = dice.gauss(0, 1)
        writer.writerow([x, *("=1+1" for _ in HOSTILE), 3 * x + dice.gauss(0, 1)])
    return {
        "name": f"{name[:30]}.csv",
        "mimeType": "text/csv",
        "buffer": buffer.getvalue().encode(),
    }


def test_what_a_file_is_named_is_shown_as_it_is(page: Page) -> None:
    page.goto("/?task=csv&steps=60&jit_step=true")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file(HOSTILE[2]))
    caption = page.get_by_test_id("stCaptionContainer").filter(has_text="Left out")
    expect(caption).to_be_visible(timeout=60_000)

    shown = caption.inner_text().replace("\N{WORD JOINER}", "")

    assert [name for name in HOSTILE if f"t{name}"[:59] not in shown] == []
    assert caption.locator(FORMED).count() == 0


def test_a_link_forms_nothing_on_the_page(page: Page) -> None:
    page.goto("/?jit_step=true&hidden=![x](//a.example/b.png)")
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("a.example/b.png")

    assert alert.locator("img, a").count() == 0
