// Reads texts whose keys and values lie in blocks of a pool: a prompt at once, or a token for each of several.
import { scope, tf, type Tensor } from '@llm/tensor';
import type { Variant } from '../../cache/paged/block-allocator.ts';
import type { BlockPool } from '../../cache/paged/block-pool.ts';
import { PagedCache, type PagedText } from '../../cache/paged/paged-cache.ts';
import type { CausalLm } from '../../models/causal-lm.ts';
import { inEvaluation } from '../in-evaluation.ts';
import { takeLogits } from '../take-logits.ts';
import { PagedStep } from './paged-step.ts';

const LEAST_COLUMNS = 8;
const MOST_STEPS = 16; // numbers of texts and of blocks that are kept ready

export class PagedReader {
  readonly #model: CausalLm;
  readonly #pool: BlockPool;
  /** By number of texts and of blocks, and by variant, the one used last at the end. */
  readonly #steps = new Map<string, PagedStep>();

  constructor(model: CausalLm, pool: BlockPool) {
    this.#model = model;
    this.#pool = pool;
  }

  /** Reads several tokens of one text. Logits after the last, [V]. */
  async prompt(text: PagedText, tokens: Int32Array): Promise<Float32Array> {
    const cache = new PagedCache(this.#pool, 1, text.blocks.length);
    try {
      cache.show([text], tokens.length);
      const logits = this.#read(cache, tokens);
      text.length += tokens.length;
      return await takeLogits(logits);
    } finally {
      cache.dispose();
    }
  }

  /** Reads one token of each text, all of one variant of the model. Logits after them, [B · V]. */
  step(
    texts: readonly PagedText[],
    tokens: Int32Array,
    variant: Variant = null,
  ): Promise<Float32Array> {
    const logits = this.#stepOf(texts, variant).read(texts, tokens);
    for (const text of texts) text.length += 1;
    return takeLogits(logits);
  }

  /** Frees what is ready for further steps. */
  dispose(): void {
    for (const step of this.#steps.values()) step.dispose();
    this.#steps.clear();
  }

  /** What was captured of one variant is not what another computes. */
  #stepOf(texts: readonly PagedText[], variant: Variant): PagedStep {
    let columns = LEAST_COLUMNS;
    while (texts.some(({ blocks, limit }) => columns < this.#blocksOf(limit, blocks.length)))
      columns *= 2;
    const key = `${texts.length} ${columns} ${variant ?? ''}`;
    const step =
      this.#steps.get(key) ?? new PagedStep(this.#model, this.#pool, [texts.length, columns]);
    this.#steps.delete(key);
    this.#steps.set(key, step);
    const [oldest] = this.#steps;
    if (this.#steps.size > MOST_STEPS && oldest !== undefined) {
      this.#steps.delete(oldest[0]);
      oldest[1].dispose();
    }
    return step;
  }

  #blocksOf(limit: number, now: number): number {
    return Math.max(now, Math.ceil(limit / this.#pool.allocator.blockSize));
  }

  #read(kvCache: PagedCache, tokens: Int32Array): Tensor {
    const positions = Int32Array.from(tokens, (_, t) => kvCache.length + t);
    const T = tokens.length;
    return scope(() => {
      const inputIds = tf.tensor2d(tokens, [1, T], 'int32');
      const positionIds = tf.tensor2d(positions, [1, T], 'int32');
      const read = (): Tensor => this.#model.hiddenStates(inputIds, { kvCache, positionIds });
      const hidden = inEvaluation(this.#model, read); // [1, T, C]
      const C = hidden.shape[2]!;
      return this.#model.logits(tf.reshape(tf.slice(hidden, [0, T - 1, 0], [1, 1, C]), [1, C]));
    });
  }
}
