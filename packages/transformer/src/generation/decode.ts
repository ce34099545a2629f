// The loop of greedy choice and sampling: read, choose a token for each open row, read those.
import { constraintProcessor, isFinished } from '../constraint/constraint-processor.ts';
import { forcedWordsProcessor } from './beams/forced-words-processor.ts';
import type { Stepper } from './stepper.ts';
import type { CheckedOptions } from './options.ts';
import { processRow, samplingProcessors, scoreProcessors } from './processors/processor-list.ts';
import type { LogitsProcessor } from './processors/processor.ts';
import { makeRows, type Row } from './row.ts';
import { choose, PolicyLogprobs, type TokenLogprob } from './sample.ts';

/** One new token of one row. */
export interface Decoded {
  readonly row: number;
  readonly token: number;
  /** NaN unless asked for. */
  readonly logprob: number;
  /** The likeliest tokens; empty unless asked for. */
  readonly top: readonly TokenLogprob[];
  /** Whether a stop token or a stop string ends the row here. */
  readonly isStop: boolean;
  /** Text that became certain; '' without a tokenizer. */
  readonly text: string;
}

/** Yields every open row's token, step by step. Frees the stepper. */
export async function* decode(
  stepper: Stepper,
  prompts: readonly (readonly number[])[],
  options: CheckedOptions,
): AsyncGenerator<Decoded, void, void> {
  const { maxNewTokens, signal, numReturnSequences: copies = 1 } = options;
  try {
    const rows = makeRows(prompts, stepper.beginnings, options);
    const processors = tokenProcessors(options, stepper.beginnings);
    const tokens = new Int32Array(rows.length);
    let open = rows;
    for (let step = 0; step < maxNewTokens && open.length > 0; step++) {
      const logits = await (step === 0 ? stepper.start() : stepper.read(tokens));
      signal?.throwIfAborted();
      const stopped = new Set<Row>();
      for (const row of open) {
        const isShared = step === 0 && copies > 1;
        const from = isShared ? Math.floor(row.index / copies) : row.index;
        const own = rowScores(logits, from, stepper.vocabSize);
        const scores = isShared ? own.slice() : own; // processors write into it
        const next = nextToken(scores, row, processors, options);
        tokens[row.index] = next.token;
        const isLast = next.isStop || step === maxNewTokens - 1;
        if (isLast) stopped.add(row);
        yield isLast ? { ...next, text: next.text + (row.text?.flush() ?? '') } : next;
      }
      if (step === 0 && copies > 1)
        stepper.select(rows.map(({ index }) => Math.floor(index / copies)));
      open = open.filter((row) => !stopped.has(row));
    }
  } finally {
    stepper.dispose();
  }
}

/** All processors of a decoding without beams. */
export function tokenProcessors(
  options: CheckedOptions,
  beginnings: readonly (readonly number[])[],
): LogitsProcessor[] {
  const promptLength = Math.max(...beginnings.map(({ length }) => length));
  return [
    ...scoreProcessors(options, { ...options, promptLength }),
    ...forcedWordsProcessor(options),
    ...constraintProcessor(options),
    ...samplingProcessors(options),
  ];
}

/** One row of logits [rows · V], where it lies. */
export function rowScores(logits: Float32Array, row: number, vocabSize: number): Float32Array {
  return logits.subarray(row * vocabSize, (row + 1) * vocabSize);
}

/** Chooses a token, adds it to the row, and says whether the row ends with it. */
export function nextToken(
  logits: Float32Array,
  row: Row,
  processors: readonly LogitsProcessor[],
  options: CheckedOptions,
): Decoded {
  const { temperature = 0, logprobs = false, topLogprobs = 0 } = options;
  const policy = logprobs || topLogprobs > 0 ? new PolicyLogprobs(logits, temperature) : null;
  processRow(processors, logits, row);
  const token = choose(logits, row.generator, temperature);
  const logprob = policy?.of(token) ?? NaN;
  return { ...write(row, token, options), logprob, top: policy?.top(topLogprobs) ?? [] };
}

/** Adds a token to the row. */
export function write(
  row: Row,
  token: number,
  { stopTokens, constraint }: Pick<CheckedOptions, 'stopTokens' | 'constraint'>,
): Pick<Decoded, 'row' | 'token' | 'isStop' | 'text'> {
  row.tokens.push(token);
  const isStopToken = stopTokens.includes(token);
  // A stop token's own text is not part of the answer; special ones have none.
  const text = isStopToken ? '' : (row.text?.push(token) ?? '');
  const isStop = isStopToken || (row.text?.isStopped ?? false) || isFinished(constraint, row);
  return { row: row.index, token, isStop, text };
}
