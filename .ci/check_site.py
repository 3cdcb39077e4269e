"""Check that the pages are fit for the site; print what isn't, and exit with 1.

    python .ci/check_site.py              the notebooks and the links between them; needs no Quarto
    python .ci/check_site.py SITE LOG     the rendered site, and what was said while it was made

`test_check_site.py` has an example of each fault.
"""

import ast
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import unquote

import mistune
import nbformat
import yaml
from bs4 import BeautifulSoup
from nbdev.serve import proc_nbs

ROOT = Path(__file__).resolve().parent.parent
EXPORTED, VISIBLE, OUTPUT = 100, 96, 92  # characters of a line: exported code, other code that is shown, what it prints
RAW_LINK = re.compile(r"\]\((?:https?:|[\w./-]*\.(?:html|ipynb))")
FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1", re.M | re.S)
SCHEME = re.compile(r"[a-z]+:|//", re.I)
markdown = mistune.create_markdown(escape=False, plugins=["table", "math", "strikethrough"])


def markdown_faults(source):
    """Yield what is wrong with a cell of text."""
    prose = FENCE.sub("", source)
    if prose.startswith("# ") and any(line and not line.startswith((">", "# ")) for line in prose.splitlines()):
        yield "a title cell holds H1 and quoted line only; the rest would vanish"
    for label in re.findall(r"\[([^\[\]]*`[^\[\]]*)\]\(", prose):
        yield f"backticks inside the link [{label}]: nbdev makes a link of them, too"
    if re.search(r"!\[\s*\]\(|<img(?![^>]*\balt=[\"'][^\"'])", prose):
        yield "a picture without alternative text"
    for url in re.findall(r"(?<![\w(<\"'=`/])https?://[^\s)>`\"']+", re.sub(r"`[^`]*`", "", prose)):
        yield f"a raw address, which is no link: {url}"


def code_faults(cell, known, exports):
    """Yield what is wrong with a cell; known are the names of the package, exports tells whether the page has some."""
    directives = set(re.findall(r"^#\| *([\w-]+)", cell.source, re.M))
    if exports and not directives & {"export", "exports", "exporti"}:
        tree = list(ast.walk(ast.parse(cell.source)))
        does = [node for node in tree if isinstance(node, (ast.Expr, ast.Assign)) and not isinstance(node.value, ast.Constant)]
        if does and any(isinstance(node, (ast.Import, ast.ImportFrom)) for node in tree):
            yield "imports beside other code: nbdev executes both when it makes the site"
    if directives >= {"exports", "code-fold"}:
        yield "exports with code-fold, which nbdev adds itself; twice, it stops Quarto"
    for option in re.findall(r"^#\| *([\w-]+: .*)", cell.source, re.M):
        try:
            yaml.safe_load(option)
        except yaml.YAMLError:
            yield f"an option that Quarto can't read as YAML: {option[:50]}"
    if directives & {"hide", "default_exp"} or re.search(r"^#\| *include: *false", cell.source, re.M):
        return
    widest = EXPORTED if directives & {"export", "exports", "exporti"} else VISIBLE
    for line in cell.source.splitlines():
        if line.startswith("#|"):
            continue
        if len(line) > widest:
            yield f"a line of {len(line)} characters of code; at most {widest}: {line.strip()[:50]!r}"
        if re.search(r"#.*\]\(https?:", line):
            yield f"a raw link in a comment: {line.strip()[:50]!r}"
        for name in re.findall(r"`([\w.]+)`", line.partition("  # ")[2]) if directives & {"export", "exports"} else ():
            if name in known:
                yield f"a comment with {name} in backticks, of which nbdev makes a raw link"
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        shown = output.get("text", "") or (data.get("text/plain", "") if set(data) == {"text/plain"} else "")
        wide = [line for line in shown.splitlines() if len(line) > OUTPUT]
        if wide:
            yield f"{len(wide)} lines of output, of up to {max(map(len, wide))} characters; at most {OUTPUT}"
        if any(kind.startswith("image/") for kind in data):
            for name in {"fig-alt", "fig-cap"} - directives:
                yield f"a figure without {name}"


def anchors(cells):
    """Return the anchors that Quarto gives to the headings of a page."""
    text = FENCE.sub("", "\n".join(cell.source for cell in cells if cell.cell_type == "markdown"))
    given = set(re.findall(r"\{#([\w-]+)|\bid=[\"']([\w-]+)", text))
    headings = re.findall(r"^#+ +(.+?)(?: *\{.*\})?$", text, flags=re.M)
    made = {re.sub(r"[^\w\s.-]", "", h.strip().lower()).strip().replace(" ", "-") for h in headings}
    return made | {a or b for a, b in given}


