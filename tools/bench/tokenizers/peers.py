"""The peers of Python: `tokenizers`, `tiktoken`, `sentencepiece`; the protocol of contestant-protocol.mjs. One thread."""
import json
import os
import sys
import time

s = json.loads(sys.argv[1])
os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
SECONDS = 0.25
path = lambda ending: os.path.join(s["folder"], f"{s['vocabulary']}.{ending}")

PATTERNS = {
    "gpt2": r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s""",
    "cl100k": r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s""",
    "o200k": "|".join([
        r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
        r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
        r"""\p{N}{1,3}""", r""" ?[^\s\p{L}\p{N}]+[\r\n/]*""", r"""\s*[\r\n]+""", r"""\s+(?!\S)""", r"""\s+"""]),
}


def make_tokenizers():
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(path("json"))
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids, tokenizer.decode


def make_tiktoken():
    import base64

    import tiktoken

    with open(path("tiktoken"), "rb") as file:
        lines = [line.split() for line in file.read().splitlines() if line]
    ranks = {base64.b64decode(token): int(rank) for token, rank in lines}
    encoding = tiktoken.Encoding(
        s["vocabulary"], pat_str=PATTERNS[s["vocabulary"]], mergeable_ranks=ranks, special_tokens={})
    return encoding.encode_ordinary, encoding.decode


def make_sentencepiece():
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_file=path("model"))
    return processor.encode, processor.decode


make = {"tokenizers": make_tokenizers, "tiktoken": make_tiktoken, "sentencepiece": make_sentencepiece}[s["library"]]
prepared = {}


def timed(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def share(documents, run):
    left, count = SECONDS, 0
    while count < len(documents) and left > 0:
        left -= timed(lambda: run(documents[count]))
        count += 1
    return documents[:count]


def prepare(corpus):
    with open(os.path.join(s["folder"], corpus + ".json")) as file:
        halves = json.load(file)
    encode, decode = make()
    share(halves["seen"], encode)
    part = share(halves["unseen"], encode)
    ids = [encode(text) for text in part]
    return encode, decode, part, ids


def each(function, items):
    for item in items:
        function(item)


def run(task, corpus):
    if task == "load":
        return {"seconds": timed(lambda: make()[0]("x")), "work": 1}
    if corpus not in prepared:
        prepared[corpus] = prepare(corpus)
    encode, decode, part, ids = prepared[corpus]
    if task == "decode":
        return {"seconds": timed(lambda: each(decode, ids)), "work": sum(map(len, ids))}
    measured = make()[0] if task == "encode-new" else encode
    return {"seconds": timed(lambda: each(measured, part)), "work": sum(len(text.encode()) for text in part)}


print("ready", flush=True)
for line in sys.stdin:
    command, task, corpus = line.split()
    print(json.dumps(run(task, corpus)), flush=True)
