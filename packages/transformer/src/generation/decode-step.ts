// The two halves of generation with a cache: read the prompts, then one token for each row at a time.
import { scope, tf, type Tensor } from '@llm/tensor';
import { createCache, type CacheKind } from '../cache/create-cache.ts';
import type { KeyValueCache } from '../cache/key-value-cache.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { GenerationError } from '../errors.ts';
import { captureStep, type CapturedStep } from './captured-step.ts';
import { inEvaluation } from './in-evaluation.ts';
import type { PaddedPrompts } from './left-pad.ts';

/** The state between steps. */
export interface DecodeState {
  readonly kvCache: KeyValueCache;
  /** [B, Smax]: 0 at the prompts' padding; null when there is none. */
  attentionMask: Tensor | null;
  /** Tokens read so far, of each row. */
  lengths: Int32Array;
  /** The step as one native call; null where it can't be, undefined where that is not known yet. */
  captured?: CapturedStep | null;
  /** Whether rows were selected since the last step: such a step is not worth capturing. */
  isReordered?: boolean;
}

/** Room for the prompts and `newTokens` more; free it with disposeState. */
export function createState(
  model: CausalLm,
  prompts: PaddedPrompts,
  newTokens: number,
  kind?: CacheKind,
): DecodeState {
  const { batch, columns, attentionMask: mask, lengths } = prompts;
  const maxLength = columns + newTokens;
  if (mask !== null) checkWindows(model, prompts, maxLength);
  const kvCache = model.withPrefix((prefix) =>
    createCache(model.shape, { batch, maxLength, ...prefix }, kind),
  );
  if (mask === null) return { kvCache, attentionMask: null, lengths: new Int32Array(batch) };
  const wide = new Int32Array(batch * maxLength).fill(1);
  for (let row = 0; row < batch; row++)
    wide.fill(0, row * maxLength, row * maxLength + columns - lengths[row]!);
  const attentionMask = tf.keep(tf.tensor2d(wide, [batch, maxLength], 'int32'));
  return { kvCache, attentionMask, lengths: new Int32Array(batch) };
}

/** Padding stands between a soft prompt and a shorter text: a window would count it among what is near. */
function checkWindows({ softPrompt, shape }: CausalLm, { lengths }: PaddedPrompts, most: number) {
  const n = softPrompt?.length ?? 0;
  const isCut = (shape.windows ?? []).some((window) => window !== null && window < n + most);
  if (n === 0 || !isCut) return;
  throw new GenerationError(
    `generate: prompts: expected equal lengths behind a soft prompt, got ${lengths.join(', ')}, since some layers see a window only. Pass one prompt at a time.`,
  );
}

export function disposeState({ kvCache, attentionMask, captured }: DecodeState): void {
  captured?.dispose();
  kvCache.dispose();
  attentionMask?.dispose();
}

/** Row i goes on from what row rows[i] was. */
export function selectState(state: DecodeState, rows: readonly number[]): void {
  const isSame = rows.length === state.kvCache.batch && rows.every((row, i) => row === i);
  if (isSame) return;
  state.captured?.dispose();
  state.captured = undefined;
  state.isReordered = true;
  state.kvCache.select(rows);
  state.lengths = Int32Array.from(rows, (row) => state.lengths[row]!);
  const { attentionMask } = state;
  if (attentionMask === null) return;
  state.attentionMask = tf.keep(tf.gather(attentionMask, [...rows], 0));
  attentionMask.dispose();
}

/** Reads the prompts. Returns the logits of each row's next token, [B, V]; the caller owns them. */
export function prefill(model: CausalLm, prompts: PaddedPrompts, state: DecodeState): Tensor {
  const { batch, columns, inputIds, lengths } = prompts;
  const positions = new Int32Array(batch * columns);
  for (let i = 0; i < positions.length; i++) {
    const row = Math.floor(i / columns);
    positions[i] = Math.max((i % columns) - (columns - lengths[row]!), 0);
  }
  const logits = lastLogits(model, [inputIds, positions], state);
  state.lengths.set(lengths);
  return logits;
}

/** Reads one token for each row, [B]. Returns the logits of the next, [B, V]; the caller owns them. */
export function decodeStep(model: CausalLm, tokens: Int32Array, state: DecodeState): Tensor {
  const logits =
    capturedLogits(model, tokens, state) ?? lastLogits(model, [tokens, state.lengths], state);
  state.isReordered = false;
  for (let row = 0; row < tokens.length; row++) state.lengths[row]! += 1;
  return logits;
}

/** The logits by a captured step, which the first call records. Null where that is not possible. */
function capturedLogits(model: CausalLm, tokens: Int32Array, state: DecodeState): Tensor | null {
  if (state.captured === undefined && state.isReordered !== true)
    state.captured = captureStep(model, state);
  return state.captured?.read(tokens, state.lengths) ?? null;
}

/** Logits after the last column only: the vocabulary's product is the dearest of all. */
function lastLogits(
  model: CausalLm,
  [ids, positions]: readonly [Int32Array, Int32Array],
  { kvCache, attentionMask }: DecodeState,
): Tensor {
  const B = kvCache.batch;
  const T = ids.length / B;
  return scope(() => {
    const inputIds = tf.tensor2d(ids, [B, T], 'int32');
    const options = {
      kvCache,
      attentionMask: attentionMask ?? undefined,
      positionIds:
        attentionMask === null ? undefined : tf.tensor2d(positions.slice(), [B, T], 'int32'),
    };
    const hidden = inEvaluation(model, () => model.hiddenStates(inputIds, options)); // [B, T, C]
    const last = T === 1 ? hidden : tf.slice(hidden, [0, T - 1, 0], [B, 1, -1]); // [B, 1, C]
    const C = last.shape[2]!;
    return model.logits(tf.reshape(last, [B, C])); // [B, V]
  });
}
