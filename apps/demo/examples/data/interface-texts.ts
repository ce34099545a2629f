// What VS Code says, in English and in Chinese: the texts of its user interface. English is in the code of
// `@codingame/monaco-vscode-api` as `localize(number, "text")`, Chinese in the language pack under the same
// number; the texts of extensions stand under their English words in the pack itself.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageFolder } from './package-folder.ts';

export interface TextPair {
  readonly english: string;
  readonly chinese: string;
}

const PACK = '@codingame/monaco-vscode-language-pack-zh-hans';
const CALL = /\blocalize2?\(\s*(\d+),\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/g;

/** Texts of up to 60 English and 30 Chinese characters, each English one once. */
export async function loadInterfaceTexts(): Promise<TextPair[]> {
  const pairs = [...(await extensionTexts()), ...(await coreTexts())];
  const tidy = pairs.map(({ english, chinese }) => ({
    english: plain(english),
    chinese: plain(chinese),
  }));
  const unique = new Map(
    tidy.filter(isSentence).map((pair) => [pair.english.toLowerCase(), pair] as const),
  );
  return [...unique.values()];
}

/** Without the marks of keyboard shortcuts. */
const plain = (text: string): string =>
  text
    .replace(/\(&&\w\)|&&/g, '')
    .replace(/\s+/g, ' ')
    .trim();

const isSentence = ({ english, chinese }: TextPair): boolean =>
  english.length <= 60 &&
  chinese.length <= 30 &&
  /[a-z]{2}/i.test(english) &&
  /\p{Script=Han}/u.test(chinese) &&
  !/[$`\\|]|https?:/.test(english);

async function extensionTexts(): Promise<TextPair[]> {
  const folder = join(packageFolder(PACK), 'translations', 'extensions');
  const pairs: TextPair[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const { contents } = JSON.parse(await readFile(join(folder, name), 'utf8')) as {
      contents: { bundle?: Record<string, string> };
    };
    for (const [english, chinese] of Object.entries(contents.bundle ?? {}))
      pairs.push({ english, chinese });
  }
  return pairs;
}

async function coreTexts(): Promise<TextPair[]> {
  const file = join(packageFolder(PACK), 'translations', 'main.i18n.json.js');
  const { default: chinese } = (await import(pathToFileURL(file).href)) as {
    default: readonly (string | undefined)[];
  };
  const pairs: TextPair[] = [];
  for (const [number, english] of await englishTexts()) {
    const text = chinese[number];
    if (text !== undefined) pairs.push({ english, chinese: text });
  }
  return pairs;
}

async function englishTexts(): Promise<Map<number, string>> {
  const folder = packageFolder('@codingame/monaco-vscode-api');
  const texts = new Map<number, string>();
  const names = await readdir(folder, { recursive: true });
  for (const name of names.filter((file) => file.endsWith('.js')).sort()) {
    const code = await readFile(join(folder, name), 'utf8');
    for (const [, number, literal] of code.matchAll(CALL))
      texts.set(Number(number), readLiteral(literal!));
  }
  return texts;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

/** The value of a string literal of JavaScript. */
function readLiteral(literal: string): string {
  return literal
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-f]{4})|x([0-9a-f]{2})|(.))/gi, (_, long, short, letter: string) => {
      const code = (long ?? short) as string | undefined;
      return code === undefined
        ? (ESCAPES[letter] ?? letter)
        : String.fromCharCode(Number.parseInt(code, 16));
    });
}
