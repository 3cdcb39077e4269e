"""Check what import-linter and mypy have no rule for: no circle of imports, unique names, modules that load little.

Prints how the package is built: its floors, if each module stands above all that it imports, and its arrows.
"""

import ast, subprocess, sys
from collections import Counter
from configparser import ConfigParser
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
LITTLE = {  # what modules must not load: what they need only now and then, or not at all
    "core.config core.files core.splitting bpe cli": {"torch", "numpy"},
    "model trainer projects.adder projects.chargpt": {"torch.distributed.fsdp"},
    "*": {"matplotlib", "transformers", "tokenizers", "tiktoken", "pooch", "wandb", "tensorboard"}}


def faults():
    """Yield what is wrong, one line each."""
    graph = grimp.build_graph("mingpt_nb", cache_dir=None)
    modules = sorted(name for name in graph.modules - {"mingpt_nb", "mingpt_nb.__main__", "mingpt_nb._modidx"}
                     if not graph.find_children(name))
    rules = ConfigParser()
    rules.read(ROOT / "setup.cfg")
    doors = [line.split(" -> ") for line in rules["importlinter:contract:rooms"]["ignore_imports"].splitlines() if " -> " in line]
    for importer, imported in doors:
        if graph.direct_import_exists(importer=importer, imported=imported):
            graph.remove_import(importer=importer, imported=imported)
    below = {name: graph.find_modules_directly_imported_by(name) & {*modules} for name in modules}
    try:
        floor = {}
        for name in TopologicalSorter(below).static_order():
            floor[name] = 1 + max((floor[other] for other in below[name]), default=-1)
        print(f"{len(modules)} modules on {1 + max(floor.values())} floors, {sum(map(len, below.values()))} arrows down, "
              f"{len(doors)} doors up")
    except CycleError as error:
        yield f"a circle of imports: {' → '.join(error.args[1])}"
    homes = Counter()
    for name in modules:
        if not (path := ROOT / (name.replace(".", "/") + ".py")).exists():
            yield f"there is no {name}, which is imported"
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        exported = next((node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "__all__"), None)
        homes.update(ast.literal_eval(exported) if exported else ())
    yield from (f"{name} is exported by {count} modules" for name, count in homes.items() if count > 1)
    for names, forbidden in LITTLE.items():
        chosen = modules if names == "*" else [f"mingpt_nb.{name}" for name in names.split()]
        code = f"import {', '.join(chosen)}, sys; print(*{forbidden!r} & {{*sys.modules}})"
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
        if done.returncode or done.stdout.strip():
            yield f"{names} loads {done.stdout.strip()} {done.stderr.strip()[-500:]}"


if __name__ == "__main__":
    found = list(faults())
    print("\n".join(found) or "imports, names and what is loaded are as they should be")
    sys.exit(bool(found))
