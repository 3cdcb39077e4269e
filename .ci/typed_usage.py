"""What a user would write; mypy must find nothing wrong in it (it is never run)."""

from pathlib import Path

import numpy as np
import torch

from mingpt_nb.bpe import BPETokenizer, Encoder, get_encoder
from mingpt_nb.core.config import GPTConfig, GPTDraft
from mingpt_nb.core.sampling import Choices, stream
from mingpt_nb.model import GPT
from mingpt_nb.speed.fast import fast
from mingpt_nb.speed.quantize import quantize
from mingpt_nb.text.tokenizers import CharTokenizer, load_tokenizer, save_tokenizer
from mingpt_nb.text.windows import TokenDataset
from mingpt_nb.trainer import Callback, Trainer, TrainerConfig
from mingpt_nb.training.callbacks import CSVLog, EarlyStopping, Evaluate, Progress
from mingpt_nb.training.checkpoints import Checkpoints
from mingpt_nb.training.engine import TorchEngine
from mingpt_nb.training.muon import make_muon
from mingpt_nb.training.runs import RunConfig

default = GPT.get_default_config()
default.model_type = "gpt2"
sizes: list[int] = [default.resolve().n_layer, GPTDraft(model_type="gpt2").resolve().n_embd]
model = GPT(GPTConfig(n_layer=2, n_head=2, n_embd=32, vocab_size=65, block_size=32))
x = torch.randint(65, (4, 32), device=model.device)
logits, loss = model(x, x)
loss.backward()
print(loss.item(), logits.shape, model.n_params, model.config.vocab_size - 1, model.transformer.wte.weight.dtype)
ids: list[int] = model.generate(x, 5)[0].tolist()
rows: list[torch.Tensor] = model.generate([[1, 2], [3]], 5, 0.8, True, 10, stop=[7])
for token in stream(model, x, max_new_tokens=5, choices=Choices(temperature=0.7, do_sample=True)):
    print(token[0].item(), sum(parameter.numel() for parameter in model.decay_groups()[0].values()))
model.save_pretrained(Path("out") / "model")
again: GPT = GPT.from_pretrained("out/model").to("cpu").eval()
print(fast(again), quantize(again, "int8"), again.config.to_dict())

encoder: Encoder = get_encoder()
pairs: list[int] = encoder.encode("hello")
print(encoder.decode(pairs), len(encoder), BPETokenizer()("hello").shape)
save_tokenizer(Path("out") / "tokenizer", CharTokenizer("abc"))
if characters := load_tokenizer("out/tokenizer"):
    print(characters.decode(characters.encode("cab")))


class Stop(Callback):
    def on_log(self, trainer: Trainer) -> None:
        if trainer.history[-1]["loss"] < 0.1:
            trainer.stop()


data = TokenDataset(np.arange(1000) % 65, block_size=32)
settings = TrainerConfig(max_iters=10, batch_size=4, betas=(0.9, 0.99), lr_schedule="cosine")
settings.learning_rate = 1e-3
trainer = Trainer(settings, model, data, callbacks=[
    Checkpoints(Path("out"), every_minutes=1, resume=True), Evaluate(data, 5), Progress(), CSVLog("out/log.csv"),
    EarlyStopping(3), Stop()], engine=TorchEngine(), make_optimizer=make_muon)
trainer.add_callback("on_batch_end", lambda t: print(t.iter_num, t.loss.item()))
trainer.run()
print(trainer.iter_dt, trainer.device.type, min(row["loss"] for row in trainer.history))
run = RunConfig(max_iters=5, optimizer="muon", work_dir=Path("out") / "run")
