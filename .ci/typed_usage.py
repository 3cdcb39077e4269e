"""What a user would write; mypy and pyright must find nothing wrong in it (it is never run)."""

from pathlib import Path

import numpy as np
import torch

from mingpt_nb.bpe import BPETokenizer, Encoder, get_encoder
from mingpt_nb.training.callbacks import CSVLog, EarlyStopping, Evaluate, Progress
from mingpt_nb.training.checkpoints import Checkpoints
from mingpt_nb.core.config import GPTConfig, InvalidValue
from mingpt_nb.text.windows import CharTokenizer, TokenDataset
from mingpt_nb.model import GPT, evaluating
from mingpt_nb.training.muon import UseMuon
from mingpt_nb.training.precision import Precision
from mingpt_nb.training.engine import Parts
from mingpt_nb.training.runs import RunConfig
from mingpt_nb.core.batches import TrainerConfig
from mingpt_nb.trainer import Trainer

config = GPTConfig(model_type="gpt-nano", vocab_size=65, block_size=32)
config.n_layer = None
default = GPT.get_default_config()
default.model_type = "gpt2"
model = GPT(config)
x = torch.randint(65, (4, 32))
logits, loss = model(x, x)
loss.backward()
print(loss.item(), logits.shape, model.n_params, model.config.vocab_size)
ids: list[int] = model.generate(x, 5)[0].tolist()
rows: list[torch.Tensor] = model.generate([[1, 2], [3]], 5, 0.8, True, 10, stop=[7])
print(len(rows[0]), model.generate(x, max_new_tokens=5, do_sample=True, top_p=0.9).shape)
for token in model.stream(x, 5, temperature=0.7, do_sample=True):
    print(token[0].item())
with evaluating(model):
    scores = model(x)[0][:, -1].softmax(dim=-1)
decay, no_decay = model.decay_groups()
print(sum(parameter.numel() for parameter in decay.values()))
model.save_pretrained(Path("out") / "model")
again = GPT.from_pretrained("out/model").to("cpu").eval()
print(again.generate(x, 5).shape, again.config.to_dict())
try:
    GPT(GPTConfig(n_layer=2))
except InvalidValue as error:
    print(error)

encoder: Encoder = get_encoder()
pairs: list[int] = encoder.encode("hello")
encoder.save(Path("out") / "tokenizer")
print(encoder.decode(pairs), len(encoder), BPETokenizer()("hello").shape)
characters = CharTokenizer("abc")
characters.save("out/characters")
print(characters.decode(characters.encode("cab")))

data = TokenDataset(np.arange(1000) % 65, block_size=32)
settings = TrainerConfig(max_iters=10, batch_size=4, betas=(0.9, 0.99), lr_schedule="cosine")
settings.learning_rate = 1e-3


class Stop:
    def on_log(self, trainer: Trainer):
        if trainer.history[-1]["loss"] < 0.1:
            trainer.stop()


trainer = Trainer(settings, model, data, callbacks=[
    Checkpoints(Path("out"), every_minutes=1, resume=True), Evaluate(data, 5), Progress(),
    CSVLog("out/log.csv"), EarlyStopping(3), Parts(2), Precision("bf16"), UseMuon(), Stop()])
trainer.add_callback("on_batch_end", lambda t: print(t.iter_num, t.loss.item()))
trainer.set_callback("on_log", print)
trainer.run()
print(trainer.loss.item(), trainer.iter_num, trainer.iter_dt, trainer.device.type, trainer.model)
print(min(row["loss"] for row in trainer.history))
run = RunConfig(max_iters=5, optimizer="muon", work_dir=Path("out") / "run")
run.work_dir = "out/run"
