"""llama.cpp at growing prompts, through its C interface: for each line with a number of tokens, the time until the first
new token is there and the time of one more token after it. A prompt goes on from the one before, whose time is added:
llama.cpp reads 512 tokens at once anyway."""
import ctypes
import json
import sys
import time

import llama_cpp as C

s = json.loads(sys.argv[1])
LOG = C.llama_log_callback(lambda *_: None)
C.llama_log_set(LOG, ctypes.c_void_p(0))
C.llama_backend_init()
model = C.llama_model_load_from_file(s["modelPath"].encode(), C.llama_model_default_params())
params = C.llama_context_default_params()
params.n_ctx, params.n_batch, params.n_ubatch = 8192, 512, 512
params.n_threads = params.n_threads_batch = s["threads"]
context = C.llama_init_from_model(model, params)
sampler = C.llama_sampler_init_greedy()
batch = C.llama_batch_init(512, 0, 1)


def decode(tokens, position):
    """The token after these."""
    batch.n_tokens = len(tokens)
    for i, token in enumerate(tokens):
        batch.token[i], batch.pos[i] = token, position + i
        batch.n_seq_id[i], batch.seq_id[i][0] = 1, 0
        batch.logits[i] = i == len(tokens) - 1
    assert C.llama_decode(context, batch) == 0
    return C.llama_sampler_sample(sampler, context, batch.n_tokens - 1)


read, spent = 0, 0.0


def measure(prompt):
    global read, spent
    memory = C.llama_get_memory(context)
    if prompt <= read:
        C.llama_memory_clear(memory, True)
        read, spent = 0, 0.0
    ids = [100 + (i * 7919) % 40000 for i in range(prompt)]
    start = time.perf_counter()
    while read < prompt:
        token = decode(ids[read : read + 512], read)
        read = min(read + 512, prompt)
    spent += time.perf_counter() - start
    start = time.perf_counter()
    steps = s["tokens"] - 1
    for step in range(steps):
        token = decode([token], prompt + step)
    taken = (time.perf_counter() - start) / steps
    C.llama_memory_seq_rm(memory, 0, prompt, -1)
    return {"first": spent, "decode": taken}


measure(64)
print("ready", flush=True)
for line in sys.stdin:
    print(json.dumps(measure(int(line))), flush=True)
