// Knowledge distillation: a student learns a teacher's next-token distributions on given answers. The offline part of
// GKD (Agarwal et al. 2023, arXiv 2306.13649); with β = 0 it is classic distillation (Hinton et al. 2015, 1503.02531).
import type { TrainResult } from '@llm/optim';
import { checkpoint, embedding, noGradient, scope, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import { collate } from '../data/collate.ts';
import type { TokenBatch } from '../data/collate.ts';
import type { SftExample } from '../data/tokenize-sft.ts';
import { ConfigError } from '../errors.ts';
import { hiddenStates } from '../logprobs/completion-logprobs.ts';
import { trainedPositions } from '../logprobs/trained-positions.ts';
import { inEvalMode } from '../models/in-eval-mode.ts';
import { countTokens, exampleBatches, runTraining } from '../training/run-training.ts';
import type { TrainerOptions } from '../training/run-training.ts';
import { checkJsdOptions, jsdLoss } from './jsd-loss.ts';
import type { JsdOptions } from './jsd-loss.ts';

export interface DistillationOptions extends TrainerOptions, JsdOptions {
  /** The student, trained in place: all of it, or what is not frozen (an adapter). */
  model: CausalLm;
  /** Has the student's vocabulary; nothing of it is changed. */
  teacher: CausalLm;
  /** From tokenizeSft; the divergence is taken at the trained tokens. */
  examples: readonly SftExample[];
}

/** Floats of one chunk of logits, of which a handful are alive at a time: 16 MiB. */
const CHUNK = 2 ** 22;

/** Trains `model` to predict as `teacher` does. The default learning rate is 1e-6 (an adapter or a small model takes
 *  more). The divergence is computed chunk by chunk, and again in the backward pass, so no array of all logits is ever
 *  held. Every trained token of an update weighs the same. @throws ConfigError for another vocabulary */
export async function trainDistillation(options: DistillationOptions): Promise<TrainResult> {
  const { model, teacher, examples, learningRate = 1e-6, padTokenId } = options;
  const { beta = 0.5, temperature = 1 } = options;
  checkJsdOptions({ beta, temperature });
  checkVocabularies(model, teacher);
  return runTraining<TokenBatch>(options, {
    model,
    learningRate,
    batches: exampleBatches('trainDistillation', examples, {
      ...options,
      collate: (rows: SftExample[]) => collate(rows, { padTokenId }),
    }),
    loss: (batch) => ({ loss: distillationLoss(model, teacher, batch, { beta, temperature }) }),
    weight: (batch) => trainedPositions(batch).positions.length,
    tokens: countTokens,
  });
}

/** Mean divergence over the trained tokens of a batch, a scalar; the caller owns it. */
export function distillationLoss(
  student: CausalLm,
  teacher: CausalLm,
  batch: TokenBatch,
  options: JsdOptions = {},
): Tensor {
  return scope(() => {
    const positions = tf.tensor1d(trainedPositions(batch).positions, 'int32');
    const ours = embedding(hiddenStates(student, batch), positions); // [N, C]
    const theirs = noGradient(() =>
      inEvalMode(teacher, () => scope(() => embedding(hiddenStates(teacher, batch), positions))),
    ); // [N, C of the teacher]
    const N = positions.size;
    const rows = Math.max(1, Math.floor(CHUNK / student.shape.vocabSize));
    const starts = Array.from({ length: Math.ceil(N / rows) }, (_, i) => i * rows);
    const sums = starts.map((start) => {
      const part = (hidden: Tensor) =>
        tf.slice(hidden, [start, 0], [Math.min(rows, N - start), hidden.shape[1]!]);
      return checkpoint(
        (mine: Tensor, other: Tensor) => {
          const target = noGradient(() => teacher.logits(other));
          return tf.sum(jsdLoss(student.logits(mine), target, options));
        },
        [part(ours), part(theirs)],
      );
    });
    return tf.div(tf.addN(sums), N);
  });
}

function checkVocabularies(student: CausalLm, teacher: CausalLm): void {
  const [ours, theirs] = [student.shape.vocabSize, teacher.shape.vocabSize];
  if (ours === theirs) return;
  throw new ConfigError(
    `trainDistillation: teacher: expected a vocabulary of ${ours} tokens, as the student's, got ${theirs}. ` +
      'Choose a teacher with the same tokenizer.',
  );
}
