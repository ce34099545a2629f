// @llm/tokenizer: encoding (with what it has seen, or a new tokenizer each time), decoding, loading, training.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer, trainBpe } from '@llm/tokenizer';
import { serve } from './serve.mjs';

const { folder, task, corpus } = JSON.parse(process.argv[2]);
const { seen, unseen } = JSON.parse(readFileSync(join(folder, `${corpus}.json`), 'utf8'));
const table = readFileSync(join(folder, 'tokenizer.json'), 'utf8');

const seconds = async (action) => {
  const start = process.hrtime.bigint();
  await action();
  return Number(process.hrtime.bigint() - start) / 1e9;
};
let tokenizer = Tokenizer.fromJSON(table);
const ids = unseen.map((text) => tokenizer.encode(text));
const encodeAll = () => unseen.forEach((text) => tokenizer.encode(text));

const units = {
  encode: () => seconds(encodeAll),
  // The machine code is warm and the tables are cold: other text has gone through another tokenizer.
  'encode-new': () => {
    tokenizer = Tokenizer.fromJSON(table);
    return seconds(encodeAll);
  },
  decode: () => seconds(() => ids.forEach((list) => tokenizer.decode(list))),
  load: () => seconds(() => Tokenizer.fromJSON(table).encode('x')),
  train: () => seconds(() => trainBpe([...seen, ...unseen], { vocabSize: 8192 })),
};
seen.forEach((text) => tokenizer.encode(text));
await units[task]();
await serve(units[task]);
