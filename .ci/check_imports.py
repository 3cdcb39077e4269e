"""Check that each module imports alone in a fresh process and pulls in no higher step."""

import re
import subprocess
import sys
from pathlib import Path

# Modules that must not load what they don't need.
WITHOUT = {module: {"matplotlib"} for module in
           ("layers", "attention", "blocks", "model", "checkpoints", "tokens", "processes", "settings",
            "optim", "trainer", "callbacks", "runs", "tasks", "adder", "chargpt", "sorting",
            "generating")}
WITHOUT |= {module: {"matplotlib", "transformers", "tokenizers", "huggingface_hub"}
            for module in ("families", "pretrained", "export", "inference", "contenders",
                           "bench")}
WITHOUT |= {module: {"matplotlib", "torch", "numpy"}
            for module in ("config", "corpora", "merges", "vocabulary", "bpe")}

root = Path(__file__).resolve().parent.parent
step = {}  # module -> number of its notebook
for notebook in sorted((root / "nbs").glob("[0-9]*.ipynb")):
    exported = re.search(r"#\| *default_exp ([\w.]+)", notebook.read_text(encoding="utf-8"))
    if exported:
        step[exported.group(1)] = notebook.name.split("_")[0]  # "03" < "03a" < "04"

failed = False
for module, number in step.items():
    code = f"import sys, mingpt_nb.{module}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if run.returncode:
        print(f"{module}: {run.stderr.strip().splitlines()[-1]}")
        failed = True
        continue
    loaded = run.stdout.split()
    higher = [m for m in step if f"mingpt_nb.{m}" in loaded and step[m] > number]
    heavy = sorted(WITHOUT.get(module, set()) & set(loaded))
    failed |= bool(higher or heavy)
    print(f"{number:3} {module}: {'loads ' + ', '.join(higher + heavy) if higher or heavy else 'ok'}")
sys.exit(failed)
