"""Trains the two SentencePiece models that are measured: unigram.model and spbpe.model, from sample.txt."""
import os
import sys

import sentencepiece

folder = sys.argv[1]
for name, options in {
    "unigram": {"model_type": "unigram"},
    "spbpe": {"model_type": "bpe", "byte_fallback": True, "normalization_rule_name": "identity",
              "remove_extra_whitespaces": False, "split_digits": True},
}.items():
    sentencepiece.SentencePieceTrainer.train(
        input=os.path.join(folder, "sample.txt"), model_prefix=os.path.join(folder, name), vocab_size=32000,
        hard_vocab_limit=False, max_sentence_length=20000, minloglevel=2, character_coverage=0.9995, **options,
    )
