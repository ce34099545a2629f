// `llm tokenizer encode` and `decode`.
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { UsageError } from '../../command.ts';
import { parseIds } from '../../model-input.ts';
import type { Output } from '../../output.ts';
import { loadTokenizer } from './load.ts';

async function readInput(text: string | undefined, file: string | undefined): Promise<string> {
  if ((text === undefined) === (file === undefined)) {
    throw new UsageError('expected one of --text and --file.');
  }
  if (text !== undefined) return text;
  const bytes = await (file === '-' ? buffer(process.stdin) : readFile(file as string)).catch(
    (error: NodeJS.ErrnoException) => {
      throw new Error(`${file}: cannot be read (${error.code}). Check the path.`);
    },
  );
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error(`${file}: expected UTF-8, got other bytes. Convert the file to UTF-8.`);
  }
}

export interface EncodeValues {
  readonly model: string | undefined;
  readonly text: string | undefined;
  readonly file: string | undefined;
  readonly bare: boolean;
  readonly 'ignore-special': boolean;
}

export async function encodeText(values: EncodeValues, output: Output): Promise<void> {
  const text = await readInput(values.text, values.file);
  const tokenizer = await loadTokenizer(values.model);
  const ids = tokenizer.encode(text, {
    addSpecialTokens: !values.bare,
    allowedSpecial: values['ignore-special'] ? [] : 'all',
  });
  if (output.isJson) output.json({ ids, tokens: ids.map((id) => tokenizer.idToToken(id)) });
  else output.line(ids.join(','));
}

export interface DecodeValues {
  readonly model: string | undefined;
  readonly ids: string | undefined;
  readonly 'skip-special': boolean;
}

export async function decodeIds(values: DecodeValues, output: Output): Promise<void> {
  if (values.ids === undefined) throw new UsageError('--ids: expected a value, got none.');
  const ids = values.ids === '' ? [] : parseIds(values.ids);
  const tokenizer = await loadTokenizer(values.model);
  const text = tokenizer.decode(ids, { skipSpecialTokens: values['skip-special'] });
  output.json({ text });
  if (!output.isJson) output.line(text);
}
