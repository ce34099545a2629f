// `llm tokenizer inspect`: what a tokenizer is made of.
import type { Tokenizer } from '@llm/tokenizer';
import type { Output } from '../../output.ts';
import { loadTokenizer } from './load.ts';

/** The types of a component and of the steps in a Sequence: `Digits → ByteLevel`. */
function describe(component: unknown): string {
  if (typeof component !== 'object' || component === null) return 'none';
  const { type, ...rest } = component as Record<string, unknown>;
  const steps = Object.values(rest).find((value) => type === 'Sequence' && Array.isArray(value));
  return Array.isArray(steps) ? steps.map(describe).join(' → ') : String(type);
}

function report(tokenizer: Tokenizer) {
  const { definition, roles } = tokenizer;
  return {
    model: definition.model.type,
    vocabSize: tokenizer.vocabSize,
    normalizer: describe(definition.normalizer),
    preTokenizer: describe(definition.preTokenizer),
    postProcessor: describe(definition.postProcessor),
    decoder: describe(definition.decoder),
    addedTokens: tokenizer.addedTokens.map(({ id, content, special }) => ({
      id,
      content,
      special,
    })),
    bosToken: roles.bosToken ?? null,
    eosToken: roles.eosToken ?? null,
    padToken: roles.padToken ?? null,
    hasChatTemplate: tokenizer.chatTemplate !== undefined,
  };
}

export async function inspect(path: string | undefined, output: Output): Promise<void> {
  const result = report(await loadTokenizer(path));
  output.json(result);
  if (output.isJson) return;
  const { addedTokens, ...fields } = result;
  for (const [name, value] of Object.entries(fields))
    output.line(`${name.padEnd(16)}${value ?? 'none'}`);
  output.line(`${'addedTokens'.padEnd(16)}${addedTokens.length}`);
  for (const { id, content, special } of addedTokens) {
    output.line(
      `  ${String(id).padStart(8)}  ${JSON.stringify(content)}${special ? '' : ' (not special)'}`,
    );
  }
}
