// adapter_config.json, as PEFT 0.21 writes and reads it: every field of LoraConfig, keys sorted. Fields that would
// change the mathematics in a way this package does not have are refused on reading; fields it does not know are
// reported, as PEFT warns of them.

import { AdapterError } from '../errors.ts';
import { checkConfig, type LoraConfig, type TargetModules } from '../lora/lora-config.ts';

export const CONFIG_FILE = 'adapter_config.json';
const PEFT_VERSION = '0.21.2';

/** Notes in the file that are about the base model. */
export interface AdapterNotes {
  /** Hub id or path of the base model. */
  readonly baseModel?: string;
  /** PEFT's task type. @default 'CAUSAL_LM' */
  readonly taskType?: string;
}

/** Fields that this package leaves at PEFT's defaults. Anything else in them is refused on reading. */
const UNSUPPORTED: Readonly<Record<string, unknown>> = {
  alora_invocation_tokens: null,
  arrow_config: null,
  bias: 'none',
  kasa_config: null,
  layer_replication: null,
  lora_bias: false,
  modules_to_save: null,
  monteclora_config: null,
  target_parameters: null,
  trainable_token_indices: null,
  use_bdlora: null,
  use_dora: false,
  use_qalora: false,
};

/** Fields without effect on a finished adapter. */
const INERT: Readonly<Record<string, unknown>> = {
  auto_mapping: null,
  corda_config: null,
  ensure_weight_tying: false,
  eva_config: null,
  inference_mode: true,
  init_lora_weights: true,
  layers_pattern: null,
  loftq_config: {},
  lora_ga_config: null,
  megatron_config: null,
  megatron_core: 'megatron.core',
  peft_version: PEFT_VERSION,
  qalora_group_size: 16,
  revision: null,
  velora_config: null,
};

/** The text of adapter_config.json. */
export function stringifyConfig(config: LoraConfig, notes: AdapterNotes = {}): string {
  const fields: Record<string, unknown> = {
    ...UNSUPPORTED,
    ...INERT,
    peft_type: 'LORA',
    task_type: notes.taskType ?? 'CAUSAL_LM',
    base_model_name_or_path: notes.baseModel ?? null,
    r: config.rank,
    lora_alpha: config.alpha,
    lora_dropout: config.dropout,
    use_rslora: config.useRslora,
    rank_pattern: config.rankPattern,
    alpha_pattern: config.alphaPattern,
    fan_in_fan_out: config.fanInFanOut,
    target_modules: pythonTargets(config.targetModules),
    exclude_modules: config.excludeModules ? pythonTargets(config.excludeModules) : null,
    layers_to_transform: config.layersToTransform ?? null,
  };
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted), null, 2);
}

/** A configuration, and keys that no version of the format known here has. */
export interface ParsedConfig {
  readonly config: LoraConfig;
  readonly unknownKeys: readonly string[];
}

/** Reads the text of adapter_config.json. `where` names the file in errors. */
export function parseConfig(text: string, where: string): ParsedConfig {
  const fields = parseObject(text, where);
  if (fields.peft_type !== 'LORA') {
    throw wrong(where, 'peft_type', 'LORA', fields.peft_type);
  }
  for (const [key, neutral] of Object.entries(UNSUPPORTED)) {
    const value = fields[key] ?? neutral;
    if (!isSame(value, neutral)) throw wrong(where, key, JSON.stringify(neutral), value);
  }
  const known = new Set([...Object.keys(UNSUPPORTED), ...Object.keys(INERT), ...READ_KEYS]);
  const unknownKeys = Object.keys(fields).filter((key) => !known.has(key));
  return { config: checkConfig(configFrom(fields, where)), unknownKeys };
}

const READ_KEYS = [
  ...['peft_type', 'task_type', 'base_model_name_or_path', 'r', 'lora_alpha', 'lora_dropout'],
  ...['use_rslora', 'rank_pattern', 'alpha_pattern', 'fan_in_fan_out', 'target_modules'],
  ...['exclude_modules', 'layers_to_transform'],
];

function configFrom(fields: Record<string, unknown>, where: string): LoraConfig {
  const exclude = fields.exclude_modules ?? undefined;
  const layers = fields.layers_to_transform ?? undefined;
  return {
    rank: numberIn(fields, 'r', 8, where),
    alpha: numberIn(fields, 'lora_alpha', 8, where),
    dropout: numberIn(fields, 'lora_dropout', 0, where),
    useRslora: fields.use_rslora === true,
    targetModules: targetsIn(fields.target_modules, 'target_modules', where),
    ...(exclude !== undefined && { excludeModules: listIn(exclude, 'exclude_modules', where) }),
    ...(layers !== undefined && { layersToTransform: [layers].flat() as number[] }),
    rankPattern: (fields.rank_pattern ?? {}) as Record<string, number>,
    alphaPattern: (fields.alpha_pattern ?? {}) as Record<string, number>,
    fanInFanOut: fields.fan_in_fan_out === true,
  };
}

function targetsIn(value: unknown, key: string, where: string): TargetModules {
  return value === 'all-linear' ? value : listIn(value, key, where);
}

function listIn(value: unknown, key: string, where: string): readonly string[] | RegExp {
  if (typeof value === 'string') return new RegExp(value);
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw wrong(where, key, 'a list of names or a pattern', value);
}

function pythonTargets(targets: TargetModules): unknown {
  return targets instanceof RegExp ? targets.source : targets;
}

function numberIn(
  fields: Record<string, unknown>,
  key: string,
  fallback: number,
  where: string,
): number {
  const value = fields[key] ?? fallback;
  if (typeof value === 'number') return value;
  throw wrong(where, key, 'a number', value);
}

function parseObject(text: string, where: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // reported below
  }
  throw new AdapterError(`loadAdapter: ${where}: expected a JSON object, got something else.`);
}

function isSame(value: unknown, neutral: unknown): boolean {
  return value === neutral || (neutral === null && Array.isArray(value) && value.length === 0);
}

function wrong(where: string, key: string, expected: string, got: unknown): AdapterError {
  return new AdapterError(
    `loadAdapter: ${where}: ${key}: expected ${expected}, got ${JSON.stringify(got)}. ` +
      'Only plain LoRA adapters can be loaded.',
  );
}
