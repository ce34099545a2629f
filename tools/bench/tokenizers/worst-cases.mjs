// A megabyte of text that is hard on tokenizers, beside a megabyte of English: `node worst-cases.mjs TOKENIZER.json
// CORPUS.json`. Prints how long ours takes, in milliseconds, each the best of three with nothing remembered of any text.
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { TextDecoder } from 'node:util';
import { Tokenizer } from '@llm/tokenizer';
import { timed } from './contestant-protocol.mjs';

const MEGABYTE = 1e6;
const ROUNDS = 3;

/** The same numbers in each run. */
function random(seed) {
  let state = seed;
  return () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) / 2 ** 32;
}

/** As many characters as are a megabyte of UTF-8. */
function cut(text) {
  let [bytes, units] = [0, 0];
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > MEGABYTE) break;
    units += character.length;
  }
  return text.slice(0, units);
}

const repeat = (text) => cut(text.repeat(Math.ceil(MEGABYTE / Buffer.byteLength(text)) + 1));
const among = (next, low, count) => String.fromCodePoint(low + Math.floor(next() * count));

export function worstCases() {
  const next = random(1);
  const many = (length, make) => cut(Array.from({ length }, make).join(''));
  const bytes = Uint8Array.from({ length: MEGABYTE }, () => next() * 256);
  return {
    'one letter': repeat('a'),
    blanks: repeat(' '),
    'lines of a blank': repeat('\n '),
    'one digit': repeat('7'),
    'one mark': repeat('!'),
    ababab: repeat('ab'),
    'one ideograph': repeat('中'),
    'one emoji': repeat('😀'),
    'random emoji': many(MEGABYTE / 4, () => among(next, 0x1f300, 0x2ff)),
    'random digits': many(MEGABYTE, () => among(next, 0x30, 10)),
    'random letters': many(MEGABYTE, () => among(next, 0x61, 26)),
    'random ideographs': many(MEGABYTE / 3, () => among(next, 0x4e00, 20_000)),
    'random bytes': cut(new TextDecoder().decode(bytes)),
    'random Latin-1': cut(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')),
  };
}

function main([path, corpus]) {
  const tokenizer = Tokenizer.fromJSON(readFileSync(path, 'utf8'));
  const { seen, unseen } = JSON.parse(readFileSync(corpus, 'utf8'));
  for (const text of seen) tokenizer.encode(text);
  const english = cut(unseen.join(''));
  const best = (text, prepare) => {
    const times = Array.from({ length: ROUNDS }, () => {
      prepare();
      globalThis.gc?.();
      return timed(() => tokenizer.encode(text)) * 1000;
    });
    return Math.min(...times);
  };
  const forget = () => tokenizer.clearCache();
  const cells = {
    'English, new': best(english, forget),
    'English, again': best(english, () => {}),
  };
  for (const [name, text] of Object.entries(worstCases())) cells[name] = best(text, forget);
  process.stdout.write(JSON.stringify(cells));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main(process.argv.slice(2));
