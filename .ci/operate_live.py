"""Operate the GPT in a page as a reader does, in headless Chromium: typing, sliders, keys, writing, a missing file.

    python .ci/operate_live.py [FOLDER]     # pages are served from files; FOLDER holds the rendered site, if there is one

Needs the package playwright and a Chromium on the PATH.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

NBS = Path(__file__).resolve().parent.parent / "nbs"
PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>live</title>
<link rel="stylesheet" href="live/live.css">
<div class="tiny-gpt" id="full" data-text="ROMEO:&#10;What light"><img src="live/still.svg" alt=""></div>
<div class="tiny-gpt" id="small" data-size="small"></div>
<script src="live/gpt.js"></script><script src="live/live.js"></script>"""


def operate(browser, page_file):
    """Do what a reader may do, and check what is shown."""
    page, errors = browser.new_page(viewport=dict(width=390, height=844)), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: request.url.startswith("http") and errors.append(f"asks the network for {request.url}"))
    page.goto(page_file.as_uri())
    full = page.locator(".tiny-gpt:not([data-size=small])").first
    full.locator(".bars li").first.wait_for()
    bars, strip, text = full.locator(".bars li"), full.locator(".strip span"), full.locator("textarea")
    assert bars.count() == 10 and full.locator("img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "scrolls sideways on a phone"

    before = bars.all_inner_texts()  # typing changes what is expected
    text.press("End")
    text.press_sequentially(" through y")
    assert strip.count() == len(text.input_value()) and bars.all_inner_texts() != before
    assert any("213, 94, 0" in (span.get_attribute("style") or "") for span in strip.all()), "no surprise is shown"
    blue = [span.get_attribute("style") for span in strip.all()]
    full.locator("select[name=layer]").select_option("1")
    full.locator("select[name=head]").select_option("2")
    assert [span.get_attribute("style") for span in strip.all()] != blue, "another head looks the same"

    full.locator(".strip").focus()  # with the keyboard only
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert "nats of surprise" in full.locator(".said").inner_text()
    chosen = full.locator(".strip .chosen")
    assert chosen.count() == 1 and int(chosen.get_attribute("data-i")) == len(text.input_value()) - 3
    full.locator(".strip span").first.click()
    assert "first character" in full.locator(".said").inner_text()

    percent = lambda: float(bars.first.locator(".percent").inner_text().split()[0])
    plain = percent()
    full.locator("input[name=temperature]").fill("0")
    assert percent() == 100 and plain < 100, "temperature 0 takes the likeliest"
    full.locator("input[name=temperature]").fill("1")
    full.locator("input[name=topK]").fill("1")
    assert percent() == 100
    full.locator("input[name=topK]").fill("0")
    full.locator("input[name=topP]").fill("0.1")
    assert add_up(bars)

    text.fill("é")  # a character that it doesn't know
    assert "not among" in full.locator(".said").inner_text() and text.input_value() == ""
    text.fill("First Citi")
    write = full.get_by_role("button", name="Let it write")
    write.click()  # writes past its context of 128 characters, and stops by itself
    full.get_by_role("button", name="Let it write").wait_for(timeout=120_000)
    assert len(text.input_value()) == len("First Citi") + 300, len(text.input_value())
    assert full.locator(".forgotten").count() > 100
    full.get_by_role("button", name="Clear").click()
    assert text.input_value() == "" and bars.count() == 0

    small = page.locator("[data-size=small]")
    if small.count():
        small.get_by_role("button", name="Let it write").click()
        page.wait_for_function("document.querySelector('[data-size=small] textarea').value.length > 40", timeout=60_000)
        small.get_by_role("button", name="Stop").click()
        assert "stopped" in small.locator(".said").inner_text()
    errors = [error for error in errors if "katex" not in error]  # the site's formulas, which a test without a network lacks
    assert not errors, errors
    page.close()


def add_up(bars):
    """Tell whether the bars that are left add up to everything."""
    found = [float(text.split()[0].lstrip("<")) for text in bars.locator(".percent").all_inner_texts()]
    return abs(sum(found) - 100) < 1


def without_weights(browser, folder):
    """See what is said when a file is missing."""
    (folder / "live" / "weights.js").unlink()
    page = browser.new_page()
    page.goto((folder / "page.html").as_uri())
    page.locator("#full .said", has_text="can't be loaded").wait_for()
    page.close()


if __name__ == "__main__":
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(NBS / "live", folder / "live")
        (folder / "page.html").write_text(PAGE, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--allow-file-access-from-files"])
        operate(browser, folder / "page.html")
        if len(sys.argv) > 1:
            operate(browser, Path(sys.argv[1]).resolve() / "live.html")
        without_weights(browser, folder)
        browser.close()
    print("the GPT in the page was operated: typing, attention, keyboard, sliders, writing, a missing file")
