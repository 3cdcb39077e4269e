"""Write README.md from nbs/index.ipynb, as committed and without running it; needs no Quarto."""

import re
from pathlib import Path

import nbformat

root = Path(__file__).resolve().parent.parent
nb = nbformat.read(root / "nbs" / "index.ipynb", as_version=4)
parts = ["<!-- Made from nbs/index.ipynb by .ci/make_readme.py; edit the notebook. -->"]
for cell in nb.cells:
    if re.match(r"#\|\s*(hide|default_exp)", cell.source):
        continue
    if cell.cell_type == "markdown":
        # pages link to each other, and to pictures; from the top of the repository they are one folder down
        source = re.sub(r"^<(link|script) .*\n?", "", cell.source, flags=re.M).rstrip()  # which GitHub doesn't run
        parts.append(re.sub(r"(\]\(|href=\"|src=\")(?=[\w/]+\.(?:ipynb|svg|png))", r"\1nbs/", source))
    elif cell.source:
        if not re.search(r"^#\| *echo: *false", cell.source, re.M):
            parts.append(f"```python\n{cell.source}\n```")
        printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
        if printed:
            parts.append(f"```text\n{printed.rstrip()}\n```")
(root / "README.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8", newline="\n")
