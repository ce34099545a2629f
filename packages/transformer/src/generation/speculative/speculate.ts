// Speculative decoding: guesses are cheap, and the model checks several in the time of one. The text is
// distributed exactly as without them; greedy choice gives the same text.
import { Generator } from '@llm/tensor';
import { isFinished } from '../../constraint/constraint-processor.ts';
import { GenerationError } from '../../errors.ts';
import type { CausalLm } from '../../models/causal-lm.ts';
import { write, tokenProcessors, type Decoded } from '../decode.ts';
import { argmax, softmax } from '../filters.ts';
import type { CheckedOptions } from '../options.ts';
import { processRow } from '../processors/processor-list.ts';
import type { LogitsProcessor, RowContext } from '../processors/processor.ts';
import { makeRows, type Row } from '../row.ts';
import { PolicyLogprobs } from '../sample.ts';
import { acceptOrReplace } from './accept.ts';
import { CachedReader } from './cached-reader.ts';
import { LookupDrafter, ModelDrafter, type Drafter, type Guess } from './drafter.ts';

export interface SpeculativeOptions {
  /** A quicker model of the same vocabulary that guesses ahead. */
  readonly draft?: {
    readonly model: CausalLm;
    /** Guesses at once. @default 5 */ readonly tokens?: number;
  };
  /** Guess what followed the last tokens where they came before in the text. */
  readonly promptLookup?: {
    /** Guesses at once. @default 10 */
    readonly tokens?: number;
    /** The most of the last tokens that are looked for. @default 2 */
    readonly longest?: number;
  };
}

/** Writes the rows one after the other. */
export async function* speculate(
  model: CausalLm,
  prompts: readonly (readonly number[])[],
  options: CheckedOptions,
): AsyncGenerator<Decoded, void, void> {
  checkVocabulary(model, options);
  const processors = tokenProcessors(options, prompts);
  for (const row of makeRows(prompts, prompts, options)) {
    const maxLength = row.promptLength + options.maxNewTokens;
    const drafter = makeDrafter(row, maxLength, { processors, options });
    const reader = new CachedReader(model, maxLength);
    try {
      yield* writeRow(row, { reader, drafter, processors, options });
    } finally {
      reader.dispose();
      drafter.dispose();
    }
  }
}

interface Tools {
  readonly reader: CachedReader;
  readonly drafter: Drafter;
  readonly processors: readonly LogitsProcessor[];
  readonly options: CheckedOptions;
}

async function* writeRow(row: Row, tools: Tools): AsyncGenerator<Decoded, void, void> {
  const { options } = tools;
  const { draft, promptLookup, maxNewTokens } = options;
  const most = draft?.tokens ?? promptLookup?.tokens ?? (draft === undefined ? 10 : 5);
  for (let left = maxNewTokens; left > 0;) {
    options.signal?.throwIfAborted();
    const guesses = await tools.drafter.guess(row, Math.min(most, left - 1));
    const text = [...row.tokens, ...guesses.map(({ token }) => token)];
    const logits = await tools.reader.lastLogits(text, guesses.length + 1);
    for (const [i, scores] of logits.entries()) {
      const { decoded, isGuess } = check(scores, guesses[i] ?? null, row, tools);
      left -= 1;
      const isLast = decoded.isStop || left === 0;
      yield isLast ? { ...decoded, text: decoded.text + (row.text?.flush() ?? '') } : decoded;
      if (isLast) return;
      if (!isGuess) break;
    }
  }
}

/** Decides on one guess, or draws where there is none left, and adds the token to the row. */
function check(
  logits: Float32Array,
  guess: Guess | null,
  row: Row,
  { processors, options }: Tools,
): { readonly decoded: Decoded; readonly isGuess: boolean } {
  const { temperature = 0, logprobs = false, topLogprobs = 0 } = options;
  const policy = logprobs || topLogprobs > 0 ? new PolicyLogprobs(logits, temperature) : null;
  processRow(processors, logits, row);
  const { token, isGuess } = decide(logits, guess, row.generator, temperature);
  const [logprob, top] = [policy?.of(token) ?? NaN, policy?.top(topLogprobs) ?? []];
  return { decoded: { ...write(row, token, options), logprob, top }, isGuess };
}

function decide(
  scores: Float32Array,
  guess: Guess | null,
  generator: Generator,
  temperature: number,
): { readonly token: number; readonly isGuess: boolean } {
  if (temperature === 0) {
    const token = argmax(scores);
    return { token, isGuess: token === guess?.token };
  }
  const p = softmax(scores);
  if (guess === null) return { token: generator.multinomial(p), isGuess: false };
  return acceptOrReplace(guess.token, p, guess.probabilities, generator);
}

function makeDrafter(
  row: Row,
  maxLength: number,
  { processors, options }: Pick<Tools, 'processors' | 'options'>,
): Drafter {
  const { draft, promptLookup, temperature = 0 } = options;
  if (draft === undefined) return new LookupDrafter(promptLookup?.longest ?? 2);
  const generator = temperature === 0 ? null : new Generator(row.generator.nextSeed());
  const isEnd = (text: RowContext): boolean =>
    options.stopTokens.includes(text.tokens.at(-1)!) || isFinished(options.constraint, text);
  return new ModelDrafter(draft.model, maxLength, { processors, generator, isEnd });
}

function checkVocabulary({ shape }: CausalLm, { draft }: CheckedOptions): void {
  if (draft === undefined || draft.model.shape.vocabSize === shape.vocabSize) return;
  throw new GenerationError(
    `generate: draft: expected a model with the same vocabulary of ${shape.vocabSize}, got ${draft.model.shape.vocabSize}. Use a model of the same family.`,
  );
}
