// The residual that goes into a block is what its norm reads: a tap at the norm remembers it for the adapter at the block.

import type { Tensor } from '@llm/tensor';
import { LayerPart, type ParameterValues } from '../adapter/layer-part.ts';
import type { AdapterInfo } from '../adapter/method.ts';
import { AdapterError } from '../errors.ts';

export class ResidualTap extends LayerPart {
  readonly info: AdapterInfo;
  #last: Tensor | undefined;

  constructor(info: AdapterInfo) {
    super();
    this.info = info;
  }

  forward(x: Tensor, base: (x: Tensor) => Tensor): Tensor {
    this.#last = x;
    return base(x);
  }

  /** What the norm read last; once. */
  take(): Tensor {
    const last = this.#last;
    this.#last = undefined;
    if (last) return last;
    throw new AdapterError(
      'bottleneck: model: expected the norm before the block to run first, but it did not. Use double_seq_bn here.',
    );
  }

  /** Rows are taken apart and put together again at each layer, so that a tensor of some rows does not last. */
  override get worksByRows(): boolean {
    return false;
  }

  mergedValues(): ParameterValues {
    return [];
  }

  unmergedValues(): ParameterValues {
    return [];
  }

  entries(): [] {
    return [];
  }
}
