// Rotary positions (Su et al. 2021): tables of cosines and sines, made once and grown when a longer
// sequence comes.
import { rotary, rotaryTables, tf, type RotaryScaling, type RotaryTables } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { ForwardPass } from '../models/forward-pass.ts';

export interface RotaryOptions {
  /** Dimensions of each head that turn: the first ones; the rest stay. */
  readonly headDim: number;
  readonly theta: number;
  readonly scaling: RotaryScaling | null;
}

/** Where the tokens of a pass stand. */
export type Positions = Pick<ForwardPass, 'positions' | 'positionCount'>;

const FIRST_LENGTH = 256;

export class RotaryEmbedding {
  readonly #options: RotaryOptions;
  #length = FIRST_LENGTH;
  #scaledFor = 0;
  #tables: RotaryTables | null = null;

  constructor(options: RotaryOptions) {
    this.#options = options;
  }

  /** Rotates x [B, T, H, D] to its positions. */
  rotate(x: Tensor, { positions, positionCount }: Positions): Tensor {
    const tables = this.#tablesFor(positionCount);
    const D = x.shape[3]!;
    const { headDim: turning } = this.#options;
    if (D === turning) return rotary(x, tables, positions);
    const [first, rest] = tf.split(x, [turning, D - turning], 3);
    return tf.concat([rotary(first!, tables, positions), rest!], 3);
  }

  dispose(): void {
    if (this.#tables !== null) tf.dispose([this.#tables.cos, this.#tables.sin]);
    this.#tables = null;
  }

  #tablesFor(positionCount: number): RotaryTables {
    const { headDim, theta, scaling } = this.#options;
    const scaledFor = scaledLength(scaling, positionCount);
    const isLongEnough = positionCount <= this.#length;
    if (this.#tables !== null && isLongEnough && scaledFor === this.#scaledFor) return this.#tables;
    this.dispose();
    while (this.#length < positionCount) this.#length *= 2;
    this.#scaledFor = scaledFor;
    const options = { scaling: scaling ?? undefined, length: scaledFor };
    const tables = rotaryTables(headDim, this.#length, theta, options);
    tf.keep(tables.cos);
    tf.keep(tables.sin);
    return (this.#tables = tables);
  }
}

/** The sequence length that the frequencies depend on; 0 where they depend on none. */
function scaledLength(scaling: RotaryScaling | null, positionCount: number): number {
  switch (scaling?.ropeType) {
    case 'dynamic':
      return Math.max(positionCount, scaling.maxPositionEmbeddings);
    case 'longrope': {
      const { originalMaxPositionEmbeddings: original } = scaling;
      return positionCount > original ? original + 1 : original;
    }
    default:
      return 0;
  }
}
