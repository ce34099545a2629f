"""One training step of Transformers' GPT-2 in PyTorch eager: forward, backward, AdamW. Float32, dropout off."""
import json
import sys
import time

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from memory import memory_meter
from serve import serve

s = json.loads(sys.argv[1])
memory = memory_meter()
torch.set_num_threads(s["threads"])
torch.manual_seed(0)
config = GPT2Config(
    n_layer=s["layers"], n_embd=s["width"], n_head=s["heads"], vocab_size=s["vocabulary"],
    n_positions=max(1024, s["time"]), resid_pdrop=0, embd_pdrop=0, attn_pdrop=0,
)
model = GPT2LMHeadModel(config)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
ids = torch.randint(0, s["vocabulary"], (s["batch"], s["time"]))
labels = torch.randint(0, s["vocabulary"], (s["batch"], s["time"]))


forward = torch.compile(model) if s.get("isCompiled") else model


def step():
    start = time.perf_counter()
    logits = forward(ids, use_cache=False).logits
    loss = torch.nn.functional.cross_entropy(logits.view(-1, s["vocabulary"]), labels.view(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    loss.item()
    return time.perf_counter() - start


for _ in range(3):
    step()
serve(step, memory)
