// `llm tokenizer inspect`: what a tokenizer is made of.
import { writeFileAtomic } from '@llm/tensor/io';
import type { Tokenizer } from '@llm/tokenizer';
import { tokensToHtml, tokensToTerminal, tokenStretches } from '@llm/tokenizer';
import { UsageError } from '../../command.ts';
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

export interface InspectValues {
  readonly model?: string | undefined;
  readonly text?: string | undefined;
  readonly html?: string | undefined;
}

export async function inspect(values: InspectValues, output: Output): Promise<void> {
  if (values.html !== undefined && values.text === undefined)
    throw new UsageError('expected --text with --html, got none.');
  const tokenizer = await loadTokenizer(values.model);
  if (values.text !== undefined) return inspectText(tokenizer, values.text, values.html, output);
  const result = report(tokenizer);
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

/** A text coloured by token; with `html` as a page in that file. */
async function inspectText(
  tokenizer: Tokenizer,
  text: string,
  html: string | undefined,
  output: Output,
): Promise<void> {
  const encoding = tokenizer.encodeFull(text, { truncation: false, padding: false });
  if (html !== undefined) await writeFileAtomic(html, tokensToHtml(text, encoding));
  output.json({ stretches: tokenStretches(text, encoding), html: html ?? null });
  if (output.isJson) return;
  output.line(html === undefined ? tokensToTerminal(text, encoding) : `wrote ${html}`);
}
