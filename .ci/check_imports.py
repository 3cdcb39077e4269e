"""Check that each module imports alone in a fresh process and pulls in no page that comes later."""

import subprocess
import sys

from pages import pages

# What a module must not load, as it doesn't need it.
ALWAYS = {"matplotlib", "transformers", "tokenizers", "tiktoken", "pooch", "wandb", "tensorboard"}
NO_TORCH = {module: {"torch", "numpy"} for module in ("config", "files", "bpe", "vocabulary", "cli")}
NO_FSDP = {module: {"torch.distributed.fsdp"} for module in ("model", "trainer", "chargpt", "adder")}
NO_TYRO = {"cli": {"tyro"}}

failed, listed = False, [page for page in pages() if page.module]
number = {page.module: page.number for page in listed}
for module in number:
    code = f"import sys, mingpt_nb.{module}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if run.returncode:
        print(f"{module}: {run.stderr.strip().splitlines()[-1]}")
        failed = True
        continue
    loaded = set(run.stdout.split())
    later = [m for m in number if f"mingpt_nb.{m}" in loaded and number[m] > number[module]]
    only = (NO_TORCH, NO_FSDP, NO_TYRO)
    forbidden = ALWAYS.union(*(rule.get(module, set()) for rule in only))
    heavy = sorted(forbidden & loaded)
    failed |= bool(later or heavy)
    print(f"{number[module]} {module}: {'loads ' + ', '.join(later + heavy) if later or heavy else 'ok'}")
sys.exit(failed)
