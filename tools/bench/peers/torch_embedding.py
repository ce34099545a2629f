"""Sentence embeddings in PyTorch: one batch of token ids, mean pooling, length 1."""
import json
import sys
import time

import torch
from embedding_input import pooled, token_ids
from serve import serve
from transformers import AutoModel


def main(dtype):
    s = json.loads(sys.argv[1])
    torch.set_num_threads(s["threads"])
    model = AutoModel.from_pretrained(s["modelPath"], dtype=dtype).eval()
    ids = token_ids(s["batch"], s["time"])
    mask = torch.ones_like(ids)

    @torch.no_grad()
    def unit():
        start = time.perf_counter()
        for _ in range(s["repeats"]):
            pooled(model(input_ids=ids, attention_mask=mask).last_hidden_state, mask).float().numpy()
        return (time.perf_counter() - start) / s["repeats"]

    for _ in range(5):
        unit()
    serve(unit)


if __name__ == "__main__":
    main(torch.float32)
