"""The slim frame that another site embeds."""

from playwright.sync_api import Page, expect


def test_another_sites_page_can_embed_a_view_and_flip_its_switches(page: Page, server: str) -> None:
    # The page has no origin of its own, so the app is a stranger to it.
    page.set_content(
        f'<iframe src="{server}/?stage=batches&embed=true" width="760" height="700"></iframe>'
    )
    app = page.frame_locator("iframe")

    expect(app.get_by_text("Val loss 0.83")).to_be_visible(timeout=60_000)
    expect(app.get_by_test_id("stSidebar")).not_to_be_in_viewport()
    expect(app.get_by_role("button", name="Find the first bug")).to_have_count(0)
    app.locator(".st-key-bar").get_by_role("button", name="AdamW").click()

    expect(app.get_by_text("Val loss 0.57")).to_be_visible(timeout=60_000)
    scroll = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.frames[1].evaluate(scroll) <= 0
