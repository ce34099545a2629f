// What dpoLoss accepts. Each refusal says what to change.
import { ConfigError } from '../errors.ts';
import type { DpoOptions } from './dpo-loss.ts';
import { lossesOf, PAIR_LOSSES, SCORE_LOSSES } from './pair-losses.ts';
import type { PairLossType } from './pair-losses.ts';

type Checked = DpoOptions &
  Required<Pick<DpoOptions, 'beta' | 'lossType' | 'labelSmoothing' | 'discopopTau'>>;

/** @throws ConfigError */
export function checkDpoOptions(options: Checked): void {
  const { beta, labelSmoothing, lossType, discopopTau } = options;
  if (!(beta > 0)) {
    throw new ConfigError(
      `dpoLoss: beta: expected a number > 0, got ${beta}. The usual value is 0.1.`,
    );
  }
  if (!(labelSmoothing >= 0 && labelSmoothing < 0.5)) {
    throw new ConfigError(
      `dpoLoss: labelSmoothing: expected 0 ≤ ε < 0.5, got ${labelSmoothing}. It is the share of wrong labels.`,
    );
  }
  if (!(discopopTau > 0)) {
    throw new ConfigError(
      `dpoLoss: discopopTau: expected a number > 0, got ${discopopTau}. The paper's is 0.05.`,
    );
  }
  const losses = lossesOf(lossType);
  if (losses.length === 0) {
    throw new ConfigError(
      'dpoLoss: lossType: expected at least one loss, got none. Give { sigmoid: 1 }.',
    );
  }
  for (const [name, weight] of losses) checkLoss(name, weight, options);
}

function checkLoss(name: PairLossType, weight: number, options: Checked): void {
  if (!Object.hasOwn(PAIR_LOSSES, name)) {
    const known = Object.keys(PAIR_LOSSES).join(', ');
    throw new ConfigError(`dpoLoss: lossType: expected one of ${known}, got ${name}.`);
  }
  if (!Number.isFinite(weight)) {
    throw new ConfigError(
      `dpoLoss: lossType.${name}: expected a finite weight, got ${weight}. The usual value is 1.`,
    );
  }
  if (name === 'exoPair' && options.labelSmoothing === 0) {
    throw new ConfigError(
      'dpoLoss: labelSmoothing: expected a number > 0 for exoPair, got 0. The usual value is 0.001.',
    );
  }
  const { fDivergence = 'reverseKl' } = options;
  if (fDivergence !== 'reverseKl' && !SCORE_LOSSES.includes(name)) {
    throw new ConfigError(
      `dpoLoss: fDivergence: expected reverseKl for lossType ${name}, got ${JSON.stringify(fDivergence)}. ` +
        `Others fit ${SCORE_LOSSES.join(', ')}.`,
    );
  }
}
