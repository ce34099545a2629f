// A fresh model of any family, and its training by the objective that the family is known for.
import type { TrainResult } from '@llm/optim';
import type { Generator } from '@llm/tensor';
import type { Tokenizer } from '@llm/tokenizer';
import type { CausalLm, EncoderModel, Seq2SeqLm } from '@llm/transformer';
import { isDecoder, type Architecture } from '../models/architectures.ts';
import { newEncoder, newSeq2Seq } from '../models/new-encoder.ts';
import { newModel, type ModelSizes } from '../models/new-model.ts';
import { corruptedSpans, denoising, maskedWords } from './objectives.ts';
import { pretrain, pretrainBy, type PretrainOptions } from './pretrain.ts';

export interface PretrainingSubject {
  /** The caller disposes it. */
  readonly model: CausalLm | EncoderModel | Seq2SeqLm;
  readonly train: (tokens: Int32Array, options: PretrainOptions) => Promise<TrainResult>;
}

export function newSubject(
  sizes: Omit<ModelSizes, 'architecture'> & { readonly architecture: Architecture },
  tokenizer: Tokenizer,
  generator: Generator,
): PretrainingSubject {
  const { architecture } = sizes;
  if (isDecoder(architecture)) {
    const model = newModel({ ...sizes, architecture }, tokenizer, generator);
    return { model, train: (tokens, options) => pretrain(model, tokens, options) };
  }
  if (architecture === 'bert') {
    const model = newEncoder(sizes, tokenizer, generator);
    return {
      model,
      train: (tokens, options) =>
        pretrainBy(model, tokens, {
          ...options,
          objective: (stream) => maskedWords(model, tokenizer, stream),
        }),
    };
  }
  const model = newSeq2Seq(architecture, sizes, { tokenizer, generator });
  const objective = architecture === 't5' ? corruptedSpans : denoising;
  return {
    model,
    train: (tokens, options) =>
      pretrainBy(model, tokens, {
        ...options,
        objective: (stream) => objective(model, tokenizer, stream),
      }),
  };
}
