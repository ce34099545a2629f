// What describes a LoRA adapter. Names follow PEFT's LoraConfig in camelCase (`lora_alpha` is `alpha`, `r` is `rank`).

import type { Generator } from '@llm/tensor';
import { AdapterError } from '../errors.ts';
import type { TargetModules, TargetRules } from '../targets/match-targets.ts';

export interface LoraOptions {
  /** R, the inner width. @default 8 */
  readonly rank?: number;
  /** α: the update is scaled by α/R. @default 8 */
  readonly alpha?: number;
  /** Chance that an input of A is zeroed in training, [0, 1). @default 0 */
  readonly dropout?: number;
  /** Scale by α/√R instead (rsLoRA, Kalajdzievski 2023). @default false */
  readonly useRslora?: boolean;
  /** @default the usual ones of the model's type */
  readonly targetModules?: TargetModules;
  /** Layers never adapted, named or matched like targetModules. */
  readonly excludeModules?: readonly string[] | RegExp;
  /** Only these layer numbers: the first number in a path, `layers.3.…`. */
  readonly layersToTransform?: readonly number[];
  /** Other ranks by layer name; a key is a regular expression for the end of the path, after a dot. */
  readonly rankPattern?: Readonly<Record<string, number>>;
  /** Other alphas, likewise. */
  readonly alphaPattern?: Readonly<Record<string, number>>;
  /** Source of A's initial values and of dropout. @default new Generator(0) */
  readonly generator?: Generator;
  /** Model type for default targets, as in config.json. @default model.config.modelType */
  readonly modelType?: string;
  /** Path in this model → path in the Transformers model that PEFT loads. @default snake_case */
  readonly moduleName?: (path: string) => string;
}

/** A checked configuration; what adapter_config.json holds. */
export interface LoraConfig extends TargetRules {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly useRslora: boolean;
  readonly rankPattern: Readonly<Record<string, number>>;
  readonly alphaPattern: Readonly<Record<string, number>>;
  /** Whether Transformers stores the targets as [in, out] (GPT-2's Conv1D). Only a note in the file. */
  readonly fanInFanOut: boolean;
}

/** The numbers of one layer. */
export interface LayerSettings {
  readonly rank: number;
  /** s: α/R, or α/√R with rsLoRA. */
  readonly scaling: number;
  readonly dropout: number;
}

/** Throws AdapterError for a number out of range. */
export function checkConfig(config: LoraConfig): LoraConfig {
  const { rank, alpha, dropout, rankPattern, alphaPattern } = config;
  const ranks = { rank, ...prefixed('rankPattern', rankPattern) };
  for (const [name, value] of Object.entries(ranks)) {
    if (!Number.isSafeInteger(value) || value < 1) fail(name, 'a positive integer', value);
  }
  for (const [name, value] of Object.entries({
    alpha,
    ...prefixed('alphaPattern', alphaPattern),
  })) {
    if (!(value > 0 && value < Infinity)) fail(name, 'a number > 0', value);
  }
  if (!(dropout >= 0 && dropout < 1)) fail('dropout', 'a number in [0, 1)', dropout);
  return config;
}

/** Rank, scaling and dropout of the layer of this name; the first pattern that fits wins. */
export function layerSettings(config: LoraConfig, name: string): LayerSettings {
  const rank = fromPattern(config.rankPattern, name) ?? config.rank;
  const alpha = fromPattern(config.alphaPattern, name) ?? config.alpha;
  const scaling = alpha / (config.useRslora ? Math.sqrt(rank) : rank);
  return { rank, scaling, dropout: config.dropout };
}

function fromPattern(pattern: Readonly<Record<string, number>>, name: string): number | undefined {
  const key = Object.keys(pattern).find((k) => new RegExp(`^(.*\\.)?(${k})$`).test(name));
  return key === undefined ? undefined : pattern[key];
}

function prefixed(name: string, pattern: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(pattern).map(([k, value]) => [`${name}.${k}`, value]));
}

function fail(name: string, expected: string, got: number): never {
  throw new AdapterError(`lora: ${name}: expected ${expected}, got ${got}.`);
}
