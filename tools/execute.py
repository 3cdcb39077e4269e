"""Execute pages in place, top to bottom, each in its own folder: `python tools/execute.py nbs/01_attention.ipynb …`.

Cells flagged slow, net or cuda keep their outputs, unless the flag is named: `--flags slow,net`. What a cell prints in several
pieces is joined, and the notebook is cleaned. Without `--write` nothing is kept: a test that shows the whole traceback.
"""

import argparse, os, re, sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert.preprocessors.coalescestreams import CoalesceStreamsPreprocessor
from nbdev.clean import nbdev_clean


def flags_of(source: str) -> set[str]:
    """Return which of the flags are among a cell's first lines."""
    head = source[: re.match(r"(?:\s*#\|.*\n?)*", source).end()]
    return {"slow", "net", "cuda"} & {*re.findall(r"^\s*#\|\s*(\w+)\s*$", head, re.M)}


class Client(NotebookClient):
    """A client that leaves cells with a flag as they are."""

    wanted: set[str] = set()

    async def async_execute_cell(self, cell, cell_index, **options):
        left_out = flags_of(cell.source) - self.wanted or re.search(r"^#\| *eval: *false", cell.source, re.M)
        return cell if left_out else await super().async_execute_cell(cell, cell_index, **options)


def execute(path: Path, wanted: set[str], write: bool):
    """Execute one page; an error ends the program with the cell's traceback."""
    notebook = nbformat.read(path, as_version=4)
    client = Client(notebook, timeout=None, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}})
    client.wanted = wanted
    client.execute()
    if write:
        notebook, _ = CoalesceStreamsPreprocessor(enabled=True).preprocess(notebook, {})
        path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
        nbdev_clean(str(path))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--flags", default="", help="run cells with these flags as well, such as slow,net")
    parser.add_argument("--write", action="store_true", help="keep the new outputs")
    arguments = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).resolve().parent.parent), os.environ.get("PYTHONPATH", "")])
    failed = []
    for page in arguments.pages:
        try:
            execute(page, {*arguments.flags.split(",")}, arguments.write)
            print(f"{page}: ok", flush=True)
        except Exception as error:
            failed.append(page)
            print(f"{page}: {error}", flush=True)
    sys.exit(bool(failed))
