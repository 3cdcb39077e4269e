"""Do to the rendered pages what Quarto has no setting for; Quarto runs this when it is done.

Each page gets a link to its notebook as it is in the repository. A picture's caption is its alternative text, unless
it has another one, and what other sites show beside a link is never an SVG, which they can't. The scripts in nbs/live are put beside the pages
(nbdev hands Quarto only the files directly in nbs). RequireJS and jQuery, which Quarto has pages with an HTML output
load from another host, are taken out, since nothing here uses them.
"""

import os
import re
import shutil
from pathlib import Path

LINK = ('<li><a href="{}" download class="toc-action"><i class="bi bi-download"></i>'
        "Download notebook</a></li>")
LOADERS = re.compile(r"<script [^>]*(?:require|jquery)\.min\.js[^>]*></script>\n?"
                     r"|<script [^>]*>define\('jquery'.*?</script>\n?")

FIGURE = re.compile(r'<img (?![^>]*\balt=)([^>]*>(?:</a>)?\s*</p>\s*<figcaption[^>]*>(.*?)</figcaption>)', re.S)


def with_text(figure):
    """Return a figure whose picture has its caption as alternative text."""
    caption = re.sub(r"<[^>]*>|\s+", " ", figure[2]).strip().replace('"', "&quot;")
    return f'<img alt="{caption}" {figure[1]}'


site, nbs = Path(os.environ["QUARTO_PROJECT_OUTPUT_DIR"]), Path(__file__).resolve().parent.parent / "nbs"
url = re.search(r'site-url: "(.*)"', (nbs / "nbdev.yml").read_text(encoding="utf-8"))[1]
if (nbs / "live").exists():
    shutil.copytree(nbs / "live", site / "live", dirs_exist_ok=True)
for notebook in nbs.glob("*.ipynb"):
    page = site / (re.sub(r"^\d+_", "", notebook.stem) + ".html")  # as nbdev names it
    if page.exists():
        text = LOADERS.sub("", page.read_text(encoding="utf-8"))
        text = FIGURE.sub(with_text, text)
        text = re.sub(r'(<meta [^>]*:image" content=")[^"]*\.svg"', rf'\1{url}/og.png"', text)
        text = re.sub(r'(<div class="toc-actions[^>]*><ul>)', rf"\1{LINK.format(notebook.name)}", text)
        page.write_text(text, encoding="utf-8", newline="\n")
        shutil.copy(notebook, site / notebook.name)
