// One token for each of several texts in blocks, for so many texts of so many blocks at most. After two steps it
// is captured: the next ones are one native call each, whichever texts they are of.
import { capture, scope, tf, type Capture, type Tensor } from '@llm/tensor';
import { assign } from '../../cache/paged/assign.ts';
import type { BlockPool } from '../../cache/paged/block-pool.ts';
import { PagedCache, type PagedText } from '../../cache/paged/paged-cache.ts';
import type { CausalLm } from '../../models/causal-lm.ts';
import { inEvaluation } from '../in-evaluation.ts';

const STEPS_BEFORE_CAPTURE = 2; // recording computes two steps more

export class PagedStep {
  readonly #model: CausalLm;
  readonly #cache: PagedCache;
  #inputIds: Tensor; // [B, 1]
  #positionIds: Tensor; // [B, 1]
  /** Of the texts that are read now. */
  #positions = new Int32Array(0);
  #steps = 0;
  #capture: Capture | null = null;
  /** Most positions that the captured step may be used for. */
  #limit = 0;

  constructor(model: CausalLm, pool: BlockPool, [batch, columns]: readonly [number, number]) {
    this.#model = model;
    this.#cache = new PagedCache(pool, batch, columns);
    const column = (): Tensor => tf.keep(tf.fill([batch, 1], 0, 'int32'));
    this.#inputIds = column();
    this.#positionIds = column();
  }

  /** Logits after each text's token, [B, V]; the caller owns them. */
  read(texts: readonly PagedText[], tokens: Int32Array): Tensor {
    const count = Math.max(...texts.map(({ length }) => length));
    const limit = Math.max(...texts.map((text) => text.limit));
    this.#cache.show(texts, 1);
    this.#inputIds = assign(this.#inputIds, tokens.slice());
    this.#positions = Int32Array.from(texts, ({ length }) => length);
    this.#positionIds = assign(this.#positionIds, this.#positions.slice());
    this.#steps += 1;
    if (this.#capture !== null && limit <= this.#limit) return tf.clone(this.#capture.run(count));
    const isRoom = count + 2 < limit && limit <= this.#cache.maxLength;
    if (this.#steps <= STEPS_BEFORE_CAPTURE || !isRoom) return scope(() => this.#logits());
    this.#capture?.dispose();
    this.#limit = limit;
    this.#capture = this.#record([limit - 1, count + 1, count]);
    return tf.clone(this.#capture.result ?? this.#capture.run(count));
  }

  dispose(): void {
    this.#capture?.dispose();
    this.#cache.dispose();
    tf.dispose([this.#inputIds, this.#positionIds]);
  }

  /** Computes this step after two others: what they write is written again by it. */
  #record(counts: readonly [number, number, number]): Capture {
    const step = (count: number): Tensor => {
      const longest = Math.max(...this.#positions);
      const places = this.#positions.map((position) => position + count - longest);
      this.#positionIds = assign(this.#positionIds, places);
      return this.#cache.at(count, () => this.#logits());
    };
    return capture(step, counts);
  }

  #logits(): Tensor {
    const options = { kvCache: this.#cache, positionIds: this.#positionIds };
    return scope(() => {
      const read = (): Tensor => this.#model.hiddenStates(this.#inputIds, options);
      const hidden = inEvaluation(this.#model, read); // [B, 1, C]
      return this.#model.logits(tf.reshape(hidden, [hidden.shape[0]!, hidden.shape[2]!]));
    });
  }
}
