"""The list of pages, read from the notebooks' names and title cells; everything that lists pages is made from it.

Run as a program, it writes `nbs/sidebar.yml` and the table of pages in `nbs/index.ipynb`.
"""

import re
from pathlib import Path
from typing import NamedTuple

import nbformat

NBS = Path(__file__).resolve().parent.parent / "nbs"
PARTS = {"0": "The model", "1": "Text", "2": "Training", "3": "Experiments", "4": "Using models",
         "5": "Speed", "6": "Trust", "9": "Reference"}  # by the first digit of a page's number
TABLE = re.compile(r"(<!-- pages -->\n).*?(\n?<!-- end of pages -->)", re.S)


class Page(NamedTuple):
    """What the site and the home page say about a notebook."""

    file: str
    number: str  # two digits
    module: str | None  # that it exports
    title: str  # its H1
    line: str  # the quoted line below
    path: bool  # whether a learner reads it
    minutes: int | None  # reading time, if it is on the path


def pages() -> list[Page]:
    """Return the pages in the order of their numbers."""
    found = []
    for path in sorted(NBS.glob("[0-9]*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        source = "\n".join(cell.source for cell in cells)
        module = re.search(r"^#\| *default_exp ([\w.]+)", source, re.M)
        title = next(cell.source for cell in cells if cell.source.startswith("# "))
        star = re.search(r"^\*★ on the path · about (\d+) minutes\*$", source, re.M)
        heading, *lines = title.splitlines()
        quote = " ".join(line[1:].strip() for line in lines if line.startswith(">"))
        found.append(Page(path.name, path.name[:2], module and module.group(1), heading[2:].strip(),
                          quote, bool(star), int(star.group(1)) if star else None))
    return found


def sidebar(listed: list[Page]) -> str:
    """Return the content of `sidebar.yml`."""
    lines = ["# Made by .ci/pages.py from the names of the notebooks.", "website:", "  sidebar:",
             "    contents:", "      - text: Home", "        href: index.ipynb"]
    part = None
    for page in listed:
        if PARTS[page.number[0]] != part:
            part = PARTS[page.number[0]]
            lines += [f"      - section: {part}", "        contents:"]
        star = "★ " if page.path else ""
        lines += [f'          - text: "{star}{page.title}"', f"            href: {page.file}"]
    return "\n".join(lines) + "\n"


def table(listed: list[Page]) -> str:
    """Return the table of the home page, in markdown."""
    lines, part = [], None
    for page in listed:
        if PARTS[page.number[0]] != part:
            part = PARTS[page.number[0]]
            lines += ["", f"**{part}**", "", "| page | module | what it is about |", "|:--|:--|:--|"]
        star = "★ " if page.path else ""
        time = f" ({page.minutes} min)" if page.minutes else ""
        module = f"`mingpt_nb.{page.module}`" if page.module else ""
        lines.append(f"| {star}[{page.title}]({page.file}){time} | {module} | {page.line} |")
    return "\n".join(lines[1:])


if __name__ == "__main__":
    listed = pages()
    (NBS / "sidebar.yml").write_text(sidebar(listed), encoding="utf-8", newline="\n")
    index = nbformat.read(NBS / "index.ipynb", as_version=4)
    for cell in index.cells:
        if TABLE.search(cell.source):
            cell.source = TABLE.sub(lambda m: m.group(1) + table(listed) + m.group(2), cell.source)
    text = nbformat.writes(index)  # as nbdev writes notebooks: one space, and a line end
    (NBS / "index.ipynb").write_text(text.rstrip("\n") + "\n", encoding="utf-8", newline="\n")
