"""Break the package in small ways, and see whether the pages notice.

A mutant is an exported cell with one change (DeMillo et al. 1978, Offutt et al. 1996). Its page is executed with it, and further
pages about the module; slow cells are left out. If a cell fails, the mutant is killed. One that nobody notices survives: a test is
lacking, or nothing has changed (with a reason in nbs/results/mutants_equivalent.csv). What stands above the cell is executed once,
in a process that is then forked for each mutant. Libraries for it change modules, but a page tests what its own cells define.

    python tools/mutate.py attention blocks         # all mutants of modules; goes on where it was stopped
    python tools/mutate.py attention --survivors    # again those that survived, after a test was added
"""

import argparse, ast, csv, importlib, linecache, multiprocessing, os, re, resource, shutil, sys, tempfile, time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from operator import itemgetter
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
NBS, RESULTS = ROOT / "nbs", ROOT / "nbs" / "results" / "mutants.csv"
MODULES = {"attention": (), "blocks": (), "model": (), "core.sampling": (), "bpe": ("text.tokenizers",),
           "trainer": ("training.callbacks",), "training.checkpoints": (), "weights.pretrained": ("weights.hub",)}
SPOKEN, NUMBER = re.compile(r"_?(logger|logging|warnings|bar)\."), re.compile(r"-?\d[\d.e+-]*")
KEY = ("module", "operator", "before", "after")
identity = itemgetter(*KEY)  # what tells a mutant from others, wherever its line has moved
PAIRS = [(ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.Is, ast.IsNot), (ast.In, ast.NotIn),
         (ast.And, ast.Or), (ast.Add, ast.Sub), (ast.Mult, ast.Div), (ast.BitAnd, ast.BitOr)]
NEVER, UNTOUCHED = ("annotation", "returns", "decorator_list"), (ast.Import, ast.ImportFrom, ast.JoinedStr)
OTHER = dict(PAIRS) | {b: a for a, b in PAIRS} | {ast.Pow: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult}


def variants(node):
    """Yield (operator, what may take a node's place)."""
    def like(**fields):
        return type(node)(**dict(ast.iter_fields(node)) | fields)
    value, args, text = getattr(node, "value", None), getattr(node, "args", []), ast.unparse(node)
    if isinstance(node, ast.Compare):
        yield "comparison", like(ops=[OTHER[type(node.ops[0])](), *node.ops[1:]])
    elif isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)) and type(node.op) in OTHER:
        yield "boolean" if isinstance(node, ast.BoolOp) else "arithmetic", like(op=OTHER[type(node.op)]())
    elif text in ("True", "False"):
        yield "boolean", like(value=not value)
    elif isinstance(node, (ast.Constant, ast.UnaryOp)) and NUMBER.fullmatch(text):
        yield from (("constant", ast.Constant(ast.literal_eval(text) + by)) for by in (1, -1))
    elif isinstance(node, ast.UnaryOp):
        yield "boolean" if isinstance(node.op, ast.Not) else "arithmetic", node.operand
    elif isinstance(node, ast.Return) and text not in ("return", "return None"):
        yield "return value", like(value=ast.Constant(None))
    elif isinstance(node, ast.Call) and len(args) > 1 and not any(isinstance(a, ast.Starred) for a in args[:2]):
        yield "argument swap", like(args=[args[1], args[0], *args[2:]])
    if isinstance(node, (ast.If, ast.While, ast.IfExp)) and not isinstance(node.test, ast.Compare):
        yield "boolean", like(test=ast.UnaryOp(ast.Not(), node.test))
    if (isinstance(node, (ast.AugAssign, ast.Raise, ast.Continue, ast.Break, ast.Delete))
            or isinstance(node, ast.If) and not node.orelse
            or isinstance(node, ast.Expr) and isinstance(value, (ast.Call, ast.Yield, ast.YieldFrom))
            or isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Attribute, ast.Subscript))):
        yield "deleted statement", ast.Pass()


def places(parent):
    """Yield (holder, key, node) of everything that may be changed, from the top."""
    for field, value in ast.iter_fields(parent):
        holder, several = (value, list(enumerate(value))) if isinstance(value, list) else (vars(parent), [(field, value)])
        for key, node in several:
            spoken = isinstance(node, (ast.Expr, ast.Call)) and SPOKEN.match(ast.unparse(node))
            if spoken or field in NEVER or not isinstance(node, ast.AST) or isinstance(node, UNTOUCHED):
                continue
            yield holder, key, node
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "require":
                yield node.args, 0, node.args[0]  # its other arguments are only said
                yield from places(node.args[0])
            elif not isinstance(node, ast.Raise) and not NUMBER.fullmatch(ast.unparse(node)):
                yield from places(node)


def differ(old, new):
    """Return the lines in which two sources differ, each as one short line."""
    old, new = old.splitlines(), new.splitlines()
    for _ in range(2):  # what is the same at the beginning goes, then at the end
        same = len(os.path.commonprefix([old, new]))
        old, new = old[same:][::-1], new[same:][::-1]
    old, new = (" ".join(" ".join(lines).split()) for lines in (old, new))
    start = max(0, len(os.path.commonprefix([old, new])) - 40) if len(old) > 100 else 0
    return [text[start : start + 100] for text in (old, new)]


def page_of(module):
    """Return the notebook that exports a module."""
    mark = re.compile(rf'"#\| *default_exp {re.escape(module)}\b(?!\.)')
    return next(path for path in NBS.rglob("[0-9]*.ipynb") if mark.search(path.read_text(encoding="utf-8")))


