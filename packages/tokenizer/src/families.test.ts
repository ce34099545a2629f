/**
 * The families of tokenizers that people use, small but with their components, against Rust `tokenizers`, tiktoken and
 * SentencePiece (tools/fixtures/tokenizer_families.py). The real ones: tools/checks/tokenizer-fuzz.mjs.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from './index.ts';

/** Text, ids, offsets in code points (one list, start and end in turn), decoded text. */
type Row = [text: string, ids: number[], offsets: number[], decoded: string];
interface Family {
  readonly tokenizer: unknown;
  readonly rows: Row[];
  /** A SentencePiece file in base64, and SentencePiece's ids of the rows' texts. */
  readonly model?: string;
  readonly sentencepiece?: number[][];
}

const folder = new URL('../fixtures/families/', import.meta.url);
const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as unknown;
const RANKED = ['cl100k_base', 'o200k_base'];
const families = readdirSync(folder)
  .map((file) => file.replace('.json', ''))
  .filter((name) => !RANKED.includes(name))
  .map((name) => ({ name, ...(read(name) as Family) }));

function unitsOf(text: string): number[] {
  const units = [0];
  for (const character of text) units.push((units.at(-1) as number) + character.length);
  return units;
}

describe.each(families)('$name', ({ tokenizer: json, rows, model, sentencepiece }) => {
  const tokenizer = Tokenizer.fromJSON(json);

  it('gives the ids of Rust', () => {
    for (const [text, ids] of rows)
      expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
  });

  it('gives the ids, offsets and texts of Rust in full', () => {
    for (const [text, ids, offsets, decoded] of rows) {
      const units = unitsOf(text);
      const full = tokenizer.encodeFull(text);
      const places = offsets.map((at) => units[at]);
      expect([full.ids, full.offsets.flat()], JSON.stringify(text)).toEqual([ids, places]);
      expect(tokenizer.decode(ids), JSON.stringify(text)).toBe(decoded);
    }
  });

  it('gives the same pieces of text one by one', () => {
    for (const [text, ids, , decoded] of rows) {
      const stream = tokenizer.decodeStream();
      const streamed = ids.map((id) => stream.push(id)).join('') + stream.flush();
      expect(streamed, JSON.stringify(text)).toBe(decoded);
    }
  });

  if (model === undefined || sentencepiece === undefined) return;
  it('gives the ids of SentencePiece from its own file', () => {
    const own = Tokenizer.fromSentencePiece(Uint8Array.from(Buffer.from(model, 'base64')));
    rows.forEach(([text], i) =>
      expect(own.encode(text, { allowedSpecial: [] }), JSON.stringify(text)).toEqual(
        sentencepiece[i],
      ),
    );
  });
});

describe.each(RANKED)('%s', (encoding) => {
  const { rows } = read(encoding) as { rows: [text: string, ids: number[]][] };
  const tokenizer = Tokenizer.fromTiktoken(rankFile(encoding), { encoding });

  it('gives the ids of tiktoken', () => {
    for (const [text, ids] of rows)
      expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
  });

  it('gives the text back', () => {
    for (const [text, ids] of rows) expect(tokenizer.decode(ids)).toBe(text);
  });
});

/** js-tiktoken keeps ranks as lines of `! first-rank token token …`. */
function rankFile(encoding: string): string {
  const ranks = createRequire(import.meta.url)(`js-tiktoken/ranks/${encoding}`) as {
    bpe_ranks: string;
  };
  return ranks.bpe_ranks
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => {
      const [, first, ...tokens] = line.split(' ');
      return tokens.map((token, i) => `${token} ${Number(first) + i}`);
    })
    .join('\n');
}
