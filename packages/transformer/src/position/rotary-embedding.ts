// Rotary positions (Su et al. 2021): tables of cosines and sines, made once and grown when a longer
// sequence comes.
import { rotary, rotaryTables, tf, type RotaryScaling, type RotaryTables } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { ForwardPass } from '../models/forward-pass.ts';

export interface RotaryOptions {
  readonly headDim: number;
  readonly theta: number;
  readonly scaling: RotaryScaling | null;
}

const FIRST_LENGTH = 256;

export class RotaryEmbedding {
  readonly #options: RotaryOptions;
  #length = FIRST_LENGTH;
  #tables: RotaryTables | null = null;

  constructor(options: RotaryOptions) {
    this.#options = options;
  }

  /** Rotates x [B, T, H, D] to its positions. */
  rotate(x: Tensor, { positions, positionCount }: ForwardPass): Tensor {
    return rotary(x, this.#tablesFor(positionCount), positions);
  }

  dispose(): void {
    if (this.#tables !== null) tf.dispose([this.#tables.cos, this.#tables.sin]);
    this.#tables = null;
  }

  #tablesFor(positionCount: number): RotaryTables {
    if (this.#tables !== null && positionCount <= this.#length) return this.#tables;
    this.dispose();
    while (this.#length < positionCount) this.#length *= 2;
    const { headDim, theta, scaling } = this.#options;
    const tables = rotaryTables(headDim, this.#length, theta, { scaling: scaling ?? undefined });
    tf.keep(tables.cos);
    tf.keep(tables.sin);
    return (this.#tables = tables);
  }
}
