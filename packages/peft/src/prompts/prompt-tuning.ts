// Prompt tuning (Lester et al. 2021, arXiv 2104.08691): n learned vectors before the word embeddings of every text.

import { Generator, nn, scope, tf, type Tensor } from '@llm/tensor';
import { insertAdapter } from '../adapter/insert-adapter.ts';
import type { AdapterMethod } from '../adapter/method.ts';
import { AdapterError } from '../errors.ts';
import { checkFits, embeddingConfig, promptFromFields, promptToFields } from './prompt-config.ts';
import type { PromptConfig } from './prompt-config.ts';
import { asEmbeddings, PromptVectors } from './prompt-part.ts';
import { addPrompt } from './prompt-site.ts';
import { findPromptable } from './promptable.ts';

/** The words to begin with, cut or repeated to n. */
export interface PromptText {
  /** The text's tokens, special ones included, as the model's tokenizer gives them. */
  readonly tokens: readonly number[];
  /** For adapter_config.json, as `tokenizer`: the text itself, and the tokenizer's hub id or path. */
  readonly text?: string;
  readonly tokenizer?: string;
}

export interface PromptTuningOptions {
  /** n. @default 20 */
  readonly numVirtualTokens?: number;
  /** Embeddings of words of the vocabulary drawn at random, of a text, or N(0, 1), which is PEFT's default and
   *  learns badly: embeddings of words are far smaller. @default 'sampleVocab' */
  readonly init?: 'sampleVocab' | 'random' | PromptText;
  /** Source of the initial values. @default new Generator(0) */
  readonly generator?: Generator;
}

export interface PromptTuningConfig extends PromptConfig {
  readonly init: 'sampleVocab' | 'random' | PromptText;
}

/**
 * Puts a soft prompt before every text of the model and freezes all else. The first adapter becomes active; later ones
 * wait for setActiveAdapters, and of several soft prompts one is active at a time.
 * @returns the path of the model's place for soft prompts
 * @throws AdapterError when the model takes none, the name is taken, or a number is out of range
 */
export function addPromptTuning(
  model: nn.Module,
  options: PromptTuningOptions = {},
  name = 'default',
): string[] {
  const { numVirtualTokens = 20, init = 'sampleVocab', generator = new Generator(0) } = options;
  const config = { ...embeddingConfig(model, numVirtualTokens), init };
  const info = { method: promptTuning, config, moduleName: nn.toSnakePath, isTrainable: true };
  return insertAdapter(model, { name, info, generator });
}

const INITS = { sampleVocab: 'SAMPLE_VOCAB', random: 'RANDOM' } as const;

export const promptTuning: AdapterMethod<PromptTuningConfig> = {
  peftType: 'PROMPT_TUNING',

  toFields: (config) => ({ ...promptToFields(config), ...initToFields(config.init) }),

  fromFields: (fields) => ({ ...promptFromFields(fields), init: 'random' }), // it has begun already

  insert(model, { name, info, generator, isFinished = false }) {
    const { config } = info;
    checkFits(config, embeddingConfig(model, config.numVirtualTokens));
    const rows = config.numVirtualTokens * config.numTransformerSubmodules;
    const initial = isFinished
      ? tf.zeros([rows, config.tokenDim])
      : initialVectors(model, { init: config.init, rows, generator });
    return [addPrompt(model, name, new PromptVectors(info, initial, asEmbeddings(config)))];
  },
};

/** [rows, C]; the caller owns them. */
export function initialVectors(
  model: nn.Module,
  options: {
    readonly init: PromptTuningConfig['init'];
    readonly rows: number;
    readonly generator: Generator;
  },
): Tensor {
  const { init, rows, generator } = options;
  const [, owner] = findPromptable(model);
  const { hiddenSize, vocabSize } = owner.promptShape;
  if (init === 'random') return generator.normal([rows, hiddenSize]);
  const ids =
    init === 'sampleVocab'
      ? Int32Array.from({ length: rows }, () => generator.nextInt(vocabSize))
      : repeated(init.tokens, rows, vocabSize);
  return scope(() => tf.mul(owner.embed(tf.tensor1d(ids, 'int32')), 1)); // memory of its own
}

function repeated(tokens: readonly number[], rows: number, vocabSize: number): Int32Array {
  const isKnown = (id: number) => Number.isInteger(id) && id >= 0 && id < vocabSize;
  if (tokens.length > 0 && tokens.every(isKnown)) {
    return Int32Array.from({ length: rows }, (_, i) => tokens[i % tokens.length]!);
  }
  throw new AdapterError(
    `prompt: init.tokens: expected ids in [0, ${vocabSize}), got ${tokens.length === 0 ? 'none' : tokens.find((id) => !isKnown(id))}. ` +
      "Encode the text with the model's own tokenizer.",
  );
}

/** PEFT reads TEXT only with the text and a tokenizer's name. */
export function initToFields(init: PromptTuningConfig['init']): Record<string, unknown> {
  const none = {
    tokenizer_kwargs: null,
    tokenizer_name_or_path: null,
    prompt_tuning_init_text: null,
  };
  if (typeof init === 'string') return { ...none, prompt_tuning_init: INITS[init] };
  if (init.text === undefined || init.tokenizer === undefined)
    return { ...none, prompt_tuning_init: 'RANDOM' };
  return {
    ...none,
    prompt_tuning_init: 'TEXT',
    prompt_tuning_init_text: init.text,
    tokenizer_name_or_path: init.tokenizer,
  };
}
