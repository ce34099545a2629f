"""SmolLM2 in llama.cpp on the quantised file: prefill, or greedy decoding after a prompt, in its own loop."""
import json
import sys
import time

from llama_cpp import Llama

from serve import serve

s = json.loads(sys.argv[1])
llama = Llama(s["modelPath"], n_ctx=2048, n_batch=512, n_threads=s["threads"], n_threads_batch=s["threads"], verbose=False)
ids = [100 + (i * 7919) % 40000 for i in range(s["prompt"])]


def unit():
    llama.reset()
    start = time.perf_counter()
    llama.eval(ids)
    if s["kind"] == "prefill":
        return time.perf_counter() - start
    start = time.perf_counter()
    for _ in range(s["tokens"]):
        llama.eval([llama.sample(temp=0.0)])
    return time.perf_counter() - start


unit()
serve(unit)
