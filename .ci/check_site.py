"""Process every page for the site as nbdev does (Quarto isn't needed) and check the links between pages."""

import re
import sys
from pathlib import Path

import nbformat
import yaml
from nbdev.serve import proc_nbs

root = Path(__file__).resolve().parent.parent


def anchors(path):
    """Return the anchors that Quarto gives to the headings of a page."""
    text = "\n".join(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown")
    headings = re.findall(r"^#+ +(.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), flags=re.M)
    return {re.sub(r"[^\w\s.-]", "", h.strip().lower()).strip().replace(" ", "-") for h in headings}


def broken_links(nbs):
    """Yield each link of a page, the navigation bar or the sidebar that leads nowhere."""
    links = [("_quarto.yml", link) for link in re.findall(r"href: (\S+\.ipynb\S*)", (root / "_quarto.yml").read_text())]
    sidebar = yaml.safe_load((nbs / "sidebar.yml").read_text())["website"]["sidebar"]["contents"]
    listed = set(re.findall(r"[\w.-]+\.ipynb", str(sidebar)))
    links += [("sidebar.yml", page) for page in listed]
    for page in sorted(nbs.glob("*.ipynb")):
        if page.name not in listed:
            yield f"sidebar.yml: {page.name} is missing"
        for cell in nbformat.read(page, as_version=4).cells:
            if cell.cell_type == "markdown":
                links += [(page.name, link) for link in re.findall(r"\]\(([^)\s]+)\)", cell.source)]
    for source, link in links:
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = nbs / (name or source)
        if not target.exists():
            yield f"{source}: {link} leads nowhere"
        elif anchor and anchor not in anchors(target):
            yield f"{source}: {name or 'this page'} has no heading for #{anchor}"


if __name__ == "__main__":
    found = list(broken_links(root / "nbs"))
    print("\n".join(found) or "all links between pages resolve")
    cache = proc_nbs(force=True, n_workers=0)
    pages = sorted(path.name for path in cache.glob("*.ipynb"))
    missing = {path.name for path in (root / "nbs").glob("*.ipynb")} - set(pages)
    print(f"processed for the site: {', '.join(pages)}")
    sys.exit(bool(found or missing))
