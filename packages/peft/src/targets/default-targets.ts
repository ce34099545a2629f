// Which layers LoRA adapts when nobody says: PEFT's table (constants.py of PEFT 0.21), by config.json's model_type.

import { AdapterError } from '../errors.ts';

const QUERY_VALUE = ['q_proj', 'v_proj'];

const DEFAULT_TARGETS: Readonly<Record<string, readonly string[]>> = {
  llama: QUERY_VALUE,
  llama4: QUERY_VALUE,
  mistral: QUERY_VALUE,
  mixtral: QUERY_VALUE,
  gemma: QUERY_VALUE,
  gemma2: QUERY_VALUE,
  gemma3_text: QUERY_VALUE,
  qwen2: QUERY_VALUE,
  qwen3: QUERY_VALUE,
  opt: QUERY_VALUE,
  gptj: QUERY_VALUE,
  gpt_neo: QUERY_VALUE,
  stablelm: QUERY_VALUE,
  bart: QUERY_VALUE,
  phi: [...QUERY_VALUE, 'fc1', 'fc2'],
  t5: ['q', 'v'],
  mt5: ['q', 'v'],
  gpt2: ['c_attn'],
  gpt_bigcode: ['c_attn'],
  gpt_neox: ['query_key_value'],
  bloom: ['query_key_value'],
  falcon: ['query_key_value'],
  bert: ['query', 'value'],
  roberta: ['query', 'value'],
  'xlm-roberta': ['query', 'value'],
  electra: ['query', 'value'],
  'deberta-v2': ['query_proj', 'value_proj'],
  deberta: ['in_proj'],
  codegen: ['qkv_proj'],
  mpt: ['Wqkv'],
};

/** The usual targets of a model type. Throws AdapterError for one that has none. */
export function defaultTargets(modelType: string | undefined): readonly string[] {
  const targets = DEFAULT_TARGETS[modelType ?? ''];
  if (targets && Object.hasOwn(DEFAULT_TARGETS, modelType ?? '')) return targets;
  throw new AdapterError(
    `lora: targetModules: expected layer names, because model type ${modelType ?? '(none)'} has no usual ones. ` +
      `Pass targetModules: 'all-linear' or a list.`,
  );
}
