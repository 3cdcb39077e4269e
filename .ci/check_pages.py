"""Check that the notebooks are fit to show: names, text, code, outputs, and the links between them; needs no Quarto.

Prints what isn't, one line each, and exits with 1.
"""

import ast, re, sys
from urllib.parse import unquote

import nbformat
import yaml
from pages import NBS, notebooks, pages

MAX_BYTES, MAX_LINES = 300 * 1024, 60  # of a notebook, and of one text output
EXPORTED, VISIBLE, OUTPUT = 100, 96, 92  # characters of a line: exported code, other code that is shown unasked, what it prints
WHOLE = 160  # lines of an exported cell: a class stands in one, and does little; about 90 is what a reader can take
PATH = re.compile(r"site-packages|\b[A-Za-z]:\\|(?:^|[\s\"'(=])/(?:[\w.-]+/)+[\w.-]+")
FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1", re.M | re.S)


def markdown_faults(cell, _):
    """Yield what is wrong with a cell of text."""
    prose = FENCE.sub("", cell.source)
    if prose.startswith("# ") and any(line and not line.startswith((">", "# ")) for line in prose.splitlines()):
        yield "a title cell holds H1 and quoted line only; the rest would vanish"
    for label in re.findall(r"\[([^\[\]]*`[^\[\]]*)\]\(", prose):
        yield f"backticks inside the link [{label}]: nbdev makes a link of them, too"
    if re.search(r"!\[\s*\]\(|<img(?![^>]*\balt=[\"'][^\"'])", prose):
        yield "a picture without alternative text"
    for url in re.findall(r"(?<![\w(<\"'=`/])https?://[^\s)>`\"']+", re.sub(r"`[^`]*`", "", prose)):
        yield f"a raw address, which is no link: {url}"


def code_faults(cell, exports):
    """Yield what is wrong with a cell of code, or with what it has left; exports tells whether its page exports a module."""
    directives = set(re.findall(r"^#\| *([\w-]+)", cell.source, re.M))
    exported = directives & {"export", "exports", "exporti"}
    for option in re.findall(r"^#\| *([\w-]+: .*)", cell.source, re.M):
        try:
            yaml.safe_load(option)
        except yaml.YAMLError:
            yield f"an option that Quarto can't read as YAML: {option[:50]}"
    if directives >= {"exports", "code-fold"}:
        yield "exports with code-fold, which nbdev adds itself; twice, it stops Quarto"
    if exports and not exported:
        tree = ast.parse(cell.source)
        does = [node for node in tree.body if isinstance(node, (ast.Expr, ast.Assign)) and not isinstance(node.value, ast.Constant)]
        if does and any(isinstance(node, (ast.Import, ast.ImportFrom)) for node in ast.walk(tree)):
            yield "imports beside other code: nbdev executes both when it makes the site"
    lines = [line for line in cell.source.splitlines() if not line.startswith("#|")]
    if exported and len(lines) > WHOLE:
        yield f"an exported cell of {len(lines)} lines; at most {WHOLE}"
    hidden = directives & {"hide", "default_exp"} or re.search(r"^#\| *include: *false", cell.source, re.M)
    widest = EXPORTED if exported else 10_000 if hidden or "code-fold" in directives else VISIBLE
    yield from (f"{len(line)} characters of code; at most {widest}: {line.strip()[:50]!r}" for line in lines
               if len(line) > widest and not line.startswith("from mingpt_nb."))  # these become shorter
    for output in cell.outputs:
        data = output.get("data", {})
        text = output.get("text", "") + "".join(value for kind, value in data.items() if kind.startswith("text/"))
        shown = output.get("text", "") or (data.get("text/plain", "") if set(data) == {"text/plain"} else "")
        found = {"a traceback": output.output_type == "error", "stderr": output.get("name") == "stderr",
                 "a widget": any("widget" in kind for kind in data), "an absolute path": PATH.search(text),
                 "a memory address": re.search(r"\bat 0x[0-9a-fA-F]+", text),
                 f"more than {MAX_LINES} lines": shown.count("\n") > MAX_LINES,
                 f"lines of more than {OUTPUT} characters": not hidden and any(len(line) > OUTPUT for line in shown.splitlines())}
        yield from (f"its output has {what}: {text.strip()[:60]!r}" for what, there in found.items() if there)
        if any(kind.startswith("image/") for kind in data) and not hidden:
            yield from (f"a figure without {name}" for name in {"fig-alt", "fig-cap"} - directives)
    streams = [output.name for output in cell.outputs if output.output_type == "stream"]
    if any(a == b for a, b in zip(streams, streams[1:])):
        yield "one output in several pieces, which tools/execute.py joins"


def anchors(cells):
    """Return the anchors that Quarto gives to the headings of a page."""
    text = FENCE.sub("", "\n".join(cell.source for cell in cells if cell.cell_type == "markdown"))
    given = {a or b for a, b in re.findall(r"\{#([\w-]+)|\bid=[\"']([\w-]+)", text)}
    headings = re.findall(r"^#+ +(.+?)(?: *\{.*\})?$", text, flags=re.M)
    return given | {re.sub(r"[^\w\s.-]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def faults():
    """Yield what is wrong, one line each."""
    read = {path: nbformat.read(path, as_version=4).cells for path in notebooks()}
    names = [page.file.rpartition("/")[2] for page in pages()]
    for page, name in zip(pages(), names):
        if not re.fullmatch(r"\d\d_[a-z0-9_]+\.ipynb", name) or sum(other[:2] == name[:2] for other in names) > 1:
            yield f"{page.file}: a name is two digits, which no other page has, and words"
        if not page.line:
            yield f"{page.file}: no quoted line below the H1"
        if not page.room and not page.minutes:
            yield f"{page.file}: lies on the path, and doesn't say so with its reading time"
    exporting = {page.file for page in pages() if page.module}
    for path, cells in read.items():
        where = path.relative_to(NBS).as_posix()
        if path.stat().st_size > MAX_BYTES:
            yield f"{where}: {path.stat().st_size:,} bytes; at most {MAX_BYTES:,}"
        if not any(cell.get("outputs") for cell in cells):
            yield f"{where}: no outputs: commit it executed"
        for number, cell in enumerate(cells):
            found = {"markdown": markdown_faults, "code": code_faults}.get(cell.cell_type, lambda *_: ())(cell, where in exporting)
            yield from (f"{where}, cell {number}: {fault}" for fault in found)
            if cell.cell_type == "markdown":
                links = re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", cell.source)) + re.findall(r"(?:href|src)=[\"']([^\"']+)", cell.source)
                for link in (link for link in links if not re.match(r"[a-z]+:|//", link, re.I)):
                    file, _, anchor = unquote(link).partition("#")
                    target = (path.parent / file).resolve() if file else path
                    if not target.exists():
                        yield f"{where}, cell {number}: {link} leads nowhere"
                    elif anchor and anchor not in anchors(read.get(target, [])):
                        yield f"{where}, cell {number}: no heading for {link}"


if __name__ == "__main__":
    found = list(faults())
    print("\n".join(found) or "the pages are fit to show")
    sys.exit(bool(found))
