// The generalised Jensen–Shannon divergence between a teacher's and a student's next-token distributions (Agarwal et al.
// 2023, arXiv 2306.13649, eq. 1). Equal to TRL 1.16's GKDTrainer.generalized_jsd_loss.
import { ShapeError, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { ConfigError } from '../errors.ts';

export interface JsdOptions {
  /** 0: KL(teacher ‖ student), which covers all the teacher does; 1: KL(student ‖ teacher), which seeks its modes; between
   *  them both against the mixture M = β·teacher + (1 − β)·student. 0 ≤ β ≤ 1. @default 0.5 */
  beta?: number;
  /** Both logits are divided by it. > 0. @default 1 */
  temperature?: number;
}

/** @param student logits [N, V] @param teacher logits [N, V], without a gradient
 *  @returns the divergence of each row in nats, [N]; the caller owns it @throws ShapeError, ConfigError */
export function jsdLoss(student: Tensor, teacher: Tensor, options: JsdOptions = {}): Tensor {
  const { beta = 0.5, temperature = 1 } = options;
  checkJsdOptions({ beta, temperature });
  if (student.shape.join() !== teacher.shape.join()) {
    throw new ShapeError(
      `jsdLoss: teacher: expected [${student.shape.join(', ')}], as the student, got [${teacher.shape.join(', ')}]. ` +
        'Teacher and student need the same vocabulary.',
    );
  }
  return tf.tidy(() => {
    const ours = tf.logSoftmax(scaled(student, temperature), -1); // log p_S
    const theirs = tf.logSoftmax(scaled(teacher, temperature), -1); // log p_T
    if (beta === 0) return divergence(theirs, ours);
    if (beta === 1) return divergence(ours, theirs);
    const mixture = logMixture(theirs, ours, beta);
    return tf.add(
      tf.mul(divergence(theirs, mixture), beta),
      tf.mul(divergence(ours, mixture), 1 - beta),
    );
  });
}

/** @throws ConfigError */
export function checkJsdOptions({ beta, temperature }: Required<JsdOptions>): void {
  if (!(beta >= 0 && beta <= 1)) {
    throw new ConfigError(
      `jsdLoss: beta: expected 0 ≤ β ≤ 1, got ${beta}. 0 follows the teacher, 1 the student's own choices.`,
    );
  }
  if (!(temperature > 0)) {
    throw new ConfigError(
      `jsdLoss: temperature: expected a number > 0, got ${temperature}. The usual value is 0.9 or 1.`,
    );
  }
}

/** KL(p ‖ q) of each row, given log p and log q. */
function divergence(logP: Tensor, logQ: Tensor): Tensor {
  return tf.sum(tf.mul(tf.exp(logP), tf.sub(logP, logQ)), -1);
}

/** log(β·e^a + (1 − β)·e^b), computed from the larger of the two. */
function logMixture(a: Tensor, b: Tensor, beta: number): Tensor {
  const [x, y] = [tf.add(a, Math.log(beta)), tf.add(b, Math.log1p(-beta))];
  const larger = tf.maximum(x, y);
  return tf.add(larger, tf.log1p(tf.exp(tf.neg(tf.abs(tf.sub(x, y))))));
}

function scaled(logits: Tensor, temperature: number): Tensor {
  return temperature === 1 ? logits : tf.div(logits, temperature);
}
