/** A byte-level BPE tokenizer as the metadata of a GGUF file (keys `tokenizer.ggml.*`), for whoever writes the file. */
import { BpeModel } from '../bpe/bpe-model.ts';
import { UnsupportedComponentError } from '../errors.ts';
import type { TokenizerRoles } from '../tokenizer-options.ts';
import { splitFor } from './gguf-vocabulary.ts';
import type { TokenizerDefinition } from './tokenizer-json.ts';

const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;
const SPLITS = ['gpt-2', 'smollm', 'llama-bpe', 'qwen2'];

export function toGgufMetadata(
  definition: TokenizerDefinition,
  roles: TokenizerRoles,
): Map<string, unknown> {
  const { model, addedTokens } = definition;
  if (!(model instanceof BpeModel)) throw refuse('model', 'byte-level BPE', model.type);
  const added = new Map(addedTokens.map((token) => [token.id, token]));
  const size = addedTokens.reduce((max, { id }) => Math.max(max, id + 1), model.vocabSize);
  const ids = Array.from({ length: size }, (_, id) => id);
  const metadata = new Map<string, unknown>([
    ['tokenizer.ggml.model', 'gpt2'],
    ['tokenizer.ggml.pre', splitName(definition)],
    [
      'tokenizer.ggml.tokens',
      ids.map((id) => added.get(id)?.content ?? model.idToToken(id) ?? `[UNUSED${id}]`),
    ],
    [
      'tokenizer.ggml.token_type',
      ids.map((id) => {
        const token = added.get(id);
        if (token !== undefined) return token.special ? CONTROL : USER_DEFINED;
        return model.idToToken(id) === undefined ? UNUSED : NORMAL;
      }),
    ],
    ['tokenizer.ggml.merges', model.merges.map((merge) => merge.join(' '))],
    [
      'tokenizer.ggml.add_bos_token',
      definition.postProcessor !== null && addsBos(definition, roles),
    ],
  ]);
  const names = {
    bos: roles.bosToken,
    eos: roles.eosToken,
    padding: roles.padToken,
    unknown: roles.unkToken,
  };
  for (const [name, token] of Object.entries(names)) {
    const id =
      addedTokens.find(({ content }) => content === token)?.id ??
      (token === undefined ? undefined : model.tokenToId(token));
    if (id !== undefined) metadata.set(`tokenizer.ggml.${name}_token_id`, id);
  }
  if (roles.chatTemplate !== undefined) metadata.set('tokenizer.chat_template', roles.chatTemplate);
  return metadata;
}

function addsBos({ postProcessor }: TokenizerDefinition, { bosToken }: TokenizerRoles): boolean {
  return (
    bosToken !== undefined &&
    JSON.stringify(postProcessor).includes(`"SpecialToken":{"id":${JSON.stringify(bosToken)}`)
  );
}

/** The name of how text is split, by comparing with what each name stands for. */
function splitName({ preTokenizer, normalizer, model }: TokenizerDefinition): string {
  const ignoresMerges = model instanceof BpeModel && (model.options.ignoreMerges ?? false);
  const found = SPLITS.find((name) => {
    const split = splitFor(name);
    return (
      shapeOf(split.preTokenizer) === shapeOf(preTokenizer) &&
      shapeOf(split.normalizer ?? null) === shapeOf(normalizer) &&
      (split.ignoreMerges ?? false) === ignoresMerges
    );
  });
  if (found !== undefined) return found;
  throw refuse('pre_tokenizer', `a split of ${SPLITS.join(', ')}`, 'another');
}

/** What decides the split: `trim_offsets` does not. */
function shapeOf(json: unknown): string {
  return JSON.stringify(json, (key, value: unknown) =>
    key === 'trim_offsets' ? undefined : value,
  );
}

function refuse(part: string, expected: string, got: string): UnsupportedComponentError {
  return new UnsupportedComponentError(
    `toGgufMetadata: ${part}: expected ${expected}, which a GGUF file can name, got ${got}.`,
  );
}
