// One step of decoding as a single native call: the kernels of the first step are recorded and replayed for
// the others, whatever the model, without the JavaScript between them (@llm/tensor's capture).
import { capture, overwrite, scope, tf, type Capture, type Tensor } from '@llm/tensor';
import { KvCache } from '../cache/kv-cache.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import type { DecodeState } from './decode-step.ts';
import { inEvaluation } from './in-evaluation.ts';

/** Fewer steps than these are not worth the two that recording computes besides. */
const LEAST_STEPS = 8;

export interface CapturedStep {
  /** Reads one token for each row [B], which stand at `positions` [B]. Logits [B, V] that the caller owns, to
   *  be read before the next call; null where the step must be computed in another way. */
  read(tokens: Int32Array, positions: Int32Array): Tensor | null;
  dispose(): void;
}

/** The step of this state; null where it can't be captured or is not worth it. */
export function captureStep(model: CausalLm, state: DecodeState): CapturedStep | null {
  const { kvCache } = state;
  const isWorthIt = kvCache.maxLength - kvCache.length >= LEAST_STEPS;
  const isNative = tf.getBackend() === 'native';
  if (!isNative || !isWorthIt || !(kvCache instanceof KvCache)) return null;
  return new ReplayedStep(model, kvCache, state.attentionMask);
}

class ReplayedStep implements CapturedStep {
  readonly #model: CausalLm;
  readonly #cache: KvCache;
  readonly #mask: Tensor | null;
  readonly #inputIds: Tensor; // [B, 1]
  readonly #positionIds: Tensor; // [B, 1]
  #capture: Capture | null = null;

  constructor(model: CausalLm, cache: KvCache, mask: Tensor | null) {
    this.#model = model;
    this.#cache = cache;
    this.#mask = mask;
    const column = (): Tensor => tf.keep(tf.fill([cache.batch, 1], 0, 'int32'));
    this.#inputIds = column();
    this.#positionIds = column();
  }

  read(tokens: Int32Array, positions: Int32Array): Tensor | null {
    overwrite(this.#inputIds, tokens.slice());
    if (this.#capture === null) {
      this.#capture = this.#record(positions);
    } else {
      overwrite(this.#positionIds, positions.slice());
      if (this.#capture.isRecorded) this.#capture.run(this.#cache.length);
    }
    if (!this.#capture.isRecorded) return null;
    this.#cache.advance(1);
    return tf.clone(this.#capture.result!);
  }

  dispose(): void {
    this.#capture?.dispose();
    tf.dispose([this.#inputIds, this.#positionIds]);
  }

  /** Computes this step, and before it the last one that there is room for and the next: what they differ in
   *  follows the cache's length. What they write is written again when their turn comes. */
  #record(positions: Int32Array): Capture {
    const { length, maxLength } = this.#cache;
    const step = (count: number): Tensor => {
      overwrite(
        this.#positionIds,
        positions.map((position) => position + count - length),
      );
      return this.#cache.at(count, () => this.#logits());
    };
    return capture(step, [maxLength - 1, length + 1, length]);
  }

  #logits(): Tensor {
    return scope(() => {
      const hidden = inEvaluation(this.#model, () =>
        this.#model.hiddenStates(this.#inputIds, {
          kvCache: this.#cache,
          positionIds: this.#positionIds,
          attentionMask: this.#mask ?? undefined,
        }),
      ); // [B, 1, C]
      return this.#model.logits(tf.reshape(hidden, [hidden.shape[0]!, hidden.shape[2]!])); // [B, V]
    });
  }
}
