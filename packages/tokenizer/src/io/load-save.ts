/** Tokenizers from and to files. Node only: the file system is imported when a function is called, not before. */
import { TokenizerError, TokenizerFormatError } from '../errors.ts';
import type { Tokenizer } from '../tokenizer.ts';
import type { TokenizerRoles } from '../tokenizer-options.ts';
import { ggufDefinition } from './gguf-vocabulary.ts';
import { readGgufMetadata } from './gguf-metadata.ts';
import type { JsonObject } from './json-fields.ts';
import { asObject, isObject } from './json-fields.ts';
import type { TokenizerDefinition } from './tokenizer-json.ts';
import { parseTokenizerJson } from './tokenizer-json.ts';

interface Loaded {
  readonly definition: TokenizerDefinition;
  readonly roles: TokenizerRoles;
}

export async function loadTokenizer(path: string): Promise<Loaded> {
  const { stat, readFile } = await import('node:fs/promises');
  const { dirname, join } = await import('node:path');
  const found = await stat(path).catch(() => {
    throw new TokenizerFormatError(
      `load: path: expected a file or a folder, got ${JSON.stringify(path)}, which does not exist.`,
    );
  });
  if (!found.isDirectory() && path.endsWith('.gguf')) return loadGguf(path);
  const file = found.isDirectory() ? join(path, 'tokenizer.json') : path;
  const text = await readFile(file, 'utf8').catch(() => {
    throw new TokenizerFormatError(
      `load: path: expected a readable tokenizer.json, got none at ${file}.`,
    );
  });
  return { definition: parseTokenizerJson(text, file), roles: await loadRoles(dirname(file)) };
}

async function loadGguf(path: string): Promise<Loaded> {
  const { open } = await import('node:fs/promises');
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const readPrefix = async (length: number): Promise<Uint8Array> => {
      const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, 0);
      return buffer.subarray(0, bytesRead);
    };
    return ggufDefinition(await readGgufMetadata({ size, readPrefix }));
  } catch (error) {
    throw error instanceof TokenizerError ? namingFile(error, path) : error;
  } finally {
    await handle.close();
  }
}

/** The same error, its message beginning with the file it is about. */
function namingFile(error: TokenizerError, path: string): TokenizerError {
  error.message = `${path}: ${error.message}`;
  return error;
}

/** What tokenizer_config.json and chat_template.jinja beside the tokenizer say; both may be missing. */
async function loadRoles(folder: string): Promise<TokenizerRoles> {
  const { readFile } = await import('node:fs/promises');
  const { join } = await import('node:path');
  const read = (name: string): Promise<string | undefined> =>
    readFile(join(folder, name), 'utf8').catch(() => undefined);
  const configText = await read('tokenizer_config.json');
  const config =
    configText === undefined
      ? {}
      : asObject(parseConfig(configText, folder), 'tokenizer_config.json');
  const template = (await read('chat_template.jinja')) ?? config['chat_template'];
  return {
    bosToken: tokenContent(config['bos_token']),
    eosToken: tokenContent(config['eos_token']),
    padToken: tokenContent(config['pad_token']),
    unkToken: tokenContent(config['unk_token']),
    chatTemplate: defaultTemplate(template),
    config,
  };
}

function parseConfig(text: string, folder: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new TokenizerFormatError(
      `load: ${folder}/tokenizer_config.json: expected JSON (${String(error)}).`,
    );
  }
}

/** A token is written as its text, or as an object with `content`. */
function tokenContent(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return isObject(value) && typeof value['content'] === 'string' ? value['content'] : undefined;
}

/** One template, or a list of named ones, of which `default` is taken. */
function defaultTemplate(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return undefined;
  const named = value.find((item) => isObject(item) && item['name'] === 'default') as unknown;
  return isObject(named) && typeof named['template'] === 'string' ? named['template'] : undefined;
}

export async function saveTokenizer(path: string, tokenizer: Tokenizer): Promise<void> {
  const { mkdir } = await import('node:fs/promises');
  const { join } = await import('node:path');
  const document = `${JSON.stringify(tokenizer.toJSON(), null, 2)}\n`;
  if (path.endsWith('.json')) return writeAtomic(path, document);
  await mkdir(path, { recursive: true });
  await writeAtomic(join(path, 'tokenizer.json'), document);
  await writeAtomic(
    join(path, 'tokenizer_config.json'),
    `${JSON.stringify(configJson(tokenizer), null, 2)}\n`,
  );
}

/** What was read, with the roles as they are now, in the form that Transformers' AutoTokenizer reads. */
function configJson(tokenizer: Tokenizer): JsonObject {
  const { bosToken, eosToken, padToken, unkToken, chatTemplate, config = {} } = tokenizer.roles;
  const written: Record<string, unknown> = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    ...config,
    chat_template: chatTemplate,
  };
  const tokens = {
    bos_token: bosToken,
    eos_token: eosToken,
    pad_token: padToken,
    unk_token: unkToken,
  };
  for (const [key, token] of Object.entries(tokens)) {
    // A token that was written as an object keeps its flags.
    if (tokenContent(config[key]) !== token) written[key] = token;
  }
  return written;
}

function cannotWrite(path: string, error: unknown): TokenizerError {
  const { code, message } = error as NodeJS.ErrnoException;
  const got = code === 'ENOSPC' ? 'a full disk' : message;
  return new TokenizerError(
    `save: ${path}: expected to write the file, got ${got}. Nothing was changed; make room or choose another place.`,
    { cause: error },
  );
}

/** Never leaves half a file: written beside, synced, renamed. */
async function writeAtomic(path: string, text: string): Promise<void> {
  const { open, rename, rm } = await import('node:fs/promises');
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw cannotWrite(path, error);
  }
}
