// A tokenizer's side of the measurement. It answers `run TASK CORPUS` with `{"seconds", "work"}`, the work in bytes of
// UTF-8 (encoding) or in tokens (decoding), or 0 where it can't. Slow ones do only the first documents of a corpus.
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** One run of a slow contestant takes about this long. */
const SECONDS = 0.25;

export function timed(action) {
  const start = process.hrtime.bigint();
  action();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** Collects what the setting up left, so that it does not fall into the measured time. */
const collect = () => globalThis.gc?.();

const readCorpus = (folder, name) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));

/** As many of the first documents as are done in the time; at least one. */
function share(documents, run) {
  let left = SECONDS;
  let count = 0;
  while (count < documents.length && left > 0) left -= timed(() => run(documents[count++]));
  return documents.slice(0, count);
}

/** Runs documents, again and again, until the code is warm: fast contestants are through with all of them at once. */
function warmUp(documents, run) {
  let left = SECONDS;
  for (let i = 0; left > 0; i = (i + 1) % documents.length) left -= timed(() => run(documents[i]));
}

/**
 * @param make a new tokenizer with cold caches: `{ encode(text), decode(ids) }`
 * @param load makes one from its files and encodes a letter
 */
export async function serveTokenizer({ folder }, make, load) {
  const prepared = new Map();
  const prepare = (corpus) => {
    const { seen, unseen } = readCorpus(folder, corpus);
    const tokenizer = make();
    warmUp(seen, (text) => tokenizer.encode(text));
    const part = share(unseen, (text) => tokenizer.encode(text));
    const ids = part.map((text) => tokenizer.encode(text));
    const bytes = part.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const tokens = ids.reduce((sum, list) => sum + list.length, 0);
    return { tokenizer, part, ids, bytes, tokens };
  };
  const run = (task, corpus) => {
    if (task === 'load') return { seconds: timed(load), work: 1 };
    if (!prepared.has(corpus)) prepared.set(corpus, prepare(corpus));
    const { tokenizer, part, ids, bytes, tokens } = prepared.get(corpus);
    if (task === 'decode') {
      collect();
      // Looking at the text makes a rope of strings one string, as any use of it would.
      const decode = (list) => tokenizer.decode(list).charCodeAt(0);
      return { seconds: timed(() => ids.forEach(decode)), work: tokens };
    }
    const measured = task === 'encode-new' ? make() : tokenizer;
    collect();
    return { seconds: timed(() => part.forEach((text) => measured.encode(text))), work: bytes };
  };
  process.stdout.write('ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, task, corpus] = line.split(' ');
    if (command === 'run') process.stdout.write(`${JSON.stringify(run(task, corpus))}\n`);
  }
}
