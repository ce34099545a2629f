// @llm/tokenizer.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@llm/tokenizer';
import { serveTokenizer } from './contestant-protocol.mjs';

const settings = JSON.parse(process.argv[2]);
const { folder, vocabulary } = settings;
const text = readFileSync(join(folder, `${vocabulary}.json`), 'utf8');

let tokenizer;
/** The tables stay, as those of the peers do; what was remembered of text goes. */
function make() {
  tokenizer ??= Tokenizer.fromJSON(text);
  tokenizer.clearCache();
  const plain = { addSpecialTokens: false };
  return {
    encode: (part) => tokenizer.encode(part, plain),
    decode: (ids) => tokenizer.decode(ids),
  };
}

await serveTokenizer(settings, make, () => {
  Tokenizer.fromJSON(readFileSync(join(folder, `${vocabulary}.json`), 'utf8')).encode('x');
});