def page_cells(module):
    """Yield the quick code cells of a module's page: number, source, whether it is exported."""
    for number, cell in enumerate(nbformat.read(page_of(module), as_version=4).cells):
        if cell.cell_type == "code" and not re.search(r"^#\| *(slow|net|cuda|eval: *false)", cell.source, re.M):
            yield number, cell.source, bool(re.match(r"#\| *exports?\b", cell.source))


def mutants(module):
    """Return the mutants of a module: rows of the table, each with a cell's number and its changed source."""
    found, seen = [], Counter()
    text = (ROOT / "mingpt_nb" / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    for number, cell, exported in page_cells(module):
        tree = ast.parse(cell if exported else "")
        healthy = ast.unparse(tree)
        above = text[: max(0, text.find(re.sub(r"^#\|.*\n", "", cell, flags=re.M)))].count("\n")
        for holder, key, node in list(places(tree)):
            for operator, new in variants(node):
                holder[key] = new
                source = ast.unparse(ast.fix_missing_locations(tree))
                holder[key] = node
                before, after = differ(healthy, source)
                seen[mark := (operator, before, after)] += 1
                again = f" ({seen[mark]})" * (seen[mark] > 1)
                row = dict(zip(KEY, (module, operator, before, after + again)), line=above + node.lineno - cell.count("#|"))
                found += [row | dict(number=number, source=source)] if source != healthy else []  # two arguments may be equal
    return found


def trial(module, cells, seconds, home):
    """Return what became of a mutant, and the error; each cell has so many seconds of a processor, however busy the machine is."""
    def work():
        where, found, start = "", None, time.process_time()
        try:
            for name in (module, *MODULES[module]):  # in the module's namespace: for the package, a page is the module
                page, scope = page_of(name).relative_to(NBS), vars(importlib.import_module(f"mingpt_nb.{name}"))
                os.chdir(folder / page.parent)
                for number, cell, _ in cells if name == module else page_cells(name):
                    where = f"{page}, cell {number}"
                    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + seconds, -1))
                    linecache.cache[where] = len(cell), None, cell.splitlines(True), where  # for inspect.getsource
                    exec(compile(cell, where, "exec"), scope)
        except BaseException as error:  # SystemExit counts as a failure as well
            found = where, f"{type(error).__name__}: {error}"
        theirs.send((found, time.process_time() - start))
        os._exit(0)

    ours, theirs = multiprocessing.Pipe(duplex=False)
    found, used = ("", "out of time, or crashed"), seconds
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:  # what others leave there would make it fail
        folder = Path(shutil.copytree(home, name, symlinks=True, dirs_exist_ok=True))
        process = multiprocessing.Process(target=work)
        process.start()
        theirs.close()
        with suppress(EOFError):
            if ours.poll(20 * seconds):  # it may be waiting for nothing
                found, used = ours.recv()
        process.kill()
        process.join()
    row = dict(outcome="killed" if found else "survived", cell=found[0] if found else "", seconds=round(used, 1))
    return row | dict(date=time.strftime("%F")), found and found[1][:80].split("\n")[0]


def visit(module, work):
    """Try mutants of a module, in a process of its own."""
    known = {identity(mutant) for name in MODULES for mutant in mutants(name)}  # rows of others are out of date
    said, cells, scope = sys.stdout, list(page_cells(module)), vars(importlib.import_module(f"mingpt_nb.{module}"))
    sys.stdout = sys.stderr = open(os.devnull, "w")
    with tempfile.TemporaryDirectory() as name:
        home, page = Path(name), page_of(module).relative_to(NBS)
        for path in NBS.rglob("*"):  # pages read figures and tables, and leave files beside them
            if path.is_file():
                (home / path.relative_to(NBS)).parent.mkdir(parents=True, exist_ok=True)
                os.symlink(path, home / path.relative_to(NBS))
        os.chdir(home / page.parent)
        assert (healthy := trial(module, cells, 900, home))[0]["outcome"] == "survived", f"{module} as it is: {healthy}"
        for at, (number, cell, _) in enumerate(cells):
            for mutant in (mutant for mutant in work if mutant["number"] == number):
                found, error = trial(module, [(number, mutant["source"], True), *cells[at + 1 :]], 40, home)
                row = {key: mutant[key] for key in ("module", "line", *KEY[1:])} | found
                print(*row.values(), error, sep=" | ", file=said, flush=True)
                rows = [old for old in read() if identity(old) in known and identity(old) != identity(row)]
                with open(RESULTS, "w", newline="", encoding="utf-8") as file:
                    writer = csv.DictWriter(file, row, lineterminator="\n")
                    writer.writeheader()
                    writer.writerows(sorted([*rows, row], key=lambda row: (row["module"], int(row["line"]), *identity(row))))
            if number < max(mutant["number"] for mutant in work):
                exec(compile(cell, f"cell {number}", "exec"), scope)


def read():
    """Return the rows of the table."""
    return list(csv.DictReader(RESULTS.read_text(encoding="utf-8").splitlines()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("modules", nargs="*", metavar="module", help=", ".join(MODULES))
    parser.add_argument("--survivors", action="store_true", help="those that survived once more")
    options = parser.parse_args()
    work = [mutant for module in options.modules or MODULES for mutant in mutants(module)]
    os.environ |= dict(OMP_NUM_THREADS="1", MPLBACKEND="agg")
    sys.path.insert(0, str(ROOT))
    for library in ("torch", "matplotlib.pyplot", "transformers", "tiktoken", "safetensors.torch"):
        importlib.import_module(library)  # once; all others are forks of this process
    for module in MODULES:
        done = {identity(row) for row in read() if not (options.survivors and row["outcome"] == "survived")}
        if left := [mutant for mutant in work if mutant["module"] == module and identity(mutant) not in done]:
            ProcessPoolExecutor(1).submit(visit, module, left).result()
