// Loads whatever architecture a folder's config.json names.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ENCODER_MODEL_TYPES, type EncoderType } from '../models/encoder/config.ts';
import type { EncoderModel } from '../models/encoder/model.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { SEQ2SEQ_MODEL_TYPES, type Seq2SeqType } from '../models/seq2seq/config.ts';
import type { Seq2SeqLm } from '../models/seq2seq/seq2seq-lm.ts';
import { isAbsent } from './when-absent.ts';
import { loadEncoder } from './encoder-checkpoint.ts';
import { loadModel, type LoadOptions } from './load-model.ts';
import { loadSeq2Seq } from './seq2seq-checkpoint.ts';

/** A model and its family. */
export type AnyModel =
  | { readonly family: 'decoder'; readonly model: CausalLm }
  | { readonly family: 'encoder'; readonly model: EncoderModel }
  | { readonly family: 'encoderDecoder'; readonly model: Seq2SeqLm };

/** Loads a folder or a `.gguf` file by its `model_type`, as loadModel, loadEncoder or loadSeq2Seq would.
 *  Throws ConfigError, CheckpointError, FormatError. */
export async function loadAnyModel(path: string, options: LoadOptions = {}): Promise<AnyModel> {
  const modelType = await modelTypeOf(path);
  if (ENCODER_MODEL_TYPES.includes(modelType as EncoderType))
    return { family: 'encoder', model: await loadEncoder(path, options) };
  if (SEQ2SEQ_MODEL_TYPES.includes(modelType as Seq2SeqType))
    return { family: 'encoderDecoder', model: await loadSeq2Seq(path, options) };
  return { family: 'decoder', model: await loadModel(path, options) };
}

/** Undefined where there is no readable config.json: loadModel then says what is wrong. */
async function modelTypeOf(path: string): Promise<unknown> {
  if (path.endsWith('.gguf')) return undefined;
  try {
    const json: unknown = JSON.parse(await readFile(join(path, 'config.json'), 'utf8'));
    return typeof json === 'object' && json !== null && 'model_type' in json
      ? json.model_type
      : undefined;
  } catch (error) {
    if (isAbsent(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
