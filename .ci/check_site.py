"""Check the rendered site: `python .ci/check_site.py SITE LOG`, where LOG holds what was said while it was made.

Each link and each picture leads to something that is there, also from a name in backticks; nothing was left as raw markdown.
"""

import re, sys
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup
from pages import NBS, notebooks

RAW_LINK = re.compile(r"\]\((?:https?:|[\w./-]*\.(?:html|ipynb))")


def faults(site, url):
    """Yield what is wrong, one line each; the site's own links may begin with its url."""
    read = {path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in sorted(site.rglob("*.html"))
            if "site_libs" not in path.parts}
    ids = {path: {tag.get("id") or tag.get("name") for tag in soup.select("[id], a[name]")} for path, soup in read.items()}
    for notebook in notebooks():
        page = site / notebook.relative_to(NBS).parent / (re.sub(r"^\d+_", "", notebook.stem) + ".html")
        if page not in read:
            yield f"{notebook.name} has no page"
    for path, soup in read.items():
        where = path.relative_to(site).as_posix()
        for tag in soup.select("a, img, script, link, source"):
            link = tag.get("href") or tag.get("src") or ""
            base = path.parent
            if (link + "/").startswith(url + "/"):
                link, base = link[len(url) + 1 :] or "index.html", site
            elif link.startswith("/" + url.rpartition("/")[2] + "/"):  # on the page for lost addresses
                link, base = link.split("/", 2)[2] or "index.html", site
            elif name := re.match(r"https?://[\w.]*fast\.ai/[\w/]*\.html#(\w+)$", link):
                yield f"{where}: `{tag.text}` leads to {name[0]}, another library" if tag.code else ""
                continue
            elif not link or re.match(r"[a-z]+:|//", link, re.I):
                continue
            file, _, anchor = unquote(link).partition("#")
            target = (base / file.partition("?")[0]).resolve() if file else path
            if not target.exists():
                yield f"{where}: {link} leads nowhere"
            elif target.suffix == ".ipynb" and not tag.has_attr("download"):
                yield f"{where}: {link} is a notebook, not a page"
            elif anchor and target in read and anchor not in ids[target]:
                yield f"{where}: nothing named {link}"
        for image in soup.select("img"):
            if not (image.get("alt") or "").strip():
                yield f"{where}: a picture without alternative text: {image.get('src', '')[:60]}"
        for code in soup.select("script, style"):
            code.decompose()
        text = (soup.find("main") or soup).get_text()
        yield from (f"{where}: raw markdown: {text[max(0, raw.start() - 30) : raw.end() + 10]!r}" for raw in RAW_LINK.finditer(text))


if __name__ == "__main__":
    url = re.search(r'site-url: "(.*)"', (NBS / "nbdev.yml").read_text(encoding="utf-8"))[1]
    log = re.sub(r"\x1b\[[\d;]*m", "", Path(sys.argv[2]).read_text(encoding="utf-8"))
    found = [f"said while rendering: {line}" for line in log.splitlines()
             if re.search(r"\b(WARN(ING)?|ERROR)\b|Unable to resolve", line)]
    found += filter(None, faults(Path(sys.argv[1]).resolve(), url))
    print("\n".join(dict.fromkeys(found)) or "the site is fit to show")
    sys.exit(bool(found))
