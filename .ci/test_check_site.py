"""Check the checks: each fault, put into a small page, has to be reported, and a page without faults passes."""

import tempfile
from pathlib import Path

from check_site import html_faults, log_faults, notebook_faults
from nbformat import writes
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

TITLE = "# A page\n\n> One line."
GOOD = ("## Where to go\n\nSee [this](#where-to-go), <https://example.org>, `https://example.org/raw` and\n"
        "![a picture](a.svg). Words of *its* own, $a+b$ too.")


def page(*cells):
    """Return a notebook with a title and cells; text is markdown."""
    cells = [new_markdown_cell(cell) if isinstance(cell, str) else cell for cell in (TITLE, *cells)]
    return writes(new_notebook(cells=cells))


def code(source, text="", **data):
    """Return a cell that has printed a text or shown something."""
    shown = [new_output("display_data", data={"/".join(kind.split("_")): value for kind, value in data.items()})]
    return new_code_cell(source, outputs=[new_output("stream", text=text)] if text else shown if data else [])


def site(folder, cells, main="", quarto="href: a.ipynb", sidebar="href: a.ipynb"):
    """Write a folder of notebooks of one page, and the site that has been made of it."""
    files = {"a.ipynb": page(*cells), "_quarto.yml": quarto, "sidebar.yml": sidebar, "a.svg": "<svg/>",
             "a.html": f"<html><body><h1>A page</h1><main><h1>A page</h1><p>One line.</p>{main}</main></body></html>"}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def faults(check, *args, **kwargs):
    """Return what a check says about one page."""
    with tempfile.TemporaryDirectory() as folder:
        return list(check(site(Path(folder), *args, **kwargs)))


def html(folder):
    """Check the site that lies in the folder of its notebooks."""
    return html_faults(folder, folder, "https://here.org/site")


HTML = ('<h2 id="where-to-go">Where to go</h2><p>See <a href="#where-to-go">this</a>, https://example.org, '
        '<code>https://example.org/raw</code> and <img src="a.svg" alt="a picture">. Words of <em>its</em> own, '
        '<span class="math">\\(a+b\\)</span> too. </p>'
        '<figure><p><img class="figure-img" src="a.svg" alt="Else"></p><figcaption>A caption</figcaption></figure>'
        '<p><a href="https://here.org/site/a.html">Home</a></p>')
figure = '#| fig-alt: "Alt."\n#| fig-cap: "Cap."\nfig'
fine = [GOOD, '![A caption](a.svg){fig-alt="Else"}', code("x = 1", "y" * 92), code(figure, image_png="AAAA"), code("#| hide\nfig", image_png="AAAA"),
        code("#| exports\n" + "x" * 100), code("x" * 96), code("#| hide\n" + "x" * 101)]
assert faults(notebook_faults, fine) == [], faults(notebook_faults, fine)
assert faults(html, fine, HTML) == [], faults(html, fine, HTML)

for said, cells in {
    "title cell": ["# Another\n\n> Line.\n\nA lost paragraph."],
    "backticks inside the link": ["See [`GPT`](a.ipynb)."],
    "picture without alternative": ["![](a.svg)"],
    "picture without alternative text": ['<img src="a.svg">'],
    "raw address": ["It stands at https://example.org/paper today."],
    "101 characters of code; at most 100": [code("#| exports\n" + "x" * 101)],
    "97 characters of code; at most 96": [code("x" * 97)],
    "a.ipynb, cell 2: a line of 98": ["Text.", code("#| slow\nx\n" + "y" * 98)],
    "raw link in a comment": [code("#| exports\nx = 1  # see [it](https://example.org)")],
    "comment with its in backticks": [code("#| exports\ndef its(\n    x,  # as in `its`\n): ...")],
    "exports with code-fold": [code("#| exports\n#| code-fold: true\ndef f(): ...")],
    "read as YAML: fig-cap": [code("#| code-fold: true\n#| fig-cap: 'the other\\'s'\nx = 1")],
    "imports beside other code": [code("#| exports\ndef f(): ..."), code("#| hide\nimport ast\nx = ast.parse(\"\")")],
    "of up to 93 characters": [code("x", "y" * 93)],
    "up to 93": [code("x", text_plain="y" * 93)],
    "without fig-alt": [code('#| fig-cap: "Cap."\nfig', image_png="AAAA")],
    "without fig-cap": [code('#| fig-alt: "Alt."\nfig', image_png="AAAA")],
    "b.ipynb leads nowhere": ["[b](b.ipynb)"],
    "b.svg leads nowhere": ['<img src="b.svg" alt="b">'],
    "no heading for #b": ["[b](#b)"],
    "a.ipynb has no heading for #c": ["[c](a.ipynb#c)"],
}.items():
    found = faults(notebook_faults, cells)
    assert len(found) == 1 and said in found[0], (said, found)
assert "leads nowhere" in faults(notebook_faults, fine, quarto="href: b.ipynb")[0]
assert "a.ipynb is missing" in faults(notebook_faults, fine, sidebar="")[0]

for said, cells, main in (
    ("not on the page: 'Words that are gone'", [GOOD, "Words that are gone."], HTML),
    ("not on the page: 'A caption'", ["![A caption](a.svg)"], '<p><img class="figure-img" src="a.svg" alt="Else"></p>'),
    ("not on the page: 'org raw and Words", [GOOD], HTML.replace("Words of", "")),
    ("b.html leads nowhere", [], '<a href="b.html">b</a>'),
    ("site/b.html leads nowhere", [], '<a href="https://here.org/site/b.html">b</a>'),
    ("nothing named #b", [], '<a href="#b">b</a>'),
    ("a notebook, not a page", [], '<a href="a.ipynb">b</a>'),
    ("b.js leads nowhere", [], '<script src="b.js"></script>'),
    ("picture without alternative text", [], '<img src="a.svg">'),
    ("picture without alternative text", [], '<img src="a.svg" alt=" ">'),
    ("raw markdown", [], "<code># see [it](https://example.org)</code>"),
):
    found = faults(html, cells, main)
    assert len(found) == 1 and said in found[0], (said, found)

with tempfile.TemporaryDirectory() as folder:
    where = site(Path(folder), [])
    (where / "a.html").unlink()
    assert list(html(where)) == ["a.ipynb has no page"]
assert len(list(log_faults("\x1b[33mWARN: no link\x1b[0m\nrendering\nERROR: it broke"))) == 2
assert not list(log_faults("[1/2] 21_forwarding.ipynb\nOutput created: _docs/index.html"))
print("every fault is reported")
