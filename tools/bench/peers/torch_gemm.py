"""One matrix product by PyTorch: float32 (MKL) or bf16 (oneDNN)."""
import json
import sys
import time

import torch

from serve import serve

s = json.loads(sys.argv[1])
# One thread is measured by its processor time, which other programs do not lengthen.
clock = time.process_time if s["threads"] == 1 else time.perf_counter
torch.set_num_threads(s["threads"])
m, n, k = s["m"], s["n"], s["k"]
dtype = torch.bfloat16 if s.get("precision") == "bfloat16" else torch.float32


def matrix(rows, columns, is_transposed):
    x = torch.randn((columns, rows) if is_transposed else (rows, columns), dtype=dtype)
    return x.T if is_transposed else x


a, b = matrix(m, k, s["layout"][0] == "T"), matrix(k, n, s["layout"][1] == "T")
out = torch.empty((m, n), dtype=dtype)


@torch.no_grad()
def unit():
    start = clock()
    for _ in range(s["repeats"]):
        torch.mm(a, b, out=out)
    return (clock() - start) / s["repeats"]


unit()
serve(unit)
