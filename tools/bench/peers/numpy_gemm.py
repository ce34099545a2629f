"""One float32 matrix product by numpy's OpenBLAS, which chooses its kernel for this processor."""
import json
import sys
import time

import numpy as np

from serve import serve

s = json.loads(sys.argv[1])
# One thread is measured by its processor time, which other programs do not lengthen.
clock = time.process_time if s["threads"] == 1 else time.perf_counter
m, n, k = s["m"], s["n"], s["k"]
random = np.random.default_rng(0)


def matrix(rows, columns, is_transposed):
    shape = (columns, rows) if is_transposed else (rows, columns)
    x = random.standard_normal(shape, dtype=np.float32)
    return x.T if is_transposed else x


a, b = matrix(m, k, s["layout"][0] == "T"), matrix(k, n, s["layout"][1] == "T")
out = np.empty((m, n), np.float32)


def unit():
    start = clock()
    for _ in range(s["repeats"]):
        np.matmul(a, b, out=out)
    return (clock() - start) / s["repeats"]


unit()
serve(unit)
