"""The list of pages, read from the notebooks; everything that lists pages is made from it.

Run as a program, it writes `nbs/sidebar.yml`, the tables of pages in `nbs/index.ipynb`, and README.md from that notebook.
"""

import re
from pathlib import Path
from typing import NamedTuple

import nbformat

ROOT = Path(__file__).resolve().parent.parent
NBS = ROOT / "nbs"
QUESTIONS = {  # that the pages of the path answer
    "00_sixty_lines": "What comes next in a text, and how small can a program be that learns it?",
    "01_attention": "How does a word find out what the words before it say about it?",
    "02_blocks": "How can dozens of layers follow each other without the signal dying or exploding?",
    "03_model": "What makes a GPT of blocks, and what must its first loss be?",
    "04_bpe": "A GPT reads integers. Which ones?",
    "05_trainer": "How is a model trained, watched, stopped and resumed?",
    "06_adder": "Can a model that only predicts the next token *compute*?",
    "07_chargpt": "How much of a language can be learned from nothing but its letters?",
    "08_pretrained": "How do two files become a GPT-2 that computes exactly the same?",
    "09_generating": "How does a model continue your words, and what surprises it?",
    "10_today": "Which few lines changed between GPT-2 and the models of today?"}
ROOMS = {  # folders in the order of the site, and what is in them
    "": "", "core": "what all other rooms use: configuration, the decode loop, costs, files, batches",
    "text": "from any text to token ids: vocabularies, corpora, windows, files larger than memory",
    "training": "what makes a run watched, resumable, faster, and spread over processes",
    "weights": "models of others in, ours out: families, files, low-rank updates, minGPT",
    "writing": "chats, thousands of texts side by side, and how good a model is",
    "projects": "what a GPT is trained for: exact tasks, images, fine-tuning, judging",
    "speed": "other kernels, a product in C++, and smaller weights",
    "lab": "experiments with outcomes, benchmarks, a GPT in the page, a museum of mistakes",
    "reference": "the command line, papers and projects, words, and what is proved"}
TABLE = re.compile(r"(<!-- pages -->\n).*?(\n?<!-- end of pages -->)", re.S)


class Page(NamedTuple):
    """What the site and the home page say about a notebook."""

    file: str  # from nbs
    room: str  # its folder, empty for the path
    module: str | None  # that it exports
    title: str  # its H1
    line: str  # the quoted line below
    minutes: int | None  # reading time, if it is on the path


def notebooks() -> list[Path]:
    """Return all notebooks, rooms in their order; what Jupyter and nbdev leave behind is none."""
    found = [path for path in NBS.rglob("*.ipynb") if not {"_proc", ".ipynb_checkpoints"} & {*path.parts}]
    return sorted(found, key=lambda path: ([*ROOMS].index(path.parent.relative_to(NBS).as_posix().strip(".")), path.name))


def pages() -> list[Page]:
    """Return the pages in the order of the site."""
    found = []
    for path in (path for path in notebooks() if path.name[0].isdigit()):
        cells = nbformat.read(path, as_version=4).cells
        source = "\n".join(cell.source for cell in cells)
        module = re.search(r"^#\| *default_exp ([\w.]+)", source, re.M)
        heading, *lines = next(cell.source for cell in cells if cell.source.startswith("# ")).splitlines()
        quote = " ".join(line[1:].strip() for line in lines if line.startswith(">"))
        file = path.relative_to(NBS)
        found.append(Page(file.as_posix(), file.parent.as_posix().strip("."), module and module[1], heading[2:].strip(),
                          quote, minutes(cells) if path.parent == NBS else None))
    return found


def minutes(cells) -> int:
    """Return how long a page takes: 220 words of prose a minute, four seconds a line of code that is shown."""
    plumbing = re.compile(r"#\| *(hide|export|code-fold: true|echo: false)$", re.M)
    prose = " ".join(re.sub(r"<details>.*?</details>|\]\(.*?\)|<[^>]*>", "", cell.source, flags=re.S)
                     for cell in cells if cell.cell_type == "markdown")
    shown = [line for cell in cells if cell.cell_type == "code" and not plumbing.search(cell.source)
             for line in cell.source.splitlines() if line.strip() and not line.startswith("#|")]
    return round(len(prose.split()) / 220 + len(shown) * 4 / 60)


