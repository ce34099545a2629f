// `llm embed` on a random BERT of 2 layers, against what the packages give for the same ids.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@llm/tensor';
import { createEncoder, embed, saveEncoder } from '@llm/transformer';
import type { Pooling } from '@llm/transformer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { llm, llmJson } from '../test/run-llm.ts';

const WORDS = '[PAD] [UNK] [CLS] [SEP] [MASK] the river bank money flows by'.split(' ');
const CONFIG = {
  modelType: 'bert',
  vocabSize: WORDS.length,
  hiddenSize: 8,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  intermediateSize: 12,
  maxPositionEmbeddings: 10,
};
const [CLS, SEP] = [2, 3];
/** "the river flows", "money" */
const SEQUENCES = [
  [CLS, 5, 6, 9, SEP],
  [CLS, 8, SEP],
];
let folder = '';
const at = (name: string): string => join(folder, name);
const expected: Record<Pooling, Float32Array[]> = { mean: [], cls: [], max: [] };
let unscaled: Float32Array[] = [];

async function writeModel(name: string): Promise<void> {
  const model = createEncoder(CONFIG, { seed: 3 });
  await saveEncoder(model, at(name));
  writeFileSync(join(at(name), 'vocab.txt'), WORDS.join('\n'));
  model.eval();
  for (const pooling of ['mean', 'cls', 'max'] as const) {
    expected[pooling] = await embed(model, SEQUENCES, { pooling });
  }
  unscaled = await embed(model, SEQUENCES, { pooling: 'cls', normalize: false });
  model.dispose();
}

/** What sentence-transformers writes beside a model. */
function describeModel(name: string, modules: readonly string[], pooling: string): void {
  const rows = modules.map((kind, i) => ({
    type: `sentence_transformers.models.${kind}`,
    path: kind === 'Pooling' ? `${i}_Pooling` : '',
  }));
  writeFileSync(join(at(name), 'modules.json'), JSON.stringify(rows));
  mkdirSync(join(at(name), '1_Pooling'), { recursive: true });
  writeFileSync(join(at(name), '1_Pooling/config.json'), JSON.stringify({ [pooling]: true }));
  const limits = JSON.stringify({ max_seq_length: 5, do_lower_case: false });
  writeFileSync(join(at(name), 'sentence_bert_config.json'), limits);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-embed-'));
  await useBackend('cpu');
  await writeModel('model');
  await writeModel('described');
  describeModel('described', ['Transformer', 'Pooling'], 'pooling_mode_cls_token');
  await writeModel('dense');
  describeModel('dense', ['Transformer', 'Pooling', 'Dense'], 'pooling_mode_mean_tokens');
  await writeModel('weighted');
  describeModel('weighted', ['Transformer', 'Pooling'], 'pooling_mode_weightedmean_tokens');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const embeddings = async (...argv: string[]): Promise<number[][]> =>
  (await llmJson<{ embeddings: number[][] }>('embed', '--backend', 'cpu', ...argv)).embeddings;

function expectClose(got: readonly number[][], want: readonly Float32Array[]): void {
  expect(got).toHaveLength(want.length);
  for (const [i, vector] of want.entries()) {
    expect(got[i]).toHaveLength(vector.length);
    for (const [j, value] of vector.entries()) expect(got[i]![j]).toBeCloseTo(value, 5);
  }
}

describe('llm embed', () => {
  const texts = ['--text', 'the river flows', '--text', 'money'];

  it('gives one vector of length 1 for each --text, pooled by the mean', async () => {
    const got = await embeddings('--model', at('model'), ...texts);
    expectClose(got, expected.mean);
    for (const vector of got) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  });

  it.each(['cls', 'max'] as const)('pools by --pooling %s', async (pooling) => {
    const got = await embeddings('--model', at('model'), ...texts, '--pooling', pooling);
    expectClose(got, expected[pooling]);
  });

  it("pools, scales and cuts as the model's files say", async () => {
    const got = await embeddings('--model', at('described'), ...texts);
    expectClose(got, unscaled);
    const long = 'the river flows by the bank'; // 8 tokens with [CLS] and [SEP], 5 allowed
    const { stderr, stdout } = await llm(
      ...['embed', '--backend', 'cpu', '--model', at('described'), '--text', long, '--json'],
    );
    expect(stderr).toContain('1 of 1 texts cut to 5 tokens');
    const cut = (JSON.parse(stdout) as { embeddings: number[][] }).embeddings;
    expect(cut).toEqual(await embeddings('--model', at('described'), '--text', 'the river flows'));
  });

  it('reads a text from each line of --file, or from the rows of a .jsonl', async () => {
    const lines = at('lines.txt');
    writeFileSync(lines, 'the river flows\r\n\nmoney\n');
    const [first, empty, last] = await embeddings('--model', at('model'), '--file', lines);
    expectClose([first!, last!], expected.mean);
    expect(empty).toHaveLength(8);
    const rows = at('rows.jsonl');
    writeFileSync(rows, '{"text":"the river flows"}\n{"text":"money"}\n');
    expectClose(await embeddings('--model', at('model'), '--file', rows), expected.mean);
  });

  it('prints the numbers of each text on a line without --json', async () => {
    const { stdout, code } = await llm(
      ...['embed', '--backend', 'cpu', '--model', at('model'), ...texts, '--batch', '1'],
    );
    const rows = stdout.trimEnd().split('\n');
    expect(code).toBe(0);
    expectClose(
      rows.map((row) => row.split(' ').map(Number)),
      expected.mean,
    );
  });

  it.each([
    ['--model @dense --text x', 1, 'got Dense'],
    ['--model @weighted --text x', 1, 'got pooling_mode_weightedmean_tokens'],
    ['--model @none --text x', 1, "none: expected an encoder's folder, got nothing there"],
    ['--model @model --file @none.txt', 1, 'none.txt: expected a file, found none'],
    ['--model @model', 2, 'expected one of --text and --file'],
    ['--model @model --text x --file y', 2, 'expected one of --text and --file'],
  ])('llm embed %s exits %i', async (line, code, message) => {
    const argv = line.split(' ').map((word) => word.replace(/^@/, `${folder}/`));
    const result = await llm('embed', '--backend', 'cpu', ...argv);
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).toContain(message);
  });
});
