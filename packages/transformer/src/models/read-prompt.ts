// A soft prompt as a cache holds it: keys and values of each layer. In a decoder, which looks back only, those
// of learned embeddings depend on nothing that comes after, so that they are computed once for all texts.
import { tf, type Tensor } from '@llm/tensor';
import type { CacheView, KeyValueCache } from '../cache/key-value-cache.ts';
import type { ForwardPass } from './forward-pass.ts';
import type { KeysAndValues, SoftPromptSource } from './soft-prompt.ts';

/** Keys and values of each layer, each [1 or B, n, K, D]; the caller owns them.
 *  @param read the model's layers over embeddings [B, n, C] */
export function readPrompt(
  source: SoftPromptSource,
  read: (words: Tensor, pass: ForwardPass) => Tensor,
): KeysAndValues[] {
  const collector = new Collector(source.length);
  tf.tidy(() => {
    const prompt = source.softPrompt();
    if (prompt === null) return;
    if ('layers' in prompt) {
      for (const [layer, { keys, values }] of prompt.layers.entries())
        collector.extend(layer, keys, values);
      return;
    }
    collector.batch = prompt.embeddings.shape[0]!;
    const positions = { positions: 0, positionCount: source.length };
    read(prompt.embeddings, { ...positions, kvCache: collector });
  });
  return collector.layers;
}

/** A cache that only keeps what is written into it. */
class Collector implements KeyValueCache {
  readonly layers: KeysAndValues[] = [];
  readonly maxLength: number;
  batch = 1;
  readonly length = 0;
  readonly prefixLength = 0;

  constructor(maxLength: number) {
    this.maxLength = maxLength;
  }

  extend(layer: number, keys: Tensor, values: Tensor): CacheView {
    this.layers[layer] = { keys: tf.keep(tf.clone(keys)), values: tf.keep(tf.clone(values)) };
    return { keys, values, keyLength: keys.shape[1]! };
  }

  advance(): void {}
  truncate(): void {}
  select(): void {}
  dispose(): void {}
}
