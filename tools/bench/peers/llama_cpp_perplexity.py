"""llama.cpp's perplexity of a .gguf file over windows of token ids that lie side by side: each window starts afresh and
predicts the token after each of its own.

    python llama_cpp_perplexity.py FILE.gguf IDS.json BLOCK THREADS
"""
import json
import sys

import numpy as np
from llama_cpp import Llama

path, ids_path, block, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
with open(ids_path, encoding="utf-8") as file:
    ids = json.load(file)
model = Llama(path, n_ctx=block, n_batch=block, n_threads=threads, n_threads_batch=threads, logits_all=True, verbose=False)
nats, count = 0.0, 0
for start in range(0, len(ids) - 1, block):
    window = ids[start : start + block]
    labels = np.array(ids[start + 1 : start + block + 1])
    model.reset()
    model.eval(window)
    logits = model.scores[: len(labels)].astype(np.float64)
    top = logits.max(axis=1)
    nats += (top + np.log(np.exp(logits - top[:, None]).sum(axis=1)) - logits[np.arange(len(labels)), labels]).sum()
    count += len(labels)
print(json.dumps({"perplexity": float(np.exp(nats / count)), "tokens": count}))
