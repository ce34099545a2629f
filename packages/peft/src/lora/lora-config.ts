// What describes a LoRA adapter. Names follow PEFT's LoraConfig in camelCase (`lora_alpha` is `alpha`, `r` is `rank`).

import type { Generator } from '@llm/tensor';
import { AdapterError } from '../errors.ts';
import type { TargetModules, TargetRules } from '../targets/match-targets.ts';

/**
 * How A and B begin. `true`: A uniform within ±1/√I and B zero, so that nothing changes; `'gaussian'`: A from N(0, 1/R²);
 * `false`: both random, for tests; `'orthogonal'`: both random with orthogonal inner vectors, R even; `'pissa'`: the largest
 * singular vectors of the weight, which leave its residual frozen (Meng et al. 2024, arXiv 2404.02948), exact or by N
 * rounds of a randomised method; `'olora'`: the first columns of its QR decomposition (Büyükakyüz 2024, arXiv 2406.01775).
 */
export type LoraInit =
  boolean | 'gaussian' | 'orthogonal' | 'pissa' | `pissa_niter_${number}` | 'olora';

/** Which biases train, too: none; all of the model; those of adapted layers. */
export type TrainedBiases = 'none' | 'all' | 'lora_only';

/** Options that a configuration keeps as they are. */
interface LoraChoices {
  /** R, the inner width. @default 8 */
  readonly rank: number;
  /** α: the update is scaled by α/R. @default 8 */
  readonly alpha: number;
  /** Chance that an input of A is zeroed in training, [0, 1). @default 0 */
  readonly dropout: number;
  /** Scale by α/√R instead (rsLoRA, Kalajdzievski 2023, arXiv 2312.03732). @default false */
  readonly useRslora: boolean;
  /** Train the lengths of the weight's rows apart from their directions (DoRA, Liu et al. 2024, arXiv 2402.09353). @default false */
  readonly useDora: boolean;
  /** @default true */
  readonly init: LoraInit;
  /** @default 'none' */
  readonly bias: TrainedBiases;
  /** Whether B has a bias. @default false */
  readonly loraBias: boolean;
  /** Modules trained in full beside the adapter, as a new head: ends of paths, `['score']`. @default [] */
  readonly modulesToSave: readonly string[];
  /** Whether an adapted embedding that is the output layer, too, adapts both. @default false */
  readonly ensureWeightTying: boolean;
  /** Other ranks by layer name; a key is a regular expression for the end of the path, after a dot. @default {} */
  readonly rankPattern: Readonly<Record<string, number>>;
  /** Other alphas, likewise. @default {} */
  readonly alphaPattern: Readonly<Record<string, number>>;
}

export interface LoraOptions
  extends Partial<LoraChoices>, Partial<Omit<TargetRules, 'modulesToSave'>> {
  /** @default the usual ones of the model's type */
  readonly targetModules?: TargetModules;
  /** Source of initial values and of dropout. @default new Generator(0) */
  readonly generator?: Generator;
  /** Model type for default targets, as in config.json. @default model.config.modelType */
  readonly modelType?: string;
  /** Path in this model → path in the Transformers model that PEFT loads. @default snake_case */
  readonly moduleName?: (path: string) => string;
}

/** A checked configuration; what adapter_config.json holds. */
export interface LoraConfig extends LoraChoices, Omit<TargetRules, 'modulesToSave'> {
  /** Whether Transformers stores the targets as [in, out] (GPT-2's Conv1D). Only a note in the file. */
  readonly fanInFanOut: boolean;
}

/** PEFT's defaults. */
export const LORA_DEFAULTS: LoraChoices = {
  rank: 8,
  alpha: 8,
  dropout: 0,
  useRslora: false,
  useDora: false,
  init: true,
  bias: 'none',
  loraBias: false,
  modulesToSave: [],
  ensureWeightTying: false,
  rankPattern: {},
  alphaPattern: {},
};

/** The numbers of one layer. */
export interface LayerSettings {
  readonly rank: number;
  /** s: α/R, or α/√R with rsLoRA. */
  readonly scaling: number;
}

/** Throws AdapterError for a number out of range or options that exclude each other. */
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
  checkCombination(config);
  return config;
}

function checkCombination({ init, useDora, loraBias, rank, rankPattern }: LoraConfig): void {
  if (!isInit(init)) {
    fail(
      'init',
      "true, false, 'gaussian', 'orthogonal', 'pissa', 'pissa_niter_N' or 'olora'",
      init,
    );
  }
  if (useDora && takesFromWeight(init)) fail('useDora', `false with init '${String(init)}'`, true);
  if (useDora && loraBias) fail('useDora', 'false with loraBias', true);
  const ranks = [rank, ...Object.values(rankPattern)];
  const odd = ranks.find((value) => value % 2 !== 0);
  if (init === 'orthogonal' && odd !== undefined) fail('rank', "even with init 'orthogonal'", odd);
}

/** Whether A·B begin as a part of the weight, which is then taken out of it. */
export function takesFromWeight(init: LoraInit): boolean {
  return typeof init === 'string' && (init.startsWith('pissa') || init === 'olora');
}

/** The iterations of 'pissa_niter_N'; undefined for other ways. */
export function pissaIterations(init: LoraInit): number | undefined {
  const match = /^pissa_niter_(\d+)$/.exec(String(init));
  return match ? Number(match[1]) : undefined;
}

function isInit(value: unknown): value is LoraInit {
  if (pissaIterations(value as LoraInit) !== undefined) return true;
  return [true, false, 'gaussian', 'orthogonal', 'pissa', 'olora'].includes(value as boolean);
}

/** Rank and scaling of the layer of this name; the first pattern that fits wins. */
export function layerSettings(config: LoraConfig, name: string): LayerSettings {
  const rank = fromPattern(config.rankPattern, name) ?? config.rank;
  const alpha = fromPattern(config.alphaPattern, name) ?? config.alpha;
  return { rank, scaling: alpha / (config.useRslora ? Math.sqrt(rank) : rank) };
}

function fromPattern(pattern: Readonly<Record<string, number>>, name: string): number | undefined {
  const key = Object.keys(pattern).find((k) => new RegExp(`^(.*\\.)?(${k})$`).test(name));
  return key === undefined ? undefined : pattern[key];
}

function prefixed(name: string, pattern: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(pattern).map(([k, value]) => [`${name}.${k}`, value]));
}

function fail(name: string, expected: string, got: unknown): never {
  throw new AdapterError(`lora: ${name}: expected ${expected}, got ${String(got)}.`);
}
