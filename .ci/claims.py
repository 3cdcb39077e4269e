"""What the pages claim and where it is proved, read from marks; every figure of the home page needs one.

A mark is a comment, right after the directives of a cell that tests and isn't exported:

    # claim: logits are those of transformers | oracle: transformers
    # claim: the first command trains 0.8 million parameters | oracle: count | home: "0.8 million parameters"

Lines that go on begin with three blanks. The oracle is what the cell compares with; a library must be used on the page.
`home` quotes what the home page says because of this cell, and the cell's code has to contain each number in it.
It isn't a directive (`#|`), as Quarto would read what follows as YAML.

    python .ci/claims.py                         check all marks, and the figures of home page and README
    python .ci/claims.py --write                 write the table into nbs/61_trust.ipynb, if it has changed
    python .ci/claims.py --run [--slow] PAGE ... test pages (default: all with marks), and note when, and with which versions
    python .ci/claims.py --passed [PAGE ...]     only note it, after nbdev_test has passed
"""

import argparse
import ast
import csv
import hashlib
import platform
import re
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import nbformat

NBS = Path(__file__).resolve().parent.parent / "nbs"
RUNS = NBS / "results" / "claims.csv"
TABLE = re.compile(r"(<!-- claims -->\n).*?(\n<!-- end of claims -->)", re.S)
MARK = re.compile(r"# claim: (?P<text>[^|\n]+) \| oracle: (?P<oracle>[^|\n]+?)(?: \| home: (?P<home>\"[^|\n]+\"))?$")
FLAGS = re.compile(r"^#\| *(slow|net|cuda)\b", re.M)
ASSERTS = re.compile(r"\bassert |\btest_\w+\(|\bassert_\w+\(|\bclose\(|raise AssertionError")
LIBRARIES = "torch", "transformers", "tiktoken", "tokenizers", "peft", "safetensors", "regex", "numpy"
WORDS = ("two three four five six seven eight nine ten eleven twelve twenty sixty hundred thousand half quarter third "
         "fifth dozen").split()
FIGURE = re.compile(rf"(?<![\w.-])\d[\d,]*(?:\.\d+)?%?(?![\w-])|\b(?:{'|'.join(WORDS)})\b", re.I)
UNSAID = [r"^```.*?^```", r"^#+ [^\n]*$", r"<!-- pages -->.*?<!-- end of pages -->", r"`[^`\n]*`", r"\]\([^)]*\)", r"\bGPT-\d\b"]


class Claim(NamedTuple):
    """A marked cell."""

    page: str  # file name
    cell: int
    heading: str  # above the cell
    text: str
    oracle: str
    home: list[str]  # what the home page says because of it
    flags: str  # slow, net, cuda, or nothing
    code: str  # of the cell


def read(path):
    """Return the cells of a page."""
    return nbformat.read(path, as_version=4).cells


def code_of(cells):
    """Return a page's code, whatever its line breaks and comments are."""
    return "\n".join(ast.unparse(ast.parse(cell.source)) for cell in cells if cell.cell_type == "code")


def claims(nbs=NBS, faults=None):
    """Return all claims of the pages in a folder; what is wrong with marks is appended to faults."""
    found, faults = [], [] if faults is None else faults
    for path in sorted(nbs.glob("*.ipynb"), key=lambda path: (path.name != "index.ipynb", path.name)):
        heading, cells = "", read(path)
        used = code_of(cells)
        for number, cell in enumerate(cells):
            if cell.cell_type == "markdown":
                prose = re.sub(r"^```.*?^```", "", cell.source, flags=re.M | re.S)
                heading = (re.findall(r"^#+ +(.+?)(?: *\{.*\})?$", prose, re.M) or [heading])[-1]
            if cell.cell_type != "code" or not re.search(r"^# *claim\b", cell.source, re.M):
                continue
            body = re.sub(r"\A(#\|.*\n)*", "", cell.source)
            mark = MARK.match(re.sub(r"\n#   +", " ", body).split("\n")[0])
            code = ast.unparse(ast.parse(body))
            where = f"{path.name}, cell {number}"
            if not mark or len(re.findall(r"^# *claim\b", body, re.M)) > 1:
                faults.append(f"{where}: a mark is one '# claim: … | oracle: …' right after the directives")
                continue
            if re.match(r"(#\|.*\n)*#\| *exports?i?\b", cell.source):
                faults.append(f"{where}: a mark in an exported cell would stand in the module")
            elif not ASSERTS.search(code):
                faults.append(f"{where}: a claim that nothing asserts")
            home = re.findall(r'"([^"]+)"', mark["home"] or "")
            numbers = set(map(float, re.findall(r"\d+(?:\.\d+)?", code.replace("_", ""))))
            for said in (figure.group() for quote in home for figure in FIGURE.finditer(quote)):
                if said[0].isdigit() and float(said.strip("%").replace(",", "")) not in numbers:
                    faults.append(f"{where}: the home page says {said}, which isn't in the cell")
            library = re.match(r"\w+", mark["oracle"]).group()
            if library in LIBRARIES and library not in used:
                faults.append(f"{where}: {library} isn't used on this page")
            flags = " ".join(FLAGS.findall(cell.source))
            found.append(Claim(path.name, number, heading, mark["text"], mark["oracle"], home, flags, code))
    return found


