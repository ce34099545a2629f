// npm's gpt-tokenizer with GPT-2's table (r50k_base), from the folder named by LLM_BENCH_NODE.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { serve, timed } from '../ours/serve.mjs';

const { folder, task, corpus } = JSON.parse(process.argv[2]);
const require = createRequire(join(process.env.LLM_BENCH_NODE, 'package.json'));
const { encode, decode, clearMergeCache } = require('gpt-tokenizer/encoding/r50k_base');
const { seen, unseen } = JSON.parse(readFileSync(join(folder, `${corpus}.json`), 'utf8'));
const ids = unseen.map((text) => encode(text));

const unit = () => {
  if (task === 'decode') return timed(() => ids.forEach((list) => decode(list)));
  if (task === 'encode-new') clearMergeCache();
  return timed(() => unseen.forEach((text) => encode(text)));
};
seen.forEach((text) => encode(text));
unit();
await serve(unit);
