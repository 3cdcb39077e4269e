"""Check that the committed outputs of all notebooks are fit to show; print what isn't and exit with 1."""

import json
import re
import sys
from pathlib import Path

MAX_BYTES = 300_000  # of a notebook
MAX_LINES = 60  # of one text output
PATH = re.compile(r"site-packages|\b[A-Za-z]:\\|(?:^|[\s\"'(=])/(?:[\w.-]+/)+[\w.-]+")
MEMORY_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")


def faults(path):
    """Yield what is wrong with a notebook, one line each."""
    if path.stat().st_size > MAX_BYTES:
        yield f"{path.stat().st_size:,} bytes; at most {MAX_BYTES:,}"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]
    if not any(cell["outputs"] for cell in code):
        yield "no outputs: commit it executed"
    for number, cell in enumerate(code):
        for output in cell["outputs"]:
            data = output.get("data", {})
            text = "".join(output.get("text", "")) + "".join(
                "".join(value) for kind, value in data.items() if kind.startswith("text/"))
            where = f"code cell {number} ({''.join(cell['source']).splitlines()[0][:40]!r})"
            if output["output_type"] == "error":
                yield f"{where}: a traceback"
            if output.get("name") == "stderr":
                yield f"{where}: stderr: {text.strip()[:80]!r}"
            if any("widget" in kind for kind in data):
                yield f"{where}: a widget"
            if PATH.search(text):
                yield f"{where}: an absolute path: {PATH.search(text).group().strip()[:80]!r}"
            if MEMORY_ADDRESS.search(text):
                yield f"{where}: a memory address"
            if text.count("\n") > MAX_LINES:
                yield f"{where}: {text.count(chr(10))} lines; at most {MAX_LINES}"
        streams = [output["name"] for output in cell["outputs"] if output["output_type"] == "stream"]
        if any(a == b for a, b in zip(streams, streams[1:])):
            yield f"code cell {number}: one output in several pieces; see CONTRIBUTING.md on joining them"


if __name__ == "__main__":
    nbs = Path(__file__).resolve().parent.parent / "nbs"
    found = [f"{path.name}: {fault}" for path in sorted(nbs.glob("*.ipynb")) for fault in faults(path)]
    print("\n".join(found) or "all outputs are fit to show")
    sys.exit(bool(found))
