"""Rust `tokenizers`: training from a file with the threads given."""
import json
import os
import sys
import time

s = json.loads(sys.argv[1])
os.environ["RAYON_NUM_THREADS"] = str(s["threads"])

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from serve import serve


def parts():
    options = {"vocab_size": s["vocabSize"], "show_progress": False}
    if s["kind"] == "bpe":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        return tokenizer, trainers.BpeTrainer(initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **options)
    if s["kind"] == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
        return tokenizer, trainers.WordPieceTrainer(special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], **options)
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return tokenizer, trainers.UnigramTrainer(unk_token="<unk>", special_tokens=["<unk>"], **options)


def unit():
    tokenizer, trainer = parts()
    start = time.perf_counter()
    tokenizer.train([s["corpus"]], trainer)
    return time.perf_counter() - start


unit()
serve(unit)
