// `llm tokenizer train|encode|decode|inspect`: a tokenizer by itself, without a model.
import { defineCommand, UsageError } from '../command.ts';
import { decodeIds, encodeText } from './tokenizer/convert.ts';
import { inspect } from './tokenizer/inspect.ts';
import { train } from './tokenizer/train.ts';

/** The flags of each action; another action's flag is a mistake, not something to pass over. */
const FLAGS = {
  train: ['data', 'out', 'vocab-size', 'min-frequency', 'special'],
  encode: ['model', 'text', 'file', 'bare', 'ignore-special'],
  decode: ['model', 'ids', 'skip-special'],
  inspect: ['model', 'text', 'html'],
} as const;
type Action = keyof typeof FLAGS;

function checkAction(
  action: string | undefined,
  values: Readonly<Record<string, unknown>>,
): Action {
  if (action === undefined || !Object.hasOwn(FLAGS, action)) {
    const got = action === undefined ? 'none' : JSON.stringify(action);
    throw new UsageError(`expected train, encode, decode or inspect, got ${got}.`);
  }
  const own: readonly string[] = FLAGS[action as Action];
  const foreign = Object.values(FLAGS)
    .flat()
    .find((flag) => {
      const value = values[flag];
      const isGiven = Array.isArray(value)
        ? value.length > 0
        : value !== undefined && value !== false;
      return isGiven && !own.includes(flag);
    });
  if (foreign !== undefined) throw new UsageError(`--${foreign}: not an option of ${action}.`);
  return action as Action;
}

export const command = defineCommand({
  name: 'tokenizer',
  summary: 'Trains a tokenizer, or turns text into ids and back with one.',
  usage: [
    'tokenizer train --data corpus.txt --out DIR [--vocab-size 8192]',
    'tokenizer encode --model PATH (--text TEXT | --file FILE)',
    'tokenizer decode --model PATH --ids 1,2,3',
    'tokenizer inspect --model PATH [--text TEXT [--html FILE]]',
  ],
  maxPositionals: 1,
  options: {
    model: {
      type: 'string',
      description: 'a tokenizer.json, a folder that has one, or a .gguf file',
      placeholder: 'PATH',
    },
    text: { type: 'string', description: 'encode: the text; inspect: a text to show by token' },
    html: { type: 'string', description: 'inspect: write the text as a page', placeholder: 'FILE' },
    file: {
      type: 'string',
      description: 'encode: a file of text, or - for standard input',
      placeholder: 'FILE',
    },
    bare: { type: 'boolean', description: 'encode: without the tokens that go around a text' },
    'ignore-special': {
      type: 'boolean',
      description: 'encode: special tokens in the text are plain text',
    },
    ids: { type: 'string', description: 'decode: the ids', placeholder: '1,2,3' },
    'skip-special': { type: 'boolean', description: 'decode: leave special tokens out' },
    data: {
      type: 'string',
      description: 'train: .txt, .md or .jsonl files, or one of these with .gz',
      placeholder: 'FILE',
      multiple: true,
    },
    out: { type: 'string', description: 'train: folder to write', placeholder: 'DIR' },
    'vocab-size': {
      type: 'integer',
      description: 'train: tokens in all, default 8192',
      minimum: 257,
    },
    'min-frequency': {
      type: 'integer',
      description: 'train: rarer pairs are not merged, default 2',
      minimum: 0,
    },
    special: {
      type: 'string',
      description: 'train: special tokens; the first ends documents (default <|endoftext|>)',
      placeholder: 'TOKEN',
      multiple: true,
    },
  },
  async run({ values, positionals, output, signal }) {
    const action = checkAction(positionals[0], values);
    switch (action) {
      case 'train':
        return train(values, output, signal);
      case 'encode':
        return encodeText(values, output);
      case 'decode':
        return decodeIds(values, output);
      case 'inspect':
        return inspect(values, output);
      default:
        return action satisfies never;
    }
  },
});
