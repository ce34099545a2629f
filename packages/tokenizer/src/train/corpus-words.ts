/** The pieces of a corpus with how often each came, for trainers that work on any pre-tokenizer. Texts are streamed. */
import { TokenizerError } from '../errors.ts';
import type { TokenizerRoles } from '../tokenizer-options.ts';
import { joinPieces } from './join-counts.ts';
import type { Texts } from './text-batches.ts';
import { checkTexts } from './text-batches.ts';
import type { Counted, CountedPieces, CountJob } from './text-counter.ts';
import { splitCounted } from './text-counter.ts';
import { ThreadTeam } from './thread-team.ts';

export type { Texts } from './text-batches.ts';

export interface CorpusProgress {
  /** What is being done: `count` reads the texts; `merge` and `expect` make the vocabulary. */
  readonly phase: 'count' | 'merge' | 'expect';
  /** Texts read, or bytes of files (count); tokens so far (merge) or still (expect). */
  readonly done: number;
  /** Bytes of all files, or the goal; unknown for texts that come one by one. */
  readonly total: number | undefined;
}

/** What all trainers take. */
export interface CorpusOptions extends Omit<TokenizerRoles, 'config'> {
  /** They get the first ids. @default [] */
  readonly specialTokens?: readonly string[];
  /** A normalizer of tokenizer.json. */
  readonly normalizer?: unknown;
  /** A pre-tokenizer of tokenizer.json. */
  readonly preTokenizer?: unknown;
  /** Threads, this one among them; the result is the same for any number. A browser has one. @default 1 */
  readonly threads?: number;
  readonly onProgress?: (progress: CorpusProgress) => void;
  readonly signal?: AbortSignal;
}

/** Runs `work` with the threads that the options ask for, and ends them. */
export async function withThreads<Result>(
  options: Pick<CorpusOptions, 'threads'>,
  name: string,
  work: (team: ThreadTeam) => Promise<Result>,
): Promise<Result> {
  const team = await ThreadTeam.start(options.threads ?? 1, name);
  try {
    return await work(team);
  } finally {
    await team.close();
  }
}

/** Every different piece, in the order of its first coming, with its count. */
export async function countPieces(
  texts: Texts,
  options: CorpusOptions,
  name: string,
  team: ThreadTeam,
): Promise<Map<string, number>> {
  const { normalizer = null, preTokenizer = null } = options;
  const job: CountJob = { unit: 'text', normalizer, preTokenizer, name };
  const lists = await countTexts(texts, job, options, team);
  return splitCounted(joinPieces(lists as CountedPieces[]), job);
}

export async function countTexts(
  texts: Texts,
  job: CountJob,
  { signal, onProgress }: Pick<CorpusOptions, 'signal' | 'onProgress'>,
  team: ThreadTeam,
): Promise<Counted[]> {
  checkTexts(texts, job.name);
  return team.count(texts, job, (done, total) => {
    signal?.throwIfAborted();
    onProgress?.({ phase: 'count', done, total });
  });
}

/** By code point, as Rust orders strings; `<` orders by UTF-16 unit, which differs beyond U+FFFF. */
export function byCodePoint(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return rotated(x) - rotated(y);
  }
  return a.length - b.length;
}

/** Surrogates after the rest of the Basic Multilingual Plane. */
function rotated(unit: number): number {
  return unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

export function checkVocabSize(name: string, vocabSize: number, least: number): void {
  if (!Number.isInteger(vocabSize) || vocabSize < least) {
    throw new TokenizerError(
      `${name}: vocabSize: expected a whole number of at least ${least}, got ${vocabSize}.`,
    );
  }
}
