// The peers of npm: what makes a tokenizer of each. `settings.library` says which; the packages lie in `settings.peers`.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { TextDecoder } from 'node:util';
import { serveTokenizer } from './contestant-protocol.mjs';

const settings = JSON.parse(process.argv[2]);
const { folder, vocabulary, library, peers } = settings;
const require = createRequire(join(peers, 'package.json'));
const encoding = { gpt2: 'r50k_base', cl100k: 'cl100k_base', o200k: 'o200k_base' }[vocabulary];
const bytes = (ending) => readFileSync(join(folder, `${vocabulary}.${ending}`));

const makers = {
  /** One table for the process; its cache of merged pieces is emptied. */
  'gpt-tokenizer': () => {
    const { encode, decode, clearMergeCache } = require(`gpt-tokenizer/encoding/${encoding}`);
    clearMergeCache();
    return { encode: (text) => encode(text), decode };
  },
  'js-tiktoken': () => {
    const { Tiktoken } = require('js-tiktoken/lite');
    const tokenizer = new Tiktoken(require(`js-tiktoken/ranks/${encoding}`));
    return {
      encode: (text) => tokenizer.encode(text, [], []),
      decode: (ids) => tokenizer.decode(ids),
    };
  },
  tiktoken: () => {
    const { get_encoding: getEncoding } = require('tiktoken');
    const tokenizer = getEncoding(encoding);
    const text = new TextDecoder('utf-8', { ignoreBOM: true });
    return {
      encode: (part) => tokenizer.encode_ordinary(part),
      decode: (ids) => text.decode(tokenizer.decode(ids)),
    };
  },
  '@huggingface/tokenizers': () => {
    const { Tokenizer } = require('@huggingface/tokenizers');
    const tokenizer = new Tokenizer(JSON.parse(bytes('json').toString()), {});
    return {
      encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
      decode: (ids) => tokenizer.decode(ids),
    };
  },
  kitoken: () => {
    const { Kitoken } = require('kitoken/node');
    const isPiece = vocabulary === 'unigram' || vocabulary === 'spbpe';
    const tokenizer = isPiece
      ? Kitoken.from_sentencepiece(bytes('model'))
      : Kitoken.from_tokenizers(bytes('json'));
    const text = new TextDecoder('utf-8', { ignoreBOM: true });
    return {
      encode: (part) => tokenizer.encode(part, false),
      decode: (ids) => text.decode(tokenizer.decode(ids, false)),
    };
  },
};

const make = makers[library];
// What a table of one process does not load again can't be timed as loading.
const once = library === 'gpt-tokenizer' ? undefined : make;
let latest = make();
const fresh = () => {
  if (library === 'tiktoken') return latest; // no cache between texts, and its memory is not the collector's
  return (latest = make());
};
await serveTokenizer(settings, fresh, () => once?.().encode('x'));
