"""tiktoken with GPT-2's table, one text at a time on one thread. It keeps nothing between texts."""
import json
import os
import sys
import time

import tiktoken

from serve import serve

s = json.loads(sys.argv[1])
corpus = json.load(open(os.path.join(s["folder"], s["corpus"] + ".json")))
table = json.load(open(os.path.join(s["folder"], "tokenizer.json")))

# The byte alphabet of GPT-2: bytes that print are themselves, the others follow from U+0100 on.
prints = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
others = [byte for byte in range(256) if byte not in prints]
byte_of = {chr(byte): byte for byte in prints} | {chr(256 + i): byte for i, byte in enumerate(others)}
ranks = {
    bytes(byte_of[c] for c in token): rank
    for token, rank in table["model"]["vocab"].items()
    if all(c in byte_of for c in token) and token != "<|endoftext|>"
}
pattern = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""
encoding = tiktoken.Encoding("gpt2", pat_str=pattern, mergeable_ranks=ranks, special_tokens={"<|endoftext|>": 50256})
ids = [encoding.encode_ordinary(text) for text in corpus["unseen"]]


def unit():
    start = time.perf_counter()
    if s["task"] == "decode":
        for row in ids:
            encoding.decode(row)
    else:
        for text in corpus["unseen"]:
            encoding.encode_ordinary(text)
    return time.perf_counter() - start


unit()
serve(unit)