def notebook_faults(nbs):
    """Yield what is wrong with the notebooks of a folder, and each link that leads nowhere."""
    pages = {path.name: nbformat.read(path, as_version=4).cells for path in sorted(nbs.glob("*.ipynb"))}
    exported = {name: "\n".join(cell.source for cell in cells if re.search(r"^#\| *exports?\b", cell.source, re.M))
                for name, cells in pages.items()}
    known = set(re.findall(r"^(?:class|def) (\w+)", "\n".join(exported.values()), re.M))
    links = []
    for name, cells in pages.items():
        for number, cell in enumerate(cells):
            text = cell.cell_type == "markdown"
            if cell.cell_type == "raw":
                continue
            found = markdown_faults(cell.source) if text else code_faults(cell, known, bool(exported[name]))
            yield from (f"{name}, cell {number}: {fault}" for fault in found)
            if text:
                links += [(name, link) for link in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", cell.source))]
                links += [(name, link) for link in re.findall(r"(?:href|src)=[\"']([^\"']+)", cell.source)]
    for file in ("_quarto.yml", "sidebar.yml"):
        found = re.findall(r"href: (\S+\.ipynb\S*)", (nbs / file).read_text(encoding="utf-8"))
        links += [(file, link) for link in found]
        if file == "sidebar.yml":
            for name in pages.keys() - {link.partition("#")[0] for link in found}:
                yield f"{file}: {name} is missing"
    for source, link in links:
        name, _, anchor = link.partition("#")
        if SCHEME.match(link):
            continue
        if not (nbs / (name or source)).exists():
            yield f"{source}: {link} leads nowhere"
        elif anchor and anchor not in anchors(pages.get(name or source, [])):
            yield f"{source}: {name or 'this page'} has no heading for #{anchor}"


def words(soup):
    """Return the words of a page, without formulas."""
    for element in soup.select("script, style, .math, .katex"):
        element.decompose()
    for image in soup.select("img"):  # alone in a paragraph it is a figure, with its text as caption
        alone = image.parent.name == "p" and not image.parent.get_text(strip=True) and "class" not in image.attrs
        image.replace_with(f" {image.get('alt', '')} " if alone else " ")
    return re.findall(r"[^\W_]+", soup.get_text(" "))


def lost_text(cells, shown, window=4):
    """Yield the start of what stands in a cell of text, and not among the words of its page."""
    page = f" {' '.join(shown)} "
    for number, cell in enumerate(cells):
        if cell.cell_type == "markdown":
            html = BeautifulSoup(markdown(re.sub(r"\{(?:[.#]|[\w-]+=)[^}\n]*\}|^:::.*$", "", cell.source, flags=re.M)), "html.parser")
            its = words(html)
            for i in range(max(1, len(its) - window + 1)):
                if its and f" {' '.join(its[i : i + window])} " not in page:
                    yield f"cell {number}: not on the page: {' '.join(its[i : i + 8])!r}"
                    break


def html_faults(site, nbs, root_url):
    """Yield what is wrong with the pages of a rendered site."""
    pages = {path.relative_to(site).as_posix(): BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
             for path in sorted(site.rglob("*.html")) if "site_libs" not in path.parts}
    ids = {name: {tag.get("id") or tag.get("name") for tag in soup.find_all(id=True) + soup.find_all("a", attrs={"name": True})}
           for name, soup in pages.items()}
    sources = {re.sub(r"^\d+_", "", path.stem) + ".html": path for path in sorted(nbs.glob("*.ipynb"))}  # as nbdev names them
    yield from (f"{path.name} has no page" for name, path in sources.items() if name not in pages)
    for name, soup in pages.items():
        for tag in soup.find_all(["a", "img", "script", "link", "source"]):
            given = tag.get("href") or tag.get("src") or ""
            if root_url and given.startswith(root_url):
                link = given.removeprefix(root_url).lstrip("/") or "index.html"
                base = Path()
            elif not given or SCHEME.match(given) or given.startswith("/"):
                continue
            else:
                link, base = given, Path(name).parent
            path, _, anchor = unquote(link).partition("#")
            path = path.partition("?")[0]
            target = (base / path).as_posix() if path else name
            if not (site / target).exists():
                yield f"{name}: {given} leads nowhere"
            elif path.endswith(".ipynb") and not tag.has_attr("download"):
                yield f"{name}: {given} is a notebook, not a page"
            elif anchor and target in pages and anchor not in ids[target]:
                yield f"{name}: {target} has nothing named #{anchor}"
        for image in soup.find_all("img"):
            if not (image.get("alt") or "").strip():
                yield f"{name}: a picture without alternative text: {image.get('src', '')[:60]}"
        body = soup.find("main") or soup
        for code in soup.select("script, style"):
            code.decompose()
        for found in RAW_LINK.finditer(body.get_text()):
            yield f"{name}: raw markdown: {body.get_text()[max(0, found.start() - 30):found.end() + 10]!r}"
        if name in sources:
            cells = nbformat.read(sources[name], as_version=4).cells
            yield from (f"{name}, {fault}" for fault in lost_text(cells, words(body)))


def log_faults(log):
    """Yield the warnings and errors in what Quarto said."""
    for line in re.sub(r"\x1b\[[\d;]*m", "", log).splitlines():
        if re.search(r"\b(WARN(ING)?|ERROR)\b|Unable to resolve", line):
            yield f"said while rendering: {line.strip()}"


if __name__ == "__main__":
    if len(sys.argv) == 3:
        url = yaml.safe_load((ROOT / "nbs" / "nbdev.yml").read_text(encoding="utf-8"))["website"]["site-url"]
        found = [*html_faults(Path(sys.argv[1]), ROOT / "nbs", url), *log_faults(Path(sys.argv[2]).read_text(encoding="utf-8"))]
    else:
        found = list(notebook_faults(ROOT / "nbs"))
        if not shutil.which("quarto"):  # otherwise the site is rendered, and each page looked for
            made = {path.name for path in proc_nbs(force=True, n_workers=0).iterdir()}
            found += [f"{path.name} isn't processed for the site" for path in (ROOT / "nbs").glob("*.ipynb") if path.name not in made]
    print("\n".join(found) or "the pages are fit for the site")
    sys.exit(bool(found))
