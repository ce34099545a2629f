// The activations that config.json may name, under Transformers' names.
import { gelu, silu, tf, type Tensor } from '@llm/tensor';

export type ActivationName = 'gelu' | 'gelu_new' | 'gelu_pytorch_tanh' | 'relu' | 'silu';

export const ACTIVATION_NAMES: readonly ActivationName[] = [
  'gelu',
  'gelu_new',
  'gelu_pytorch_tanh',
  'relu',
  'silu',
];

/** x [...] → [...]. `gelu_new` and `gelu_pytorch_tanh` are the tanh approximation. */
export function activate(name: ActivationName, x: Tensor): Tensor {
  switch (name) {
    case 'gelu':
      return gelu(x, 'none');
    case 'gelu_new':
    case 'gelu_pytorch_tanh':
      return gelu(x, 'tanh');
    case 'relu':
      return tf.relu(x);
    case 'silu':
      return silu(x);
  }
}
