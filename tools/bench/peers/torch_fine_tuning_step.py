"""One step of fine-tuning SmolLM2 in PyTorch eager with PEFT, float32: forward, backward, AdamW."""
import json
import os
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from memory import memory_meter
from serve import serve

s = json.loads(sys.argv[1])
memory = memory_meter()
torch.set_num_threads(s["threads"])
torch.manual_seed(0)
folder, name = os.path.split(s["modelPath"])
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
if s.get("isCheckpointed"):
    model.gradient_checkpointing_enable()
    model.enable_input_require_grads()
if s["rank"] > 0:
    config = LoraConfig(r=s["rank"], lora_alpha=2 * s["rank"], lora_dropout=0, target_modules="all-linear")
    model = get_peft_model(model, config)
model.train()
trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=1e-4)
ids = torch.randint(0, 49152, (s["batch"], s["time"]))
labels = torch.randint(0, 49152, (s["batch"], s["time"]))


def step():
    start = time.perf_counter()
    logits = model(input_ids=ids, use_cache=False).logits
    loss = torch.nn.functional.cross_entropy(logits.view(-1, logits.shape[-1]), labels.view(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    loss.item()
    return time.perf_counter() - start


for _ in range(2):
    step()
serve(step, memory)
