// The gated feed-forward layer: down(act(gate(x)) · up(x)) (Shazeer 2020, "GLU variants").
import { nn, swiglu, tf, type Tensor } from '@llm/tensor';
import { activate, type ActivationName } from './activation.ts';

export interface GatedMlpLayers {
  readonly gateProj: nn.Linear; // [F, C]
  readonly upProj: nn.Linear; // [F, C]
  readonly downProj: nn.Linear; // [C, F]
}

/** act(gate) · up, fused where the activation is SiLU. */
export const gated = (name: ActivationName, gate: Tensor, up: Tensor): Tensor =>
  name === 'silu' ? swiglu(gate, up) : tf.mul(activate(name, gate), up);

export class GatedMlp extends nn.Module {
  readonly activation: ActivationName;
  gateProj: nn.Linear;
  upProj: nn.Linear;
  downProj: nn.Linear;

  constructor({ gateProj, upProj, downProj }: GatedMlpLayers, activation: ActivationName = 'silu') {
    super();
    this.activation = activation;
    this.gateProj = gateProj;
    this.upProj = upProj;
    this.downProj = downProj;
  }

  /** [.., C] → [.., C] */
  forward(x: Tensor): Tensor {
    const inner = gated(this.activation, this.gateProj.forward(x), this.upProj.forward(x));
    return this.downProj.forward(inner);
  }
}

/** The same with gate and up in one matrix [2F, C], gate first. */
export class FusedGatedMlp extends nn.Module {
  readonly activation: ActivationName;
  gateUpProj: nn.Linear;
  downProj: nn.Linear;

  constructor(layers: { gateUpProj: nn.Linear; downProj: nn.Linear }, activation: ActivationName) {
    super();
    this.activation = activation;
    this.gateUpProj = layers.gateUpProj;
    this.downProj = layers.downProj;
  }

  /** [.., C] → [.., C] */
  forward(x: Tensor): Tensor {
    const [gate, up] = tf.split(this.gateUpProj.forward(x), 2, -1);
    return this.downProj.forward(gated(this.activation, gate!, up!));
  }
}
