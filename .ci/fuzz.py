"""Ask for the impossible, at random: texts, settings, damaged files, seeds, schedules; each time it has to come out right.

    python .ci/fuzz.py                       quick, the same examples every time: what CI does
    python .ci/fuzz.py --long tokenizer      twenty times as many, others each time; all areas, or those named

What hypothesis finds is made as small as possible and printed. The fix belongs on the page that owns the module, with a test.
"""

import argparse
import dataclasses
import json
import logging
import math
import string
import sys
import tempfile
import time
import typing
from functools import cache
from pathlib import Path

import numpy as np
import tiktoken
import torch
from huggingface_hub import hf_hub_download
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tiktoken.load import data_gym_to_mergeable_bpe_ranks

from mingpt_nb.bpe import GPT2_FILES, PATTERNS, get_encoder, train_bpe
from mingpt_nb.projects.chargpt import DataConfig, split
from mingpt_nb.core.config import PRESETS, GPTConfig, InvalidValue
from mingpt_nb.text.windows import CharTokenizer, TokenDataset, save_tokenizer
from mingpt_nb.data import load_tokenizer
from mingpt_nb.model import GPT
from mingpt_nb.pretrained import load_tokenizer as load_foreign_tokenizer
from mingpt_nb.core.batches import TrainerConfig, random_batch, scheduled_lr
from mingpt_nb.projects.tasks import TaskDataset

AREAS = {}
SPECIAL = "<|endoftext|>"
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)  # all of Unicode, but for lone surrogates
mixed = st.lists(st.one_of(texts, st.sampled_from([SPECIAL, "<|endof", "text|>", " ", "\n\n", "'s", "'LL", "1234", "\u00a0", "\u2028"])),
                 max_size=6).map("".join)
numbers = st.one_of(st.integers(-3, 40), st.floats(), st.integers(), st.sampled_from([10**400, -(10**400), math.inf, math.nan]))
anything = st.recursive(st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=8)),
                        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=4)


def fuzz(area, examples):
    """Register a property with the number of its quick examples."""
    def register(function):
        AREAS.setdefault(area, []).append((function, examples))
        return function
    return register


@cache
def openai():
    """Return tiktoken's GPT-2, and ours."""
    vocab, merges = (hf_hub_download("openai-community/gpt2", name) for name in GPT2_FILES)
    return tiktoken.Encoding("gpt2", pat_str=PATTERNS["gpt2"], special_tokens={SPECIAL: 50256},
                             mergeable_ranks=data_gym_to_mergeable_bpe_ranks(merges, vocab)), get_encoder()


@fuzz("tokenizer", 400)
@given(mixed)
def ids_are_those_of_tiktoken(text):
    theirs, ours = openai()
    ids = ours.encode(text)
    assert ids == theirs.encode_ordinary(text)
    assert ours.decode(ids) == text and ours.decode_bytes(ids) == text.encode()
    special = ours.encode(text, allowed_special="all")
    assert special == theirs.encode(text, allowed_special="all") and ours.decode(special) == text


@fuzz("tokenizer", 200)
@given(st.lists(st.integers(0, 50256), max_size=12))
def any_ids_are_decoded_as_by_tiktoken(ids):
    theirs, ours = openai()
    assert ours.decode(ids) == theirs.decode(ids) == "".join(ours.decode_iter(ids))


@fuzz("tokenizer", 100)
@given(st.lists(mixed, max_size=5))
def a_stream_has_the_ids_of_the_whole(chunks):
    _, ours = openai()
    assert list(ours.encode_iter(chunks)) == ours.encode("".join(chunks))
    assert list(ours.encode_iter(chunks, "all")) == ours.encode("".join(chunks), "all")


@fuzz("tokenizer", 60)
@given(mixed.filter(bool), mixed, st.integers(257, 300), st.sampled_from(sorted(PATTERNS)))
def learned_vocabularies_spell_everything_and_are_kept(text, other, size, pattern):
    learned = train_bpe(text, size, pattern)
    for each in (text, other):
        assert learned.decode(learned.encode(each)) == each
    with tempfile.TemporaryDirectory() as folder:
        save_tokenizer(folder, learned, 8)
        assert load_tokenizer(folder).encode(other) == learned.encode(other)
        characters = CharTokenizer(text)
        save_tokenizer(folder, characters, 8)
        assert load_tokenizer(folder).decode(characters.encode(text)) == text


