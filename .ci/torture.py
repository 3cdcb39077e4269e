"""Hurt many small runs, and see that each ends with the weights of one that was left alone.

    python .ci/torture.py [number of runs, 200] [seed of the first one, 0]

Each run has random settings and callbacks in random order, in a folder on a disk of a few megabytes. One to four
times it is hurt: by SIGKILL, SIGTERM, SIGHUP, SIGINT once or twice, a full disk, a folder that has become read-only,
a callback that raises, or two of these at once. Then it is resumed, until it has finished. What has to hold:

- the final weights, moments, dice and log are those of an undisturbed run, to the last bit;
- a process ends with the code of its signal, or with one line that names the cause, and never with a traceback;
- whenever a process has ended, the folder holds a checkpoint that loads, or none, and then a new run can begin there;
- a run that was to be replaced is whole as long as the new one has no checkpoint.

Loading PyTorch takes longer than a run, so all processes are forks of one that has loaded it. As root, the disk is a
tmpfs of its own and the runs belong to nobody; otherwise a limit on the size of files takes the part of the full disk.
A run that fails is repeated by its seed. Not part of `.ci/run`: 200 runs take a quarter of an hour. Linux only.
"""

import atexit
import csv
import logging
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import torch

from mingpt_nb.training.callbacks import CSVLog, Evaluate, Progress
from mingpt_nb.training.checkpoints import Checkpoints
from mingpt_nb.core.config import GPTConfig, InvalidValue
from mingpt_nb.model import GPT
from mingpt_nb.core.batches import Fetch, TrainerConfig, set_seed
from mingpt_nb.training.states import checkpoint_folders, latest_checkpoint, read_checkpoint
from mingpt_nb.trainer import Diverged, Trainer

NOBODY = 65534
ROOT = os.geteuid() == 0
SIGNALS = dict(kill=[signal.SIGKILL], term=[signal.SIGTERM], hup=[signal.SIGHUP], int=[signal.SIGINT],
               int2=[signal.SIGINT, signal.SIGINT])
HEARD = {signal.SIGTERM, signal.SIGHUP, signal.SIGINT}
HARMS = [*SIGNALS, "full", "readonly", "raise"]
EVENTS = ["on_train_start", "on_batch_start", "on_batch_end", "on_log", "on_train_end"]
CAUSES = ["can't be written", "No space left", "File too large", "Permission denied", "holds no checkpoint",
          "has saved nothing", "holds a run", "raised on purpose"]
OLD_STEPS = 3  # of the run that is replaced
digits = (torch.arange(40)[:, None] * 7 + torch.arange(9)) % 10
data = torch.utils.data.TensorDataset(digits[:, :-1], digits[:, 1:])


class Raised(RuntimeError):
    """What a callback raises on purpose."""


class Raises:
    """Raise at an event, once a number of steps is done."""

    def __init__(self, event, step):
        self.step = step
        setattr(self, event, self.fail)

    def fail(self, trainer):
        if trainer.done >= self.step:
            raise Raised("raised on purpose")


class Tell:
    """Tell the parent of each step."""

    def __init__(self, pipe, pause):
        self.pipe, self.pause = pipe, pause

    def on_batch_start(self, trainer):
        os.write(self.pipe, b".")
        time.sleep(self.pause)


def make_plan(rng: random.Random) -> dict:
    """Draw the settings of a run."""
    interval = rng.choice([1, 3, 7, 10])
    return dict(
        trainer=dict(max_iters=rng.randint(20, 80), batch_size=rng.choice([1, 4, 8]), log_interval=interval,
                     learning_rate=rng.choice([1e-3, 1e-2]), lr_schedule=rng.choice(["constant", "cosine"]),
                     warmup_iters=rng.choice([0, 5]), num_workers=rng.choice([0, 0, 0, 0, 2])),
        model=dict(n_layer=rng.choice([1, 2]), n_head=2, n_embd=rng.choice([8, 16, 32])),
        saves=dict(every_steps=rng.choice([None, 1, 4, 9]), every_minutes=rng.choice([1e-4, 2e-3, 5]),
                   keep=rng.choice([1, 2, 3])),
        evaluate=rng.choice([None, interval, 2 * interval]), order=rng.random(), pause=rng.choice([0, 0, 0.002]),
        replaces=rng.random() < 0.3, rounds=rng.randint(1, 4))


