"""Check that each module imports alone in a process of its own and pulls in no page that comes later."""

import importlib
import multiprocessing
import sys

from pages import pages

# What a module must not load, as it doesn't need it.
ALWAYS = {"matplotlib", "transformers", "tokenizers", "tiktoken", "pooch", "wandb", "tensorboard"}
NO_TORCH = {module: {"torch", "numpy"} for module in ("config", "files", "bpe", "vocabulary", "cli")}
NO_FSDP = {module: {"torch.distributed.fsdp"} for module in ("model", "trainer", "chargpt", "adder")}
NO_TYRO = {"cli": {"tyro"}}


def imported(module):
    """Import a module, and return what is loaded then, or the error."""
    try:
        importlib.import_module(f"mingpt_nb.{module}")
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return set(sys.modules)


def alone(modules):
    """Yield modules with what each has loaded in a process of its own, forked from this one."""
    with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=1) as pool:
        yield from zip(modules, pool.map(imported, modules, chunksize=1))


failed, listed = False, [page for page in pages() if page.module]
number = {page.module: page.number for page in listed}
found = dict(alone([module for module in number if module in NO_TORCH]))
import torch  # noqa: E402, F401  (once for all others, as it takes longest)

found |= alone([module for module in number if module not in NO_TORCH])
for module in number:
    loaded = found[module]
    if isinstance(loaded, str):
        print(f"{module}: {loaded}")
        failed = True
        continue
    later = [m for m in number if f"mingpt_nb.{m}" in loaded and number[m] > number[module]]
    only = (NO_TORCH, NO_FSDP, NO_TYRO)
    forbidden = ALWAYS.union(*(rule.get(module, set()) for rule in only))
    heavy = sorted(forbidden & loaded)
    failed |= bool(later or heavy)
    print(f"{number[module]} {module}: {'loads ' + ', '.join(later + heavy) if later or heavy else 'ok'}")
sys.exit(failed)
