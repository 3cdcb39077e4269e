"""Hurt many small runs, and see that each ends with the weights of one that was left alone.

    python tools/torture.py [number of runs, 200] [seed of the first one, 0]

Each run has random settings and callbacks in random order, on a disk of a few megabytes. One to four times it is hurt: by a signal
or two, a full disk, a folder that has become read-only, a callback that raises, or two of these at once. Then it is resumed, until
it has finished. Weights, moments, dice and log have to be those of an undisturbed run, to the last bit. A process ends with the
code of its signal, or with one line that names the cause, and never with a traceback; then all checkpoints in the folder load.

All processes are forks of one that has loaded PyTorch. It needs Linux and root, for a tmpfs of its own; the runs belong to nobody.
A seed repeats a run, but for the moments at which it is hurt. 200 runs take a quarter of an hour.
"""

import atexit, csv, logging, multiprocessing, os, random, re, shutil, signal, subprocess, sys, tempfile, time, traceback
from pathlib import Path

import torch

from mingpt_nb.core.batches import Diverged, Fetch, set_seed
from mingpt_nb.core.config import GPTConfig, InvalidValue
from mingpt_nb.model import GPT
from mingpt_nb.trainer import Callback, Trainer, TrainerConfig
from mingpt_nb.training.callbacks import CSVLog, Evaluate, Progress
from mingpt_nb.training.checkpoints import Checkpoints, checkpoint_folders, latest_checkpoint, read_checkpoint

NOBODY, PARENT = 65534, os.getpid()
SIGNALS = dict(kill=[signal.SIGKILL], term=[signal.SIGTERM], hup=[signal.SIGHUP], int=[signal.SIGINT], int2=[signal.SIGINT] * 2)
HEARD = {signal.SIGTERM, signal.SIGHUP, signal.SIGINT}
HARMS = [*SIGNALS, "full", "readonly", "raise"]
EVENTS = ["on_train_start", "on_batch_start", "on_batch_end", "on_log", "between_steps", "on_train_end"]
CAUSES = re.compile("be written|No space left|Permission denied|has no checkpoint|holds a run|be locked|raised on purpose")
digits = (torch.arange(40)[:, None] * 7 + torch.arange(9)) % 10
data = torch.utils.data.TensorDataset(digits[:, :-1], digits[:, 1:])


def raises(event, step):
    """Return a callback that raises at an event, once a number of steps is done."""
    def fail(self, trainer):
        if trainer.done >= step:
            raise OSError("raised on purpose")
    return type("Raises", (Callback,), {event: fail})()


def make_plan(rng):
    """Draw the settings of a run."""
    pick, interval = rng.choice, rng.choice([1, 3, 7, 10])
    return dict(
        trainer=dict(max_iters=rng.randint(20, 80), batch_size=pick([1, 4, 8]), log_interval=interval, learning_rate=pick([1e-3, 1e-2]),
                     lr_schedule=pick(["constant", "cosine"]), warmup_iters=pick([0, 5]), num_workers=pick([0, 0, 0, 0, 2])),
        model=dict(n_layer=pick([1, 2]), n_head=2, n_embd=pick([8, 16, 32])),
        saves=dict(every_steps=pick([None, 1, 4, 9]), every_minutes=pick([1e-4, 2e-3, 5]), keep=pick([1, 2, 3])),
        evaluate=pick([None, interval, 2 * interval]), order=rng.random(), rounds=rng.randint(1, 4))


def train(plan, folder, resume, raising, seed):
    """Train as the plan says; the seed of a run that is resumed must not matter."""
    set_seed(seed)
    model = GPT(GPTConfig(vocab_size=10, block_size=8, **plan["model"]))
    found = [Checkpoints(folder, resume=resume, **plan["saves"]), Evaluate(data, plan["evaluate"], batches=2),
             CSVLog(folder / "log.csv"), Progress()]
    random.Random(plan["order"]).shuffle(found)
    if raising:
        found.insert(raising[0], raises(*raising[1:]))
    Trainer(TrainerConfig(device="cpu", **plan["trainer"]), model, data, found).run()