def fields_of(kind):
    """Return a strategy for keyword arguments of a dataclass, some likely, some impossible."""
    hints, names = typing.get_type_hints(kind), [field.name for field in dataclasses.fields(kind)]

    def likely(name):
        choices = [choice for part in (hints[name], *typing.get_args(hints[name])) for choice in typing.get_args(part)
                   if isinstance(choice, str)]
        sizes = st.sampled_from([1, 2, 4, 8, 16]) if "int" in str(hints[name]) else st.floats(0, 1, exclude_max=True)
        return st.sampled_from(choices) if choices else st.booleans() if "bool" in str(hints[name]) else sizes

    return st.fixed_dictionaries({}, optional={name: st.one_of(likely(name), likely(name), numbers, anything) for name in names})


@fuzz("configuration", 600)
@given(fields_of(GPTConfig), st.booleans())
def a_configuration_is_resolved_or_refused(values, sized):
    if sized:
        values = dict(n_layer=2, n_head=2, n_embd=8, vocab_size=11, block_size=8) | values | dict(model_type=None)
    try:
        config = GPTConfig(**values).resolve()
    except InvalidValue as error:
        assert "must be" in str(error)
        return
    assert config.resolve() == config
    assume(max(config.n_layer, config.n_embd, config.vocab_size, config.block_size) <= 64)
    logits, _ = GPT(config).eval()(torch.zeros(1, 1, dtype=torch.long))  # what resolves can be built, and computes numbers
    assert logits.isfinite().all()


@fuzz("configuration", 400)
@given(fields_of(TrainerConfig))
def settings_are_checked_or_refused(values):
    config = TrainerConfig(**values)
    try:
        config.check()
    except InvalidValue as error:
        assert "must be" in str(error)
        return
    assert all(math.isfinite(scheduled_lr(step, config)) for step in (0, 1, 10**6))
    again = TrainerConfig()
    again.merge_from_dict(config.to_dict())
    again.check()


@fuzz("schedules", 400)
@given(st.sampled_from(["constant", "linear", "cosine"]), st.floats(1e-8, 1e3), st.floats(0, 1), st.integers(0, 300), st.integers(0, 300))
def a_rate_rises_then_falls_within_its_bounds(schedule, peak, share, warmup, length):
    config = TrainerConfig(lr_schedule=schedule, learning_rate=peak, min_lr=peak * share, warmup_iters=warmup, max_iters=length)
    config.check()
    rates = [scheduled_lr(step, config) for step in range(max(warmup, length) + 3)]
    rising, falling = rates[:warmup], rates[warmup:]
    assert all(0 < rate <= peak * (1 + 1e-12) for rate in rates) or share == 0
    assert all(math.isclose(b - a, peak / warmup, rel_tol=1e-6) for a, b in zip(rising, rising[1:]))
    assert all(b <= a * (1 + 1e-12) for a, b in zip(falling, falling[1:]))
    assert min(falling) >= config.min_lr * (1 - 1e-12)
    assert not rising or math.isclose(rising[-1], peak)
    if schedule != "constant" and length > warmup:
        assert math.isclose(falling[0], peak) and math.isclose(falling[-1], config.min_lr, abs_tol=1e-12 * peak)


@fuzz("batches", 200)
@given(st.integers(1, 10**12), st.integers(1, 64), st.integers(0, 2**63), st.integers(0, 10**6))
def a_batch_is_a_function_of_seed_and_step(n, size, seed, step):
    np.random.seed(step % 7)
    first = random_batch(n, size, seed, step)
    torch.manual_seed(step % 5)
    np.random.seed(seed % 11)
    assert first == random_batch(n, size, seed, step)
    assert len(first) == size and all(type(i) is int and 0 <= i < n for i in first)
    assert n < 10**6 or random_batch(n, size, seed, step + 1) != first != random_batch(n, size, seed + 1, step)


@fuzz("batches", 200)
@given(st.integers(1, 30), st.integers(1, 40), st.integers(1, 200))
def windows_are_slices_and_held_out_text_is_read_once(block_size, stride, length):
    tokens = np.arange(length)
    try:
        data = TokenDataset(tokens, block_size, stride)
    except InvalidValue:
        assert length <= block_size
        return
    x, y = data.batch(range(len(data)))
    for i, (a, b) in enumerate(zip(x.tolist(), y.tolist())):
        assert a == list(range(i * stride, i * stride + block_size)) and b == [token + 1 for token in a]
    assert len(data) * stride + block_size + 1 > length  # another window wouldn't fit
    if stride == block_size:
        assert y.flatten().tolist() == list(range(1, len(data) * block_size + 1))


