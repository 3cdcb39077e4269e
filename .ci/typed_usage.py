"""What a user would write; mypy and pyright must find nothing wrong in it (it is never run)."""

from pathlib import Path

import torch

from mingpt_nb.config import GPTConfig, InvalidValue
from mingpt_nb.model import GPT, evaluating

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
