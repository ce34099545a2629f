"""SmolLM2 in PyTorch, on the dequantised GGUF weights in float32 or bfloat16: prefill, or greedy decoding."""
import json
import os
import sys
import time

import torch
from transformers import AutoModelForCausalLM

from serve import serve

s = json.loads(sys.argv[1])
torch.set_num_threads(s["threads"])
folder, name = os.path.split(s["modelPath"])
dtype = getattr(torch, s["dtype"])
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32).to(dtype).eval()
ids = torch.tensor([[100 + (i * 7919) % 40000 for i in range(s["prompt"])]] * s["batch"])


@torch.no_grad()
def unit():
    start = time.perf_counter()
    out = model(ids, use_cache=True, logits_to_keep=1)
    if s["kind"] == "prefill":
        return time.perf_counter() - start
    token = out.logits[:, -1:].argmax(-1)
    start = time.perf_counter()
    for _ in range(s["tokens"]):
        out = model(token, past_key_values=out.past_key_values, use_cache=True)
        token = out.logits[:, -1:].argmax(-1)
    return time.perf_counter() - start


unit()
serve(unit)