@fuzz("batches", 100)
@given(st.integers(5, 3000), st.integers(1, 400))
def each_example_is_trained_on_or_tested(n, size):
    learn, test = (TaskDataset(n, part, size) for part in ("train", "test"))
    assert sorted([*learn.numbers(range(len(learn))), *test.numbers(range(len(test)))]) == list(range(n))


@fuzz("batches", 100)
@given(texts, st.integers(1, 12), st.floats(0, 1))
def a_text_is_split_without_overlap(text, block_size, fraction):
    try:
        train, held_out, _ = split(DataConfig(block_size, fraction), text)
    except InvalidValue:
        return
    characters = CharTokenizer(text)
    assert characters.decode(train.tokens) + characters.decode(held_out.tokens) == text


@cache
def healthy():
    """Return the files of a small checkpoint, and its logits."""
    torch.manual_seed(0)
    config = GPTConfig(n_layer=1, n_head=2, n_embd=8, vocab_size=270, block_size=8)
    with tempfile.TemporaryDirectory() as folder:
        GPT(config).save_pretrained(folder, train_bpe("a text to learn from, a text " * 3, 270))
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def opens_or_refuses(files):
    """Open a checkpoint of these files: either it works, or one line says why not."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        try:
            model, tokenizer = GPT.from_pretrained(folder), load_foreign_tokenizer(folder)
            model(torch.zeros(1, 1, dtype=torch.long))
            assert tokenizer is None or isinstance(tokenizer.encode("a text"), (list, torch.Tensor))
        except (InvalidValue, OSError) as error:
            assert "\n" not in str(error) and len(str(error)) < 2000
        assert all((Path(folder) / name).read_bytes() == content for name, content in files.items())


@fuzz("files", 150)
@given(st.data())
def damaged_bytes_are_refused_or_harmless(data):
    files = dict(healthy())
    name = data.draw(st.sampled_from(sorted(files)))
    content = bytearray(files[name])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, min(len(content), 1500)))  # where headers are
        what = data.draw(st.sampled_from(["change", "insert", "cut", "end"]))
        some = data.draw(st.binary(min_size=1, max_size=4))
        content = {"change": content[:at] + some + content[at + len(some) :], "insert": content[:at] + some + content[at:],
                   "cut": content[:at] + content[at + len(some) :], "end": content[:at]}[what]
    opens_or_refuses(files | {name: bytes(content)})


@fuzz("files", 250)
@given(st.data())
def strange_json_is_refused_or_harmless(data):
    """A value somewhere in a JSON file, or in the header of the tensors, is replaced, left out, or put elsewhere."""
    files = dict(healthy())
    name = data.draw(st.sampled_from(sorted(name for name in files if name.endswith(("json", "safetensors")))))
    content, rest = files[name], b""
    if name.endswith("safetensors"):
        size = int.from_bytes(content[:8], "little")
        content, rest = content[8 : 8 + size], content[8 + size :]
    whole = holder = [json.loads(content)]
    place = 0
    for _ in range(data.draw(st.integers(0, 4))):
        if not isinstance(holder[place], (dict, list)) or not holder[place]:
            break
        holder = holder[place]
        place = data.draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(min(len(holder), 20))))
    what = data.draw(st.sampled_from(["replace", "remove", "rename"]))
    if what == "replace" or not isinstance(holder, dict):
        holder[place] = data.draw(anything)
    elif what == "remove":
        del holder[place]
    else:
        holder[data.draw(st.text(string.ascii_letters, max_size=5))] = holder.pop(place)
    content = json.dumps(whole[0]).encode()
    if name.endswith("safetensors"):
        content = len(content).to_bytes(8, "little") + content + rest
    opens_or_refuses(files | {name: content})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("areas", nargs="*", metavar="area", help="tokenizer, configuration, schedules, batches, files")
    parser.add_argument("--long", action="store_true", help="twenty times as many examples, others each time")
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # of vocabularies that stay small
    common = dict(deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True)
    failed = 0
    for area, properties in AREAS.items():
        for function, examples in properties if area in (options.areas or AREAS) else ():
            begun, examples = time.perf_counter(), examples * (20 if options.long else 1)
            said = "holds"
            try:
                settings(max_examples=examples, derandomize=not options.long, **common)(function)()
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                import traceback
                traceback.print_exception(error, limit=-3)
                said, failed = "FAILS", failed + 1
            print(f"{area:13} {function.__name__:58} {said} for {examples:,} ({time.perf_counter() - begun:.0f} s)", flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
