"""sentencepiece: training from a file with the threads given."""
import io
import json
import sys
import time

import sentencepiece

from serve import serve

s = json.loads(sys.argv[1])


def unit():
    start = time.perf_counter()
    sentencepiece.SentencePieceTrainer.train(
        input=s["corpus"], model_writer=io.BytesIO(), vocab_size=s["vocabSize"], model_type=s["kind"], num_threads=s["threads"],
        minloglevel=2, max_sentence_length=1000000, hard_vocab_limit=False,
    )  # fmt: skip
    return time.perf_counter() - start


unit()
serve(unit)
