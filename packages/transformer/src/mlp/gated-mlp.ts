// The gated feed-forward layer of Llama: down(silu(gate(x)) · up(x)) (Shazeer 2020, "GLU variants").
import { nn, swiglu, type Tensor } from '@llm/tensor';

export interface GatedMlpLayers {
  readonly gateProj: nn.Linear; // [F, C]
  readonly upProj: nn.Linear; // [F, C]
  readonly downProj: nn.Linear; // [C, F]
}

export class GatedMlp extends nn.Module {
  gateProj: nn.Linear;
  upProj: nn.Linear;
  downProj: nn.Linear;

  constructor({ gateProj, upProj, downProj }: GatedMlpLayers) {
    super();
    this.gateProj = gateProj;
    this.upProj = upProj;
    this.downProj = downProj;
  }

  /** [.., C] → [.., C] */
  forward(x: Tensor): Tensor {
    return this.downProj.forward(swiglu(this.gateProj.forward(x), this.upProj.forward(x)));
  }
}
