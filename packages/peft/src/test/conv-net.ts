// The network of convolutions of tools/fixtures/peft_variants.py, channels last.

import { nn, tf, type Tensor } from '@llm/tensor';
import { openSafetensors } from '@llm/tensor/io';

type Layer = nn.Module & { forward(x: Tensor): Tensor };

export class ConvNet extends nn.Module {
  conv: Layer = new nn.Conv2d(3, 5, [3, 2], { stride: [2, 1], padding: 1, generator: null });
  conv1: Layer = new nn.Conv1d(5, 4, 3, { padding: 1, generator: null });
  head: Layer = new nn.Linear(4, 2, { generator: null });

  /** @param activation smooth for slopes by differences */
  constructor(readonly activation: (x: Tensor) => Tensor = tf.relu) {
    super();
  }

  /** [B, 9, 8, 3] → [B, 2] */
  forward(x: Tensor): Tensor {
    const hidden = tf.mean(this.activation(this.conv.forward(x)), 1); // [B, W, 5]
    return this.head.forward(tf.mean(this.conv1.forward(hidden), 1));
  }
}

export async function loadConvNet(path: string): Promise<ConvNet> {
  const file = await openSafetensors(path);
  const model = new ConvNet();
  for (const [name, parameter] of model.namedParameters()) {
    nn.assignParameter(parameter, await file.read(name), name);
  }
  await file.close();
  return model;
}
