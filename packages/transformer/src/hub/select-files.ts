// Which files of a repository a model needs.
import { HubError } from '../errors.ts';

const NEEDED = new RegExp(
  [
    '^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\\.json$',
    '^(merges|vocab)\\.txt$',
    '^(tokenizer|spiece)\\.model$',
    '^chat_template\\.(jinja|json)$',
    '^(modules|sentence_bert_config|config_sentence_transformers)\\.json$',
    '^1_Pooling/config\\.json$',
    '^model(-\\d{5}-of-\\d{5})?\\.safetensors$',
    '^model\\.safetensors\\.index\\.json$',
  ].join('|'),
);
const SHARD = /^model-\d{5}-of-\d{5}\.safetensors$|\.index\.json$/;

/** Configuration, tokenizer and safetensors; or the only GGUF file. Throws HubError where neither is, or
 *  where there are several GGUF files to choose from. */
export function selectFiles(repo: string, all: readonly string[]): string[] {
  const needed = all.filter((name) => NEEDED.test(name));
  const isWhole = needed.includes('model.safetensors');
  const files = needed.filter((name) => !(isWhole && SHARD.test(name)));
  if (files.some((name) => name.endsWith('.safetensors'))) return files;
  const gguf = all.filter((name) => name.endsWith('.gguf'));
  if (gguf.length === 1) return gguf;
  if (gguf.length === 0) {
    throw new HubError(
      `hub: ${repo}: expected model.safetensors or a .gguf file, got ${all.length} other files. Choose a checkpoint with one.`,
    );
  }
  throw new HubError(
    `hub: ${repo}: expected one .gguf file, got ${gguf.length}: ${gguf.slice(0, 20).join(', ')}. Name one: hub:${repo}/${gguf[0]}`,
  );
}
