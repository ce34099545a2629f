"""Rust `tokenizers`, one text at a time on one thread; training with the threads given."""
import json
import os
import sys
import time

s = json.loads(sys.argv[1])
os.environ["RAYON_NUM_THREADS"] = str(s["threads"])

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from serve import serve

corpus = json.load(open(os.path.join(s["folder"], s["corpus"] + ".json")))
seen, unseen = corpus["seen"], corpus["unseen"]
path = os.path.join(s["folder"], "tokenizer.json")
tokenizer = Tokenizer.from_file(path)
ids = [tokenizer.encode(text).ids for text in unseen]


def encode():
    for text in unseen:
        tokenizer.encode(text).ids


def decode():
    for row in ids:
        tokenizer.decode(row)


def train():
    fresh = Tokenizer(models.BPE())
    fresh.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=8192, initial_alphabet=alphabet, show_progress=False)
    fresh.train_from_iterator(seen + unseen, trainer)


def load():
    Tokenizer.from_file(path).encode("x")


def unit():
    global tokenizer
    if s["task"] == "encode-new":
        tokenizer = Tokenizer.from_file(path)
    start = time.perf_counter()
    {"encode": encode, "encode-new": encode, "decode": decode, "train": train, "load": load}[s["task"]]()
    return time.perf_counter() - start


unit()
serve(unit)