def work(said, *arguments):
    """Run `train` as the command line would, in a process of its own."""
    code = 1
    try:
        for number in (1, 2):
            os.dup2(said.fileno(), number)
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        os.environ["HOME"] = "/nonexistent"
        signal.signal(signal.SIGINT, signal.default_int_handler)
        logging.basicConfig(format="%(message)s", stream=sys.stderr, level=logging.INFO, force=True)
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
            train(*arguments)
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
        code = 0
    except (InvalidValue, OSError, MemoryError, Diverged) as error:
        print(f"refused: {error}", file=sys.stderr)
        code = 2
    except (KeyboardInterrupt, SystemExit) as error:
        code = getattr(error, "code", 130)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def attempt(plan, folder, disk, rng, harms=(), resume=False, raising=None, seed=1):
    """Run a process, hurt it, and see that it ends as its harms would have it; return its exit code (negative for a signal)."""
    with tempfile.TemporaryFile() as said:
        signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)  # until somebody can hear them
        process = multiprocessing.Process(target=work, args=(said, plan, folder, resume, raising, seed))
        process.start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        for name in harms:
            time.sleep(rng.uniform(0, plan.get("seconds", 0)))
            hurt(name, process.pid, disk, folder, rng)
        process.join(120)
        assert process.exitcode is not None, f"a process had not ended two minutes after {harms}: {process.kill()}"
        said.seek(0)
        code, text = process.exitcode, said.read().decode()
    for sign in ("Traceback", "Logging error", "Exception ignored", "Error in"):
        assert sign not in text, f"{sign} after {harms}:\n{text}"
    # a signal that comes before anybody listens, or when all is over, does what it always does
    codes = {-number for harm in harms for number in SIGNALS.get(harm, ())}
    codes |= {0, *(dict(kill=-9, term=143, hup=129, int=130, int2=130).get(harm, 2) for harm in harms)}
    assert code in codes, f"code {code} after {harms}:\n{text}"
    assert code != 2 or CAUSES.search(text.rpartition("refused: ")[2]), f"after {harms}:\n{text}"
    return code


def hurt(name, child, disk, folder, rng):
    """Do something to a process or its folder."""
    try:
        for number in SIGNALS.get(name, ()):
            os.kill(child, number)
            time.sleep(0.004)
        if name == "full":  # closing the file writes, too
            room = shutil.disk_usage(disk).free - rng.choice([0, 0, 5000, 50_000, 200_000])
            (disk / "ballast").write_bytes(bytes(max(0, room)))
    except OSError:
        pass  # it has ended, or the disk is full
    for path in (folder / "checkpoints", folder) if name in ("readonly", "") else ():
        if path.exists():
            path.chmod(0o500 if name else 0o700)


def result(folder):
    """Return what a finished run has learned, and its log without times."""
    _, weights, state = latest_checkpoint(folder / "checkpoints")
    with open(folder / "log.csv", newline="") as file:
        rows = [state["history"], [{key: float(row[key]) for key in row if row[key]} for row in csv.DictReader(file)]]
    rows = [[{key: row[key] for key in row if key not in ("seconds", "tokens_per_second")} for row in table] for table in rows]
    return dict(weights=weights, moments=state["moments"].get("state"), dice=state["each"][0][0]["torch"], step=state["step"]), rows


def torture(disk, seed):
    """Hurt one run until it is finished; return what was done to it."""
    rng = random.Random(seed)
    plan, folder, alone, done, begun = make_plan(rng), disk / "run", disk / "alone", [], time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    assert attempt(plan, alone, disk, rng) == 0
    plan["seconds"] = time.monotonic() - begun
    expected, there, harms = result(alone), False, [""]
    shutil.rmtree(alone)
    while harms:
        harms = rng.sample(HARMS, rng.choice([1, 1, 2])) if len(done) < plan["rounds"] else []
        raising = (rng.randrange(5), rng.choice(EVENTS), rng.randrange(plan["trainer"]["max_iters"])) if "raise" in harms else None
        code = attempt(plan, folder, disk, rng, harms, there, raising, len(done) + 2 if there else 1)
        (disk / "ballast").unlink(missing_ok=True)
        hurt("", None, disk, folder, rng)  # which makes it writable again
        paths = checkpoint_folders(folder / "checkpoints")
        assert all(read_checkpoint(path)[1]["step"] == int(path.name[5:]) for path in paths)
        there = bool(paths)
        done.append(f"{'+'.join(harms) or 'left alone'}: {code}")
    torch.testing.assert_close(result(folder)[0], expected[0], rtol=0, atol=0)
    if not any("raise" in what for what in done):  # one that raises may keep others from hearing of a row
        assert result(folder)[1] == expected[1], f"another log after {done}"
    return done


if __name__ == "__main__":
    runs, first = [*map(int, sys.argv[1:]), *(200, 0)[len(sys.argv) - 1 :]]
    disk, failed = Path(tempfile.mkdtemp(prefix="torture")), 0
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=6m,uid={NOBODY}", "tmpfs", disk], check=True)
    atexit.register(lambda: os.getpid() == PARENT and subprocess.run(["umount", "-l", disk]))
    torch.set_num_threads(1)
    torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])  # these load what they need, while it can be read
    next(Fetch(data).all([[0]], workers=1))
    for seed in range(first, first + runs):
        try:
            print(f"run {seed}: {'; '.join(torture(disk, seed))}", flush=True)
        except Exception as error:
            failed += 1
            for path in disk.iterdir():
                path.unlink() if path.is_file() else shutil.rmtree(path)
            print(f"run {seed} FAILED: {type(error).__name__}: {error}", flush=True)
    print(f"\n{runs - failed} runs ended as if nothing had happened, {failed} failed")
    sys.exit(bool(failed))
