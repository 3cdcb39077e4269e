"""Do to the rendered pages what Quarto has no setting for; Quarto runs this when it is done.

Where a page shows the source of a function or class, nbdev's own signature and docstring above it are taken out:
the source says both. Each page gets a link to its notebook as it is in the repository. A picture's caption is its alternative text, unless
it has another one, and what other sites show beside a link is never an SVG, which they can't. The scripts in nbs/live are put
beside the pages, which find them as `live/` or `../live/`. RequireJS and jQuery, which Quarto has pages with an HTML output
load from another host, are taken out, since nothing here uses them.
"""

import os, re, shutil
from pathlib import Path

from bs4 import BeautifulSoup
from pages import NBS, notebooks

LINK = ('<li><a href="{}" download class="toc-action"><i class="bi bi-download"></i>'
        "Download notebook</a></li>")
LOADERS = re.compile(r"<script [^>]*(?:require|jquery)\.min\.js[^>]*></script>\n?"
                     r"|<script [^>]*>define\('jquery'.*?</script>\n?")

FIGURE = re.compile(r'<img (?![^>]*\balt=)([^>]*>(?:</a>)?\s*</p>\s*<figcaption[^>]*>(.*?)</figcaption>)', re.S)


def with_text(figure):
    """Return a figure whose picture has its caption as alternative text."""
    caption = re.sub(r"<[^>]*>|\s+", " ", figure[2]).strip().replace('"', "&quot;")
    return f'<img alt="{caption}" {figure[1]}'


def say_once(text):
    """Return a page without the signatures of what it shows the source of; headings and anchors stay."""
    page = BeautifulSoup(text, "html.parser")
    for fold in page.select("details.code-fold[open]"):
        if fold.summary is None or fold.summary.text.strip() != "Exported source":
            continue
        names = {name.lower() for name in re.findall(r"^(?:class|def) (\w+)", fold.pre.text, re.M)}
        cell = fold.find_parent("div", class_="cell")
        section = cell.parent
        while section is not None and section.get("id") in names:
            heading = section.find(re.compile("h[2-6]"), recursive=False)
            for between in list(heading.next_siblings):
                if between is cell:
                    break
                between.extract()
            if cell not in section.contents:  # of several in one cell, the last one's heading is enough
                heading.extract()
            before = section.find_previous_sibling()
            while before is not None and before.name in ("hr", "p") and (before.name == "hr" or before.text == "source"):
                if cell not in section.contents:
                    before, gone = before.find_previous_sibling(), before
                    gone.extract()
                else:
                    before = before.find_previous_sibling()
            section = before if before is not None and before.name == "section" else None
        fold.summary.extract()
        fold.unwrap()
    return str(page)


site = Path(os.environ["QUARTO_PROJECT_OUTPUT_DIR"])
url = re.search(r'site-url: "(.*)"', (NBS / "nbdev.yml").read_text(encoding="utf-8"))[1]
shutil.copytree(NBS / "live", site / "live", dirs_exist_ok=True)
for notebook in notebooks():
    folder = site / notebook.relative_to(NBS).parent
    page = folder / (re.sub(r"^\d+_", "", notebook.stem) + ".html")  # as nbdev names it
    if page.exists():
        text = LOADERS.sub("", page.read_text(encoding="utf-8"))
        text = FIGURE.sub(with_text, text)
        text = re.sub(r'(<meta [^>]*:image" content=")[^"]*\.svg"', rf'\1{url}/pictures/og.png"', text)
        text = re.sub(r'(<div class="toc-actions[^>]*><ul>)', rf"\1{LINK.format(notebook.name)}", text)
        page.write_text(say_once(text), encoding="utf-8", newline="\n")
        shutil.copy(notebook, folder)