def train(plan, folder, pipe, resume=False, overwrite=False, raises=None, seed=1):
    """Train as the plan says; the seed of a run that is resumed must not matter."""
    set_seed(seed)
    model = GPT(GPTConfig(vocab_size=10, block_size=8, **plan["model"]))
    found = [Checkpoints(folder, resume=resume, overwrite=overwrite, replaced=("log.csv",), **plan["saves"]),
             Evaluate(data, plan["evaluate"], batches=2), CSVLog(folder / "log.csv"), Progress(),
             Tell(pipe, plan["pause"])]
    random.Random(plan["order"]).shuffle(found)
    if raises:
        found.insert(raises[0], Raises(*raises[1:]))
    Trainer(TrainerConfig(device="cpu", **plan["trainer"]), model, data, found).run()


def start(*args, **settings):
    """Run `train` in a process of its own, as the command line would; return what is needed to follow it."""
    reader, writer = os.pipe()
    said = tempfile.TemporaryFile()
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)  # until somebody can hear them
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        os.close(writer)
        return child, reader, said
    code = 1
    try:
        os.close(reader)
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
        if ROOT:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        os.environ["HOME"] = "/nonexistent"
        signal.signal(signal.SIGINT, signal.default_int_handler)
        logging.basicConfig(format="%(message)s", stream=sys.stderr, level=logging.INFO, force=True)
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
            train(*args, pipe=writer, **settings)
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
        code = 0
    except (InvalidValue, OSError, MemoryError, Diverged, Raised) as error:
        print(f"refused: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        code = 130
    except SystemExit as error:
        code = error.code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def end(process, seconds=120):
    """Wait for a process; return its exit code (negative for a signal) and what it said."""
    child, reader, said = process
    late = time.monotonic() + seconds
    while (found := os.waitpid(child, os.WNOHANG)) == (0, 0):
        if time.monotonic() > late:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise AssertionError(f"a process had not ended after {seconds} s")
        time.sleep(0.002)
    os.close(reader)
    said.seek(0)
    text = said.read().decode()
    said.close()
    return os.waitstatus_to_exitcode(found[1]), text


def follow(process, steps):
    """Wait until a process begins a step, or has ended."""
    while steps > 0 and (told := os.read(process[1], steps)):
        steps -= len(told)


class Harm:
    """What is done to a process and its folder, and how it is undone."""

    def __init__(self, disk, folder, rng):
        self.disk, self.folder, self.rng, self.ballast = disk, folder, rng, disk / "ballast"

    def do(self, name, child):
        for number in SIGNALS.get(name, ()):
            try:
                os.kill(child, number)
            except ProcessLookupError:
                return
            time.sleep(0.004)
        if name == "full" and os.path.ismount(self.disk):
            free = shutil.disk_usage(self.disk).free
            try:  # closing the file writes, too
                self.ballast.write_bytes(bytes(max(0, free - self.rng.choice([0, 0, 5000, 50_000, 200_000]))))
            except OSError:
                pass  # it is full
        elif name == "full":
            limit = self.rng.choice([100, 5000, 50_000])
            resource.prlimit(child, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        elif name == "readonly":
            for path in (self.folder, self.folder / "checkpoints"):
                if path.exists():
                    path.chmod(0o500)

    def undo(self):
        self.ballast.unlink(missing_ok=True)
        for path in (self.folder, self.folder / "checkpoints"):
            if path.exists():
                path.chmod(0o700)


def check_end(code, said, harms):
    """See that a process ended as its harms would have it."""
    for sign in ("Traceback", "Logging error", "Exception ignored", "Error in"):
        assert sign not in said, f"{sign} after {harms}:\n{said}"
    codes = {0, 2, *(dict(kill=-9, term=143, hup=129, int=130, int2=130).get(harm, 0) for harm in harms)}
    # a signal that comes before anybody listens, or when all is over, does what it always does
    codes |= {-number for harm in harms for number in SIGNALS.get(harm, ())}
    assert code in codes, f"code {code} after {harms}:\n{said}"
    if code == 2:
        line = [line for line in said.splitlines() if line.startswith("refused: ")][-1]
        assert any(cause in line for cause in CAUSES), f"after {harms}: {line}"
        return line
    return ""


def is_old(state):
    """Tell whether a checkpoint is that of the run which was to be replaced."""
    return state["facts"]["seed"] == 99


def look_at(folder, replaces):
    """See that all checkpoints load, and return what there is: a new run, an old one, or none."""
    paths = checkpoint_folders(folder / "checkpoints")
    found = [read_checkpoint(path)[1] for path in paths]
    if found:
        assert [state["step"] for state in found] == [int(path.name[5:]) for path in paths]
        return "old" if is_old(found[-1]) else "new"
    if replaces:  # it is aside, and comes back
        state = latest_checkpoint(folder / ".replaced" / "checkpoints")
        assert state and is_old(state[2]), "the run that was to be replaced is gone"
    return "none"


def result(folder):
    """Return what a finished run has learned, and its log without times."""
    timed = ("seconds", "tokens_per_second")
    _, weights, state = latest_checkpoint(folder / "checkpoints")
    rows = [{key: value for key, value in row.items() if key not in timed} for row in state["history"]]
    with open(folder / "log.csv", newline="") as file:
        table = [{key: float(row[key]) for key in row if key not in timed and row[key]}
                 for row in csv.DictReader(file)]
    return dict(weights=weights, moments=state["moments"], dice=state["each"][0][0]["torch"],
                step=state["step"]), rows, table


def torture(disk, seed):
    """Hurt one run until it is finished; return what was done to it."""
    rng = random.Random(seed)
    plan, folder, done = make_plan(rng), disk / "run", []
    shutil.rmtree(folder, ignore_errors=True)
    alone = disk / "alone"
    shutil.rmtree(alone, ignore_errors=True)
    code, said = end(start(plan, alone))
    assert code == 0, said
    expected = result(alone)
    shutil.rmtree(alone)
    if plan["replaces"]:
        old = dict(plan, trainer=dict(max_iters=OLD_STEPS, seed=99))
        code, said = end(start(old, folder))
        assert code == 0, said
    harm, there = Harm(disk, folder, rng), "old" if plan["replaces"] else "none"
    for attempt in range(plan["rounds"] + 3):
        hurt = attempt < plan["rounds"]
        harms = rng.sample(HARMS, rng.choice([1, 1, 2])) if hurt else []
        settings = dict(resume=there == "new", overwrite=there != "new" and plan["replaces"],
                        seed=attempt + 2 if there == "new" else 1)
        if "raise" in harms:
            settings["raises"] = rng.randrange(6), rng.choice(EVENTS), rng.randrange(plan["trainer"]["max_iters"])
        process = start(plan, folder, **settings)
        if hurt:
            follow(process, rng.choice([0, 1, rng.randrange(plan["trainer"]["max_iters"])]))
            time.sleep(rng.choice([0, rng.uniform(0, 0.01)]))
            for name in harms:
                harm.do(name, process[0])
                time.sleep(rng.choice([0, rng.uniform(0, 0.005)]))
        code, said = end(process)
        harm.undo()
        line = check_end(code, said, harms)
        there = look_at(folder, plan["replaces"])
        done.append(f"{'+'.join(harms) or 'left alone'}: {code}, {there}")
        if not hurt:
            assert code == 0, said
            break
    (tensors, rows, table), (its_tensors, its_rows, its_table) = result(folder), expected
    torch.testing.assert_close(tensors, its_tensors, rtol=0, atol=0)
    if not any("raise" in what for what in done):  # one that raises may keep others from hearing of a row
        assert rows == its_rows and table == its_table, f"another log after {done}"
    assert not (folder / ".replaced").exists()
    return done


def main(runs=200, first=0):
    disk = Path(tempfile.mkdtemp(prefix="torture"))
    atexit.register(shutil.rmtree, disk, ignore_errors=True)
    parent = os.getpid()
    if ROOT:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk], capture_output=True).returncode:
            print("no tmpfs can be mounted; a limit on the size of files takes its part")
        else:
            atexit.register(lambda: os.getpid() == parent and subprocess.run(["umount", "-l", disk]))
        disk.chmod(0o755)
        os.chown(disk, NOBODY, NOBODY)
    torch.set_num_threads(1)
    torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])  # these load what they need, while it can be read
    next(Fetch(data).all([[0]], workers=1))
    failed, counts = 0, {}
    for seed in range(first, first + runs):
        try:
            done = torture(disk, seed)
        except Exception as error:
            failed += 1
            (disk / "ballast").unlink(missing_ok=True)
            print(f"run {seed} FAILED: {type(error).__name__}: {error}", flush=True)
            continue
        for what in done:
            name = what.split(",")[0]
            counts[name] = counts.get(name, 0) + 1
        print(f"run {seed}: {'; '.join(done)}", flush=True)
    print(f"\n{runs - failed} runs ended as if nothing had happened, {failed} failed")
    for name in HARMS:
        codes = {what.split(": ")[1]: n for what, n in counts.items() if what.startswith(name + ":")}
        print(f"{name:9} alone, exit codes: {codes}")
    return failed


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
