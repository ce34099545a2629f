// How long a constraint takes to say which tokens may come next: compiling, the first mask, masks of states
// seen for the first time, and of known ones, in milliseconds of one thread.
//   node tools/bench/constraint-masks.mjs --model SmolLM2….gguf
import { parseArgs } from 'node:util';
import { Tokenizer, tokenBytes } from '@llm/tokenizer';
import { compileConstraint } from '@llm/transformer';

const { values } = parseArgs({
  options: { model: { type: 'string', default: process.env.LLM_BENCH_MODEL } },
});
const string = { type: 'string' };
const CASES = [
  ['expression', { regex: '[A-Z][a-z]{2,9}, [0-9]{4}' }, 'Lima, 1535'],
  [
    'schema of an object',
    {
      jsonSchema: {
        type: 'object',
        properties: { city: string, people: { type: 'integer' } },
        required: ['city', 'people'],
      },
    },
    '{"city": "San José", "people": 352381}',
  ],
  [
    'schema of strings',
    { jsonSchema: { type: 'array', items: string, maxItems: 8 } },
    '["one", "two and three", "…"]',
  ],
];

const milliseconds = (since) => Number(process.hrtime.bigint() - since) / 1e6;
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1] ?? NaN;
const tokenizer = await Tokenizer.load(values.model);
const vocabulary = tokenBytes(tokenizer);
process.stdout.write(
  '| constraint | compile | first mask | new state, median | most | known state |\n| --- | ---: | ---: | ---: | ---: | ---: |\n',
);
for (const [name, grammar, text] of CASES) {
  let start = process.hrtime.bigint();
  const constraint = compileConstraint(grammar, vocabulary);
  const compiled = milliseconds(start);
  const ids = tokenizer.encode(text, { addSpecialTokens: false });
  const states = ids.map((_, i) => constraint.stateAfter(ids.slice(0, i)));
  const masks = () =>
    states.map((state) => {
      start = process.hrtime.bigint();
      constraint.costs(state);
      return milliseconds(start);
    });
  const [first, ...others] = masks();
  const cells = [compiled, first, median(others), Math.max(...others), median(masks())];
  process.stdout.write(`| ${name} | ${cells.map((ms) => ms.toFixed(2)).join(' | ')} |\n`);
}
