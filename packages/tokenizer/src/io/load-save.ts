/** Tokenizers from and to files. Node only. */
import { TokenizerError, TokenizerFormatError } from '../errors.ts';
import {
  basename,
  dirname,
  join,
  lookAt,
  makeFolder,
  readBytes,
  withFile,
  writeAtomic,
} from '../node/files.ts';
import type { Tokenizer } from '../tokenizer.ts';
import type { TokenizerRoles } from '../tokenizer-options.ts';
import { toSentencePieceModel } from '../sentencepiece/export-model.ts';
import { sentencePieceDefinition } from '../sentencepiece/definition.ts';
import { parseSentencePieceModel, writeSentencePieceModel } from '../sentencepiece/model-file.ts';
import { tiktokenDefinition, tiktokenRanks } from '../tiktoken/ranks.ts';
import { bertDefinition, bertVocabulary, gpt2Definition } from './legacy-files.ts';
import { ggufDefinition } from '../gguf/vocabulary.ts';
import { readGgufMetadata } from '../gguf/metadata.ts';
import type { JsonObject } from './json-fields.ts';
import { asObject, isObject } from './json-fields.ts';
import type { TokenizerDefinition } from './tokenizer-json.ts';
import { parseTokenizerJson } from './tokenizer-json.ts';

interface Loaded {
  readonly definition: TokenizerDefinition;
  readonly roles: TokenizerRoles;
}

export async function loadTokenizer(path: string): Promise<Loaded> {
  const found = await lookAt(path);
  if (found === undefined) {
    throw new TokenizerFormatError(
      `load: path: expected a file or a folder, got ${JSON.stringify(path)}, which does not exist.`,
    );
  }
  if (found === 'file') return loadFile(path, await loadRoles(dirname(path)));
  const roles = await loadRoles(path);
  const name = FILES.find((candidate) => found.includes(candidate));
  const ranks = found.find((candidate) => candidate.endsWith('.tiktoken'));
  return loadFile(join(path, name ?? ranks ?? 'tokenizer.json'), roles);
}

/** What a folder may hold, in the order in which it is looked for. */
const FILES = ['tokenizer.json', 'tokenizer.model', 'spiece.model', 'vocab.json', 'vocab.txt'];

async function loadFile(path: string, roles: TokenizerRoles): Promise<Loaded> {
  const name = basename(path);
  if (name.endsWith('.gguf')) return loadGguf(path);
  if (name.endsWith('.model')) {
    const model = parseSentencePieceModel(await readRequired(path), path);
    const found = sentencePieceDefinition(model, path);
    return { ...found, roles: { ...found.roles, ...defined(roles) } };
  }
  const bytes = await readRequired(path);
  const text = (): string => new TextDecoder().decode(bytes);
  if (name.endsWith('.tiktoken')) {
    const encoding = name.slice(0, -'.tiktoken'.length);
    return { definition: tiktokenDefinition(text(), { encoding }, path), roles };
  }
  if (name === 'vocab.txt') return { definition: bertDefinition(text(), roles.config), roles };
  if (name === 'vocab.json') {
    const merges = new TextDecoder().decode(await readRequired(join(dirname(path), 'merges.txt')));
    return { definition: gpt2Definition(text(), merges, roles), roles };
  }
  return { definition: parseTokenizerJson(bytes, path), roles };
}

/** Roles that the configuration beside the file names take the place of the file's own. */
function defined(roles: TokenizerRoles): Partial<TokenizerRoles> {
  return Object.fromEntries(Object.entries(roles).filter(([, value]) => value !== undefined));
}

async function readRequired(path: string): Promise<Uint8Array> {
  const bytes = await readBytes(path);
  if (bytes !== undefined) return bytes;
  throw new TokenizerFormatError(
    `load: path: expected a readable tokenizer.json (or another of ${FILES.join(', ')}, *.tiktoken, *.gguf), got none at ${path}.`,
  );
}

async function loadGguf(path: string): Promise<Loaded> {
  try {
    return await withFile(path, async (file) => ggufDefinition(await readGgufMetadata(file)));
  } catch (error) {
    throw error instanceof TokenizerError ? namingFile(error, path) : error;
  }
}

/** The same error, its message beginning with the file it is about. */
function namingFile(error: TokenizerError, path: string): TokenizerError {
  error.message = `${path}: ${error.message}`;
  return error;
}

/** What tokenizer_config.json and chat_template.jinja beside the tokenizer say; both may be missing. */
async function loadRoles(folder: string): Promise<TokenizerRoles> {
  const read = async (name: string): Promise<string | undefined> => {
    const bytes = await readBytes(join(folder, name));
    return bytes && new TextDecoder().decode(bytes);
  };
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
  const document = `${JSON.stringify(tokenizer.toJSON(), null, 2)}\n`;
  if (path.endsWith('.json')) return writeAtomic(path, document);
  const other = otherFormat(path, tokenizer);
  if (other !== undefined) return writeAtomic(path, other);
  await makeFolder(path);
  await writeAtomic(join(path, 'tokenizer.json'), document);
  await writeAtomic(
    join(path, 'tokenizer_config.json'),
    `${JSON.stringify(configJson(tokenizer), null, 2)}\n`,
  );
}

/** The formats that hold only some tokenizers, by the name of the file; an error if this one does not fit. */
function otherFormat(
  path: string,
  { definition, roles }: Tokenizer,
): string | Uint8Array | undefined {
  if (path.endsWith('.model'))
    return writeSentencePieceModel(toSentencePieceModel(definition, roles));
  if (path.endsWith('.tiktoken')) return tiktokenRanks(definition);
  return path.endsWith('vocab.txt') ? bertVocabulary(definition) : undefined;
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
