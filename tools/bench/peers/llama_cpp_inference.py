"""SmolLM2 in llama.cpp on the quantised file, through its C interface: prefill, greedy decoding, loading."""
import ctypes
import json
import sys
import time

import llama_cpp as C

from serve import serve

s = json.loads(sys.argv[1])
LOG = C.llama_log_callback(lambda *_: None)
C.llama_log_set(LOG, ctypes.c_void_p(0))
C.llama_backend_init()
ids = [100 + (i * 7919) % 40000 for i in range(s["prompt"])]
rows = s["batch"]


def load():
    model = C.llama_model_load_from_file(s["modelPath"].encode(), C.llama_model_default_params())
    params = C.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch = 2048, 512, 512
    params.n_threads = params.n_threads_batch = s["threads"]
    params.n_seq_max = rows
    return model, C.llama_init_from_model(model, params)


model, context = load()
sampler = C.llama_sampler_init_greedy()
batch = C.llama_batch_init(max(512, rows), 0, rows)


def decode(entries):
    """entries: (token, position, row); logits of each row's last one."""
    batch.n_tokens = len(entries)
    last = {row: i for i, (_, _, row) in enumerate(entries)}
    for i, (token, position, row) in enumerate(entries):
        batch.token[i], batch.pos[i] = token, position
        batch.n_seq_id[i], batch.seq_id[i][0] = 1, row
        batch.logits[i] = last[row] == i
    assert C.llama_decode(context, batch) == 0
    return [C.llama_sampler_sample(sampler, context, last[row]) for row in range(rows)]


def unit():
    if s["kind"] == "load":
        start = time.perf_counter()
        again, its_context = load()
        taken = time.perf_counter() - start
        C.llama_free(its_context)
        C.llama_model_free(again)
        return taken
    C.llama_memory_clear(C.llama_get_memory(context), True)
    start = time.perf_counter()
    tokens = decode([(token, i, row) for row in range(rows) for i, token in enumerate(ids)])
    if s["kind"] == "prefill":
        return time.perf_counter() - start
    start = time.perf_counter()
    for step in range(s["tokens"]):
        tokens = decode([(token, len(ids) + step, row) for row, token in enumerate(tokens)])
    return time.perf_counter() - start


unit()
serve(unit)
