"""Check names, order and shape of the pages; print what is wrong and exit with 1."""

import re
import sys

import nbformat
from pages import NBS, PARTS, TABLE, pages, sidebar, table

MAX_LINES = 60  # of an exported cell
MAX_WORDS, MAX_PATH_WORDS = 1300, 11_000  # of prose on a page of the path, and on all of them
MAX_WIDTH = 100  # characters of a line of exported code
UNREAD = re.compile(r"<details.*?</details>|<svg.*?</svg>|<[^>]+>|```.*?```|\]\([^)]*\)|\$[^$]*\$", re.S)


def faults():
    """Yield what is wrong, one line each."""
    listed, words_of_path = pages(), 0
    numbers = [page.number for page in listed]
    for page in listed:
        if not re.fullmatch(r"\d\d_[a-z0-9_]+\.ipynb", page.file) or page.number[0] not in PARTS:
            yield f"{page.file}: a name is two digits, of which the first is a part, and words"
        if numbers.count(page.number) > 1:
            yield f"{page.file}: another page has this number"
        if not page.line:
            yield f"{page.file}: no quoted line below the H1"
    if (NBS / "sidebar.yml").read_text(encoding="utf-8") != sidebar(listed):
        yield "sidebar.yml isn't what .ci/pages.py makes"
    index = "\n".join(cell.source for cell in nbformat.read(NBS / "index.ipynb", as_version=4).cells)
    found = TABLE.search(index)
    if not found or table(listed) not in found.group():
        yield "index.ipynb: the table of pages isn't what .ci/pages.py makes"
    if table(listed).replace("](", "](nbs/") not in (NBS.parent / "README.md").read_text("utf-8"):
        yield "README.md: the table of pages isn't that of index.ipynb"
    for page in listed:
        cells = nbformat.read(NBS / page.file, as_version=4).cells
        prose = 0
        for number, cell in enumerate(cells):
            lines = [line for line in cell.source.splitlines() if not line.startswith("#|")]
            where = f"{page.file}, cell {number}"
            if cell.cell_type == "markdown":
                text = UNREAD.sub(" ", cell.source)
                prose += len(re.findall(r"[\w'’-]*[A-Za-z][\w'’-]*", text))
                if cell.source.startswith("# ") and any(
                        line and not line.startswith((">", "# ")) for line in lines):
                    yield f"{where}: a title cell holds H1 and quoted line only"
            elif re.match(r"#\| *exports?\b", cell.source) and len(lines) > MAX_LINES:
                yield f"{where}: an exported cell of {len(lines)} lines; at most {MAX_LINES}"
            if re.match(r"#\| *exports?\b", cell.source):
                wide = [line for line in lines if len(line) > MAX_WIDTH and "fig-" not in line]
                if wide:
                    yield f"{where}: a line of {len(wide[0])} characters: {wide[0][:60]!r}"
        if page.path:
            words_of_path += prose
            if prose > MAX_WORDS:
                yield f"{page.file}: {prose} words of prose; at most {MAX_WORDS} on the path"
    if words_of_path > MAX_PATH_WORDS:
        yield f"the path has {words_of_path} words of prose; at most {MAX_PATH_WORDS}"


if __name__ == "__main__":
    found = list(faults())
    print("\n".join(found) or "names, order and shape of the pages are as they should be")
    sys.exit(bool(found))
