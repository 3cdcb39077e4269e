"""Operate the window of `mingpt-nb serve` in headless Chromium: `python tools/smoke_window.py`; .ci/run does, too.

Needs the package playwright and a Chromium on the PATH.
"""

import shutil, subprocess, sys, tempfile

from mingpt_nb.bpe import get_encoder
from mingpt_nb.core.config import GPTConfig
from mingpt_nb.model import GPT
from playwright.sync_api import sync_playwright


def look(page, address, errors):
    """Type, choose, branch, stop, chat and reload; a random model has something to say, too."""
    page.goto(address)
    page.locator("#text").press_sequentially("A torn \U0001fae8 here")
    page.locator("#strip .torn").first.wait_for()
    page.locator("#strip").focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_text("nats of surprise").wait_for()
    page.locator("#bars button").nth(3).click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Write on", exact=True).wait_for()
    assert page.locator("#text").input_value().startswith("A torn \U0001fae8") and page.locator("#bars li").count() == 10
    page.locator("#to-chat").click()
    page.locator("#question").fill("Hello")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Send").wait_for(timeout=60_000)
    page.locator("#tokens").click()
    page.locator("#strip .special").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "scrolls sideways on a phone"
    page.reload()
    page.locator("#bars li").first.wait_for()
    assert not errors, errors


if __name__ == "__main__":
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser, errors = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"]), []
        page = browser.new_page(viewport=dict(width=390, height=844))
        page.on("pageerror", lambda error: errors.append(str(error)))
        GPT(GPTConfig(n_layer=2, n_head=2, n_embd=32, vocab_size=50257, block_size=64)).save_pretrained(folder, get_encoder())
        words = [sys.executable, "-m", "mingpt_nb", "serve", "--model", folder, "--template", "dialogpt", "--port", "0"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
            look(page, server.stdout.readline().split()[1], errors)
            server.terminate()
        browser.close()
    print("the window was operated: typing, tokens, keyboard, branching, stop, chat, reload")
