// adapter_config.json, as PEFT 0.21 writes and reads it: the fields that all methods share and the method's own, keys
// sorted. Fields that nobody here knows are reported, as PEFT warns of them.

import type { AboutAdapter, AdapterInfo, AdapterMethod } from '../adapter/method.ts';
import { AdapterError } from '../errors.ts';
import { methods } from '../methods.ts';
import { ConfigFields } from './config-fields.ts';

export const CONFIG_FILE = 'adapter_config.json';
const PEFT_VERSION = '0.21.2';

/** Notes in the file that are about the base model. */
export interface AdapterNotes {
  /** Hub id or path of the base model. */
  readonly baseModel?: string;
  /** PEFT's task type; null for a model that is none of Transformers'. @default 'CAUSAL_LM' */
  readonly taskType?: string | null;
}

/** Fields of every method. */
const SHARED: Readonly<Record<string, unknown>> = {
  auto_mapping: null,
  base_model_name_or_path: null,
  inference_mode: true,
  peft_type: null,
  peft_version: PEFT_VERSION,
  revision: null,
  task_type: 'CAUSAL_LM',
};

/** The text of adapter_config.json. */
export function stringifyConfig(
  { method, config }: Pick<AdapterInfo, 'method' | 'config'>,
  about: AboutAdapter,
): string {
  const { notes } = about;
  if (method.format) return method.format.configText(config, about);
  const fields = {
    ...SHARED,
    ...method.toFields(config),
    peft_type: method.peftType,
    ...(notes.taskType !== undefined && { task_type: notes.taskType }),
    ...(notes.baseModel !== undefined && { base_model_name_or_path: notes.baseModel }),
  };
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted), null, 2);
}

/** A configuration, and keys that no version of the format known here has. */
export interface ParsedConfig {
  readonly method: AdapterMethod;
  readonly config: unknown;
  readonly unknownKeys: readonly string[];
  /** What the file calls the adapter, if its format names it. */
  readonly savedName?: string;
}

/** Reads the text of adapter_config.json. `where` names the file in errors. */
export function parseConfig(text: string, where: string): ParsedConfig {
  const file = parseObject(text, where);
  for (const method of methods) {
    const found = method.format?.fieldsIn(file);
    if (!found) continue;
    const config = method.fromFields(new ConfigFields(found, where));
    return { method, config, unknownKeys: [], savedName: String(file.name) };
  }
  const fields = new ConfigFields(file, where);
  const type = fields.value('peft_type');
  const ofPeft = methods.filter(({ format }) => format === undefined);
  const method = ofPeft.find(({ peftType }) => peftType === type);
  if (!method) {
    const known = ofPeft.map(({ peftType }) => peftType).join(', ');
    return fields.refuse('peft_type', ofPeft.length > 1 ? `one of ${known}` : known);
  }
  const config = method.fromFields(fields);
  const known = { ...SHARED, ...method.toFields(config) };
  const unknownKeys = fields.keys().filter((key) => !Object.hasOwn(known, key));
  return { method, config, unknownKeys };
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