def led_on(listed: list[Page]) -> None:
    """Write into each page of the path how long it takes, and which question the next one answers."""
    path = [page for page in listed if not page.room]
    for page, after in zip(path, [*path[1:], None]):
        text = (NBS / page.file).read_text(encoding="utf-8")
        text = re.sub(r"(\*★ on the path · about )\d+", rf"\g<1>{page.minutes}", text)
        if after:
            line = f"**Next:** [{after.title}]({after.file}). {QUESTIONS[Path(after.file).stem]}"
            text = re.sub(r'\*\*Next:\*\*[^"\n]*(?=")', line.replace("\\", r"\\"), text)
        write(NBS / page.file, text)


def sidebar(listed: list[Page]) -> str:
    """Return the content of `sidebar.yml`; the path is open, and the pager goes through it first."""
    lines = ["# Made by .ci/pages.py from the notebooks.", "website:", "  sidebar:", "    contents:",
             "      - text: Home", "        href: index.ipynb"]
    for room in ROOMS:
        lines += [f"      - section: {room.capitalize() or '★ The path'}", *["        expanded: true"] * (not room), "        contents:"]
        for page in (page for page in listed if page.room == room):
            lines += [f'          - text: "{page.title}"', f"            href: {page.file}"]
    return "\n".join(lines) + "\n"


def table(listed: list[Page]) -> str:
    """Return the tables of the home page, in markdown: the path page by page, then the rooms."""
    lines = ["**★ The path**", "", "| page | what it answers |", "|:--|:--|"]
    for page in (page for page in listed if not page.room):
        question = QUESTIONS.get(Path(page.file).stem, page.line)
        lines.append(f"| [{page.title}]({page.file}) ({page.minutes} min) | {question} |")
    lines += ["", "**The rooms**", "", "| folder | what is in it | pages |", "|:--|:--|:--|"]
    for room, what in [*ROOMS.items()][1:]:
        links = " · ".join(f"[{page.title}]({page.file})" for page in listed if page.room == room)
        lines.append(f"| `{room}/` | {what} | {links} |")
    return "\n".join(lines)


def readme(cells) -> str:
    """Return README.md: the home page as committed, without running it."""
    parts = ["<!-- Made from nbs/index.ipynb by .ci/pages.py; edit the notebook. -->"]
    for cell in cells:
        if re.match(r"#\|\s*(hide|default_exp)", cell.source):
            continue
        if cell.cell_type == "markdown":
            # pages and pictures are one folder down from the top of the repository
            source = re.sub(r"^<(link|script) .*\n?", "", cell.source, flags=re.M).rstrip()  # which GitHub doesn't run
            parts.append(re.sub(r"(\]\(|href=\"|src=\")(?=[\w/]+\.(?:ipynb|svg|png))", r"\1nbs/", source))
        elif cell.source:
            if not re.search(r"^#\| *echo: *false", cell.source, re.M):
                parts.append(f"```python\n{cell.source}\n```")
            for output in cell.outputs:
                shown = output.get("data", {}).get("text/markdown", "")
                parts.append(f"```text\n{output.text.rstrip()}\n```" if output.output_type == "stream" else shown)
    return "\n\n".join(filter(None, parts)) + "\n"


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    listed, index = pages(), nbformat.read(NBS / "index.ipynb", as_version=4)
    for cell in index.cells:
        cell.source = TABLE.sub(lambda m: m[1] + table(listed) + m[2], cell.source)
    led_on(listed)
    write(NBS / "sidebar.yml", sidebar(listed))
    write(NBS / "index.ipynb", nbformat.writes(index).rstrip("\n") + "\n")  # as nbdev writes notebooks
    write(ROOT / "README.md", readme(index.cells))
