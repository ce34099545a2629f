/**
 * Counts the different pieces that texts are split into, each with the batch of texts in which it came first: with it
 * the counts of several threads join to what one thread would have counted, in the same order.
 */
import { parseNormalizer } from '../normalizers/normalizer.ts';
import { knownScanner } from '../pre-tokenizers/known-scanner.ts';
import { parsePreTokenizer } from '../pre-tokenizers/pre-tokenizer.ts';
import { wellFormed } from '../unicode/well-formed.ts';
import { forEachBlankWord, isBert } from '../wordpiece/blank-words.ts';
import { WordCounter } from './count-words.ts';

/** What is counted, as plain data that a thread can be sent. */
export interface CountJob {
  /** Byte strings, for byte-level BPE, or pieces of text. */
  readonly unit: 'bytes' | 'text';
  readonly normalizer: unknown;
  readonly preTokenizer: unknown;
  /** The trainer, for messages. */
  readonly name: string;
}

export interface CountedPieces {
  readonly pieces: readonly string[];
  readonly counts: Float64Array;
  /** For each piece the batch of texts in which it came first; never falling. */
  readonly batches: Int32Array;
}

export interface CountedBytes {
  /** All words, one after the other; word i lies from starts[i] to starts[i + 1]. */
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly counts: Float64Array;
  readonly batches: Int32Array;
}

export type Counted = CountedPieces | CountedBytes;

export interface TextCounter {
  /** @param batch Not lower than that of any text before. */
  add(text: string, batch: number): void;
  finish(): Counted;
}

export function textCounter(job: CountJob): TextCounter {
  return job.unit === 'bytes' ? new ByteCounter(job) : new PieceCounter(job);
}

class PieceCounter implements TextCounter {
  readonly #pieces: string[] = [];
  readonly #counts: number[] = [];
  readonly #batches: number[] = [];
  readonly #index = new Map<string, number>();
  readonly #piecesOf: (text: string) => string[];
  readonly #isBert: boolean;

  constructor(job: CountJob) {
    this.#piecesOf = splitterOf(job);
    this.#isBert = isBert(job.normalizer, job.preTokenizer);
  }

  add(text: string, batch: number): void {
    const whole = wellFormed(text);
    // BERT's words are counted as they are, and split afterwards, each once: `splitCounted`.
    if (this.#isBert) forEachBlankWord(whole, (word) => this.#count(word, batch));
    else for (const piece of this.#piecesOf(whole)) this.#count(piece, batch);
  }

  #count(piece: string, batch: number): void {
    if (piece === '') return;
    const known = this.#index.get(piece);
    if (known !== undefined) {
      this.#counts[known] = (this.#counts[known] as number) + 1;
      return;
    }
    this.#index.set(piece, this.#pieces.length);
    this.#pieces.push(piece);
    this.#counts.push(1);
    this.#batches.push(batch);
  }

  finish(): CountedPieces {
    return {
      pieces: this.#pieces,
      counts: Float64Array.from(this.#counts),
      batches: Int32Array.from(this.#batches),
    };
  }
}

class ByteCounter implements TextCounter {
  readonly #counter = new WordCounter();
  readonly #batches: number[] = [];
  readonly #count: (text: string) => void;

  constructor(job: CountJob) {
    const { normalizer, preTokenizer, name } = job;
    const scanner = knownScanner(preTokenizer);
    const normalize = normalizer ? parseNormalizer(normalizer, `${name}: normalizer`) : undefined;
    const split = scanner ? undefined : splitterOf(job);
    this.#count = (text) => {
      if (scanner) this.#counter.addText(normalize ? normalize(text) : text, scanner);
      else for (const piece of split?.(text) ?? []) this.#counter.addPiece(piece);
    };
  }

  add(text: string, batch: number): void {
    this.#count(text);
    while (this.#batches.length < this.#counter.size) this.#batches.push(batch);
  }

  finish(): CountedBytes {
    const { bytes, starts, counts } = this.#counter;
    return {
      bytes: bytes.subarray(0, starts.at(-1)),
      starts: Int32Array.from(starts),
      counts: Float64Array.from(counts),
      batches: Int32Array.from(this.#batches),
    };
  }
}

function splitterOf({ normalizer, preTokenizer, name }: CountJob): (text: string) => string[] {
  const normalize = normalizer ? parseNormalizer(normalizer, `${name}: normalizer`) : undefined;
  const split = preTokenizer ? parsePreTokenizer(preTokenizer, `${name}: preTokenizer`) : undefined;
  return (text) => {
    const normalized = normalize ? normalize(text) : text;
    return split ? split(normalized) : [normalized];
  };
}

/** The pieces of BERT's counted words; other jobs have counted pieces already. */
export function splitCounted(counted: CountedPieces, job: CountJob): Map<string, number> {
  const counts = new Map<string, number>();
  const isWhole = !isBert(job.normalizer, job.preTokenizer);
  const piecesOf = splitterOf(job);
  counted.pieces.forEach((piece, i) => {
    const times = counted.counts[i] as number;
    if (isWhole) counts.set(piece, times);
    else
      for (const part of piecesOf(piece))
        if (part !== '') counts.set(part, (counts.get(part) ?? 0) + times);
  });
  return counts;
}
