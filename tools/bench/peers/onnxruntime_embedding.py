"""Sentence embeddings in onnxruntime, the engine of transformers.js; the model is exported first."""
import json
import os
import sys
import tempfile
import time

import onnxruntime
import torch
from embedding_input import pooled, token_ids
from serve import serve
from transformers import AutoModel

s = json.loads(sys.argv[1])
ids = token_ids(s["batch"], s["time"])
mask = torch.ones_like(ids)


class Body(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state


def export(path):
    model = Body(AutoModel.from_pretrained(s["modelPath"]).eval())
    torch.onnx.export(model, (ids, mask), path, input_names=["input_ids", "attention_mask"], output_names=["hidden"], dynamo=True)


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "model.onnx")
    export(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = s["threads"]
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
inputs = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}


def unit():
    start = time.perf_counter()
    for _ in range(s["repeats"]):
        (hidden,) = session.run(None, inputs)
        pooled(torch.from_numpy(hidden), mask).numpy()
    return (time.perf_counter() - start) / s["repeats"]


for _ in range(5):
    unit()
serve(unit)
