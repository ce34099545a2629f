"""A dynamically quantised Linear by PyTorch: weights in 8 bits with one scale an output, inputs rounded when it runs."""
import json
import sys
import time
import warnings

import torch

from serve import serve

warnings.filterwarnings("ignore")  # PyTorch moves this to another package

s = json.loads(sys.argv[1])
# One thread is measured by its processor time, which other programs do not lengthen.
clock = time.process_time if s["threads"] == 1 else time.perf_counter
torch.set_num_threads(s["threads"])
torch.backends.quantized.engine = s["engine"]
m, n, k = s["m"], s["n"], s["k"]
x, weight = torch.randn(m, k), torch.randn(n, k)
scales = (weight.abs().amax(1) / 127).double()
quantised = torch.quantize_per_channel(weight, scales, torch.zeros(n, dtype=torch.long), 0, torch.qint8)
packed = torch.ops.quantized.linear_prepack(quantised, None)


@torch.no_grad()
def unit():
    start = clock()
    for _ in range(s["repeats"]):
        torch.ops.quantized.linear_dynamic(x, packed, False)
    return (clock() - start) / s["repeats"]


unit()
serve(unit)
