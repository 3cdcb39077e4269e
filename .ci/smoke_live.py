"""Operate the GPT in a page as a reader does, in headless Chromium: `python .ci/smoke_live.py SITE`.

Needs the package playwright and a Chromium on the PATH. The pages are opened from files, without a network.
"""

import shutil, sys
from pathlib import Path

from playwright.sync_api import sync_playwright


def operate(page, errors):
    """Type, choose, write; what is shown has to follow."""
    full = page.locator(".tiny-gpt").first
    full.locator(".bars li").first.wait_for()
    bars, strip, text = full.locator(".bars li"), full.locator(".strip span"), full.locator("textarea")
    before = bars.all_inner_texts()
    text.press("End")
    text.press_sequentially(" through y")
    assert strip.count() == len(text.input_value()) and bars.all_inner_texts() != before
    blue = [span.get_attribute("style") for span in strip.all()]
    full.locator("select[name=head]").select_option("2")
    assert [span.get_attribute("style") for span in strip.all()] != blue, "another head looks the same"
    full.locator(".strip").focus()
    page.keyboard.press("ArrowLeft")
    assert "nats of surprise" in full.locator(".said").inner_text()
    full.locator("input[name=topK]").fill("1")
    assert bars.first.locator(".percent").inner_text().split()[0].startswith("100"), "top-k 1 leaves one"
    text.fill("First Citi")
    full.get_by_role("button", name="Let it write").click()  # past its context, and it stops by itself
    full.get_by_role("button", name="Let it write").wait_for(timeout=120_000)
    assert len(text.input_value()) == len("First Citi") + 300, len(text.input_value())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "scrolls sideways on a phone"
    assert not errors, errors


if __name__ == "__main__":
    site, errors = Path(sys.argv[1]).resolve(), []
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--allow-file-access-from-files"])
        page = browser.new_page(viewport=dict(width=390, height=844))
        page.on("pageerror", lambda error: "katex" in str(error) or errors.append(str(error)))  # formulas need a network
        page.goto((site / "lab" / "live.html").as_uri())
        operate(page, errors)
        page.goto((site / "index.html").as_uri())
        page.get_by_role("button", name="Let it write").click()
        page.wait_for_function("document.querySelector('.tiny-gpt textarea').value.length > 40", timeout=60_000)
        assert not errors, errors
        browser.close()
    print("the GPT in the page was operated: typing, attention, keyboard, sliders, writing")
