// Parameter groups: rates and decay by path, as the param_groups of a PyTorch optimizer.

import type { Variable } from '@llm/tensor';
import { ConfigError } from '../errors.ts';

/** Settings for some of the parameters. */
export interface ParameterGroup {
  /** Which ones: a pattern for their paths, or a function. The first group that matches counts. */
  readonly match: RegExp | ((path: string, parameter: Variable) => boolean);
  /** Multiplies the learning rate. @default 1 */
  readonly learningRateScale?: number;
  /** @default the optimizer's */
  readonly weightDecay?: number;
}

/** Options that every optimizer takes. */
export interface GroupOptions {
  /** Used where `step` is not given a rate of its own. */
  readonly learningRate: number;
  /** Settings by path. */
  readonly groups?: readonly ParameterGroup[];
  /** Which parameters decay, where no group says more. @default those of rank ≥ 2 */
  readonly decay?: (path: string, parameter: Variable) => boolean;
  /** Go up the gradient instead of down. @default false */
  readonly maximize?: boolean;
}

/** What holds for one parameter. */
export interface ParameterSettings {
  readonly learningRateScale: number;
  readonly weightDecay: number;
}

/** Resolves the groups for one parameter. */
export function settingsOf(
  path: string,
  parameter: Variable,
  options: GroupOptions & { readonly weightDecay: number },
): ParameterSettings {
  const { groups = [], decay = isMatrix, weightDecay } = options;
  const group = groups.find(({ match }) =>
    typeof match === 'function' ? match(path, parameter) : match.test(path),
  );
  return {
    learningRateScale: group?.learningRateScale ?? 1,
    weightDecay: group?.weightDecay ?? (decay(path, parameter) ? weightDecay : 0),
  };
}

/** Biases and norms have rank 1 and do not decay. */
function isMatrix(_path: string, parameter: Variable): boolean {
  return parameter.rank >= 2;
}

/** @throws ConfigError for a group that cannot work */
export function checkGroups(name: string, groups: readonly ParameterGroup[] = []): void {
  groups.forEach(({ learningRateScale = 1, weightDecay = 0, match }, i) => {
    for (const [option, value] of Object.entries({ learningRateScale, weightDecay })) {
      if (value >= 0 && Number.isFinite(value)) continue;
      throw new ConfigError(
        `${name}: groups[${i}].${option}: expected a number ≥ 0, got ${value}.`,
      );
    }
    if (typeof match === 'function' || !(match.global || match.sticky)) return;
    throw new ConfigError(
      `${name}: groups[${i}].match: expected a pattern without the flags g and y, got ${match}: ` +
        'its answer would depend on the last one.',
    );
  });
}

/**
 * LoRA+ (Hayou et al. 2024, arXiv 2402.12354): the matrices B of adapters learn `ratio` times as fast as A.
 * @param ratio 16 in the paper
 */
export function loraPlusGroups(ratio = 16): ParameterGroup[] {
  return [
    {
      match: /(^|\.)(loraB|lora_B|loraEmbeddingB|lora_embedding_B)(\.|$)/,
      learningRateScale: ratio,
    },
  ];
}
