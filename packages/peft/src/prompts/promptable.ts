// What a model must offer for soft prompts: one place for what gives them, and its sizes. CausalLm, EncoderModel and
// Seq2SeqLm of @llm/transformer do; a model of a user's own does when it has these members and reads, before every
// text, what `softPrompt.softPrompt()` gives.

import type { nn } from '@llm/tensor';
import { type Tensor } from '@llm/tensor';
import { AdapterError } from '../errors.ts';

/** n vectors before each text: in the place of word embeddings, or of each layer's keys and values. */
export type SoftPrompt =
  | { readonly embeddings: Tensor } // [1 or B, n, C]
  | { readonly layers: readonly { readonly keys: Tensor; readonly values: Tensor }[] }; // [1 or B, n, K, D]

export interface SoftPromptSource {
  /** n; 0 while there is none. */
  readonly length: number;
  /** Of the coming forward pass, differentiable; null while there is none. */
  softPrompt(): SoftPrompt | null;
}

export interface PromptShape {
  readonly hiddenSize: number;
  readonly vocabSize: number;
  readonly numLayers: number;
  readonly numAttentionHeads: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  /** PEFT's name of what the model is for, 'CAUSAL_LM' or 'SEQ_2_SEQ_LM': an encoder–decoder reads embeddings before
   *  the source, keys and values before what it writes. */
  readonly taskType: string;
}

export interface Promptable extends nn.Module {
  softPrompt: SoftPromptSource | null;
  readonly promptShape: PromptShape;
  /** ids int32 [..] → their word embeddings [.., C], as the first layer gets them. */
  embed(ids: Tensor): Tensor;
}

/** The first module that takes soft prompts, the model or one in it, with its path.
 *  @throws AdapterError when there is none */
export function findPromptable(model: nn.Module): [path: string, owner: Promptable] {
  for (const [path, module] of model.namedModules())
    if (isPromptable(module)) return [path, module];
  throw new AdapterError(
    'prompt: model: expected one that takes soft prompts, got none in it. Give a model of @llm/transformer, or one ' +
      'with the members of Promptable.',
  );
}

function isPromptable(module: nn.Module): module is Promptable {
  return 'softPrompt' in module && 'promptShape' in module && 'embed' in module;
}
