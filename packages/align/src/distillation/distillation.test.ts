import { tf, useBackend, valueAndGrads } from '@llm/tensor';
import { createModel } from '@llm/transformer';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, expectNoLeak, fixture, take } from '../checks.test-support.ts';
import { collate } from '../data/collate.ts';
import { tinyModel, VOCABULARY } from '../tiny-model.test-support.ts';
import { jsdLoss } from './jsd-loss.ts';
import { distillationLoss, trainDistillation } from './train-distillation.ts';

beforeAll(() => useBackend('cpu'));

interface JsdFixture {
  student: number[];
  teacher: number[];
  labels: number[][];
  cases: { beta: number; temperature: number; loss: number; gradient: number[] }[];
}

describe('jsdLoss', () => {
  const recorded = fixture<JsdFixture>('trl-distillation');
  const counted = recorded.labels.flat().flatMap((label, i) => (label === -100 ? [] : [i]));
  const rows = () => tf.tensor1d(counted, 'int32');

  it.each(recorded.cases.map((entry) => [entry.beta, entry.temperature, entry] as const))(
    "β %s, temperature %s equals TRL's, with its gradient",
    (_, __, entry) => {
      const student = tf.variable(tf.tensor2d(recorded.student, [10, 7]));
      const teacher = tf.gather(tf.tensor2d(recorded.teacher, [10, 7]), rows());
      const { value, grads } = valueAndGrads(
        () => tf.mean(jsdLoss(tf.gather(student, rows()), teacher, entry)),
        [student],
      );
      expectClose(value, [entry.loss]);
      expectClose(grads[0]!, entry.gradient);
    },
  );

  it('says what is wrong, and leaks nothing', () => {
    const [a, b] = [tf.zeros([2, 3]), tf.zeros([2, 4])];
    expect(() => jsdLoss(a, b)).toThrow(
      'jsdLoss: teacher: expected [2, 3], as the student, got [2, 4].',
    );
    expect(() => jsdLoss(a, a, { beta: 2 })).toThrow('jsdLoss: beta: expected 0 ≤ β ≤ 1, got 2.');
    expectNoLeak(() => jsdLoss(a, a));
  });
});

const examples = [
  { inputIds: [2, 3, 4, 5], completionMask: [0, 1, 1, 1] },
  { inputIds: [6, 7, 8], completionMask: [0, 0, 1] },
];

describe('trainDistillation', () => {
  it('is 0 for a student that is its teacher, and the mean over trained tokens of whole logits', () => {
    const [student, teacher] = [tinyModel(1).eval(), tinyModel(2).eval()];
    const batch = collate(examples);
    expectClose(distillationLoss(student, student, batch), [0], 1e-6);
    const logits = (model: typeof student, row: number, t: number) =>
      tf.slice(
        model.forward(tf.tensor2d([examples[row]!.inputIds as number[]], undefined, 'int32')),
        [0, t, 0],
        [1, 1, VOCABULARY],
      );
    const one = (row: number, t: number) =>
      take(
        jsdLoss(
          tf.reshape(logits(student, row, t), [1, -1]),
          tf.reshape(logits(teacher, row, t), [1, -1]),
        ),
      )[0]!;
    const expected = (one(0, 0) + one(0, 1) + one(0, 2) + one(1, 1)) / 4;
    expectClose(distillationLoss(student, teacher, batch), [expected]);
    expectNoLeak(() => distillationLoss(student, teacher, batch));
  });

  it('brings the student near its teacher and leaves the teacher as it was', async () => {
    const [student, teacher] = [tinyModel(1, 0), tinyModel(2)];
    const before = teacher.parameters().map((parameter) => [...parameter.dataSync()]);
    const losses: number[] = [];
    await trainDistillation({
      ...{ model: student, teacher, examples, steps: 30, batchSize: 2, learningRate: 0.01 },
      onStep: ({ loss }) => void losses.push(loss),
    });
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 4);
    expect(teacher.parameters().map((parameter) => [...parameter.dataSync()])).toEqual(before);
  });

  it('refuses a teacher with another vocabulary', async () => {
    const teacher = createModel(
      { modelType: 'gpt2', vocabSize: 9, nEmbd: 8, nLayer: 1, nHead: 1, nPositions: 8 },
      { seed: 1 },
    );
    await expect(
      trainDistillation({ model: tinyModel(1), teacher, examples, steps: 1 }),
    ).rejects.toThrow(
      'expected a vocabulary of 12 tokens, as the student’s, got 9'.replace('’', "'"),
    );
  });
});
