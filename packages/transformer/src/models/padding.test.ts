// Padding changes nothing: rows of different lengths, padded on the left or on the right, give the logits
// that each gives alone.
import { tf, useBackend, type Tensor } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadAnyModel, type AnyModel } from '../checkpoint/load-any-model.ts';
import { fixture } from './reference-fixture.ts';

const DECODERS = ['gpt2', 'llama', 'mistral', 'mixtral', 'qwen2', 'qwen3', 'qwen3-moe', 'smollm3'];
const MORE_DECODERS = ['gemma2', 'gemma3', 'phi3', 'gpt-neox'];
const ENCODERS = ['bert-mlm', 'roberta-mlm', 'distilbert-mlm', 'modernbert-mlm'];
const SEQ2SEQ = ['t5', 't5-gated', 'bart', 'marian'];
const ROWS = [
  [5, 9, 2, 17, 8, 4],
  [7, 3],
  [11, 4, 12, 6],
];
const COLUMNS = 8;
/** LongRoPE turns all rows of a batch as the longest needs it, as Transformers does: these are all long. */
const LONG_ROWS = [
  [5, 9, 2, 17, 8, 4, 3, 1],
  [7, 3, 1, 6, 2, 2],
  [11, 4, 12, 6, 9, 5, 0],
];
const rowsOf = (name: string): number[][] => (name === 'phi3' ? LONG_ROWS : ROWS);

type Side = 'left' | 'right';

/** ids and mask [B, T]; padding has an id that a model knows as padding. */
function padded(
  rows: readonly number[][],
  side: Side,
  padId: number,
): { ids: Tensor; mask: Tensor } {
  const pad = (row: readonly number[], fill: number): number[] => {
    const rest = Array<number>(COLUMNS - row.length).fill(fill);
    return side === 'left' ? [...rest, ...row] : [...row, ...rest];
  };
  const shape: [number, number] = [rows.length, COLUMNS];
  return {
    ids: tf.tensor2d(
      rows.map((row) => pad(row, padId)),
      shape,
      'int32',
    ),
    mask: tf.tensor2d(
      rows.map((row) =>
        pad(
          row.map(() => 1),
          0,
        ),
      ),
      shape,
      'int32',
    ),
  };
}

function logitsOf(model: AnyModel, ids: Tensor, attentionMask?: Tensor): Tensor {
  if (model.family !== 'encoderDecoder') return model.model.forward(ids, { attentionMask });
  const B = ids.shape[0]!;
  const decoderIds = tf.tensor2d(Array(B).fill([4, 6, 8]).flat() as number[], [B, 3], 'int32');
  return model.model.forward(ids, decoderIds, { attentionMask });
}

const padIdOf = ({ family, model }: AnyModel): number =>
  family === 'decoder' ? 0 : (model.config.padTokenId ?? 0);

beforeAll(() => useBackend('cpu'));

const cases: [string, Side][] = [
  ...[...DECODERS, ...MORE_DECODERS].flatMap((name): [string, Side][] => [
    [name, 'left'],
    [name, 'right'],
  ]),
  ...[...ENCODERS, ...SEQ2SEQ].map((name): [string, Side] => [name, 'right']),
];

describe('padding', () => {
  it.each(cases)('%s, on the %s: each row as alone, to 1e-5', async (name, side) => {
    const model = await loadAnyModel(fixture(`${name}-tiny`));
    tf.tidy(() => {
      const { ids, mask } = padded(rowsOf(name), side, padIdOf(model));
      const batch = logitsOf(model, ids, mask);
      for (const [b, row] of rowsOf(name).entries()) {
        const alone = logitsOf(model, tf.tensor2d(row, [1, row.length], 'int32'));
        const T = alone.shape[1]!; // the row's tokens; of an encoder–decoder the decoder's
        const start = side === 'left' ? COLUMNS - row.length : 0;
        const own = tf.slice(batch, [b, start, 0], [1, T, -1]);
        const difference = tf.max(tf.abs(tf.sub(own, alone))).dataSync()[0]!;
        expect(difference, `row ${b}`).toBeLessThan(1e-5);
      }
    });
    model.model.dispose();
  });
});