def uncovered(text, quotes):
    """Yield what a text says in figures that no quote covers, with a few words around it."""
    for pattern in UNSAID:
        text = re.sub(pattern, "", text, flags=re.M | re.S)
    text = re.sub(r"<[^>]*?\balt=\"([^\"]*)\"[^>]*>|<[^>]+>", r" \1 ", text)
    spans = [match.span() for quote in quotes for match in re.finditer(re.escape(quote), text)]
    for figure in FIGURE.finditer(text):
        if not any(start <= figure.start() and figure.end() <= end for start, end in spans):
            yield " ".join(text[max(0, figure.start() - 30) : figure.end() + 30].split())


def check(nbs=NBS, readme=NBS.parent / "README.md"):
    """Return what is wrong, one line each."""
    faults = []
    found = claims(nbs, faults)
    quotes = [quote for claim in found for quote in claim.home]
    home = "\n\n".join(cell.source for cell in read(nbs / "index.ipynb") if cell.cell_type == "markdown")
    said = readme.read_text(encoding="utf-8")
    for name, text in (("index.ipynb", home), ("README.md", said)):
        faults += [f"{name}: no mark says {around!r}" for around in uncovered(text, quotes)]
    faults += [f"the home page doesn't say {quote!r} any longer" for quote in quotes if quote not in home]
    texts = [claim.text for claim in found]
    return faults + [f"claimed twice: {text}" for text in {text for text in texts if texts.count(text) > 1}]


def last_runs():
    """Return the noted runs, by (page, flags)."""
    rows = csv.DictReader(RUNS.read_text(encoding="utf-8").splitlines()) if RUNS.exists() else ()
    return {(row["page"], row["flags"]): row for row in rows}


def digest(page, nbs=NBS):
    """Return what changes with a page's code."""
    return hashlib.sha256(code_of(read(nbs / page)).encode()).hexdigest()[:12]


def table(found, nbs=NBS):
    """Return the table of claims, in markdown."""
    titles = {page: next(cell.source for cell in read(nbs / page) if cell.source.startswith("# ")).split("\n")[0][2:]
              for page in {claim.page for claim in found}}
    lines = ["| claim | proved in | oracle |", "|:--|:--|:--|"]
    for claim in found:
        anchor = re.sub(r"[^\w\s.-]", "", claim.heading.lower()).strip().replace(" ", "-")
        label, title = claim.heading.replace("`", ""), titles[claim.page]
        where = f"[{title}]({claim.page})" + ("" if label == title else f", [{label}]({claim.page}#{anchor})")
        lines.append(f"| {claim.text}{claim.flags and f' ({claim.flags})'} | {where} | {claim.oracle} |")
    return "\n".join(lines)


def write():
    """Write the table into its page."""
    path = NBS / "61_trust.ipynb"
    page = nbformat.read(path, as_version=4)
    for cell in page.cells:
        if cell.cell_type == "markdown":
            cell.source = TABLE.sub(lambda m: m.group(1) + table(claims()) + m.group(2), cell.source)
    path.write_text(nbformat.writes(page).rstrip("\n") + "\n", encoding="utf-8", newline="\n")


def note(page, flag):
    """Note in the table of runs that a page has passed."""
    row = dict(page=page, flags=flag, date=time.strftime("%Y-%m-%d"), digest=digest(page), python=platform.python_version())
    row |= {library: version(library) for library in LIBRARIES}
    rows = last_runs() | {(page, flag): row}
    with open(RUNS, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[key] for key in sorted(rows))


def passes(page, flag):
    """Test a page; tell whether it passes."""
    command = ["nbdev_test", "--path", str(NBS / page), "--n_workers", "0", "--do_print"]
    done = subprocess.run(command + ["--flags", flag] * bool(flag), capture_output=True, text=True)
    print(page, flag, "passed" if done.returncode == 0 else f"FAILED\n{done.stdout[-1500:]}{done.stderr[-1500:]}", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pages", nargs="*", help="for --run and --passed: names without .ipynb")
    for name in ("write", "run", "passed", "slow"):
        parser.add_argument(f"--{name}", action="store_true")
    options = parser.parse_args()
    flag, failed = "slow" if options.slow else "", []
    for page in sorted({claim.page for claim in claims() if claim.flags == flag}) if options.run or options.passed else ():
        if not options.pages or page.removesuffix(".ipynb") in options.pages:
            if options.passed or passes(page, flag):
                note(page, flag)
            else:
                failed.append(page)
    if options.write:
        write()
    found = check()
    print("\n".join(found) or f"{len(claims())} claims have their marks, and the figures of the home page theirs")
    sys.exit(bool(found or failed))
