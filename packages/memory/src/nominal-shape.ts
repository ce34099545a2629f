// A model known only by its parameter count, `7B`. Weights follow from the count alone; for cache and activations
// the shape of a published model of similar size stands in (the nearest count, by ratio), and says so through
// `nominalParameters`. The sizes are those of the models' public config.json files.

import { ConfigError } from './errors.ts';
import type { ModelShape } from './model-shape.ts';

/** Parameters, C, F, layers, H, K, D, V of Llama-family models. */
type Row = readonly [number, number, number, number, number, number, number, number];

const STAND_INS: readonly Row[] = [
  [135e6, 576, 1536, 30, 9, 3, 64, 49152], // SmolLM2-135M
  [360e6, 960, 2560, 32, 15, 5, 64, 49152], // SmolLM2-360M
  [1.24e9, 2048, 8192, 16, 32, 8, 64, 128256], // Llama-3.2-1B
  [3.21e9, 3072, 8192, 28, 24, 8, 128, 128256], // Llama-3.2-3B
  [6.74e9, 4096, 11008, 32, 32, 32, 128, 32000], // Llama-2-7B
  [8.03e9, 4096, 14336, 32, 32, 8, 128, 128256], // Llama-3.1-8B
  [13.0e9, 5120, 13824, 40, 40, 40, 128, 32000], // Llama-2-13B
  [32.8e9, 5120, 27648, 64, 40, 8, 128, 152064], // Qwen2.5-32B
  [70.6e9, 8192, 28672, 80, 64, 8, 128, 128256], // Llama-3.1-70B
  [406e9, 16384, 53248, 126, 128, 8, 128, 128256], // Llama-3.1-405B
];

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, B: 1e9, T: 1e12 };

/** `7B` → 7,000,000,000; `124M`, `1.5B`, `135000000` alike. */
export function parseParameterCount(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMBT]?)$/i.exec(text.trim());
  const unit = UNITS[match?.[2]?.toUpperCase() ?? ''];
  const count = Math.round(Number(match?.[1]) * (unit ?? NaN));
  if (match && count > 0) return count;
  throw new ConfigError(
    `parseParameterCount: count: expected a number with K, M, B or T, such as "7B", got "${text}".`,
  );
}

/** The stand-in shape for a parameter count. Weights are exact, everything else is that of a similar model. */
export function shapeFromParameterCount(parameters: number): ModelShape {
  const distance = (row: Row) => Math.abs(Math.log(row[0] / parameters));
  const nearest = STAND_INS.reduce((best, row) => (distance(row) < distance(best) ? row : best));
  const [, hiddenSize, intermediateSize, numHiddenLayers, H, K, headDim, vocabSize] = nearest;
  return {
    ...{ family: 'llama', vocabSize, hiddenSize, intermediateSize, numHiddenLayers, headDim },
    ...{ numAttentionHeads: H, numKeyValueHeads: K, maxPositionEmbeddings: 4096 },
    ...{ tieWordEmbeddings: false, hasQkvBias: false, hasOutputBias: false },
    ...{ hasMlpBias: false, hasQkNorm: false, nominalParameters: parameters },
  };
}
