// Where wanted and unwanted answers come from different prompts, a classifier could learn the prompts instead of the
// answers. BCO then weighs each unwanted answer by how much its prompt looks like those of the wanted ones (Jung et al.
// 2024, section 4.2, underlying distribution matching). Equal to TRL 0.29's BCOTrainer with an embedding model.
import { ShapeError } from '@llm/tensor';
import type { UnpairedExample } from '../data/tokenize-unpaired.ts';
import { ConfigError } from '../errors.ts';
import { fitLogisticRegression } from './logistic-regression.ts';

export interface DensityRatioOptions {
  /** Bounds of the weights. @default 0.5 and 10 */
  min?: number;
  max?: number;
}

/** Gives each unwanted answer the weight p/(1 − p) within the bounds, p = P(wanted | its prompt's embedding) by logistic
 *  regression on all prompts; wanted answers keep 1.
 *  @param embeddings of the prompts, one vector for each example
 *  @example const weighted = densityRatioWeights(examples, await embed(prompts)) */
export function densityRatioWeights<Example extends UnpairedExample>(
  examples: readonly Example[],
  embeddings: readonly (readonly number[])[],
  { min = 0.5, max = 10 }: DensityRatioOptions = {},
): (Example & { readonly weight: number })[] {
  if (embeddings.length !== examples.length) {
    throw new ShapeError(
      `densityRatioWeights: embeddings: expected ${examples.length}, one for each example, got ${embeddings.length}. ` +
        'Embed every prompt.',
    );
  }
  if (!(min > 0 && max >= min)) {
    throw new ConfigError(
      `densityRatioWeights: min, max: expected 0 < min ≤ max, got ${min} and ${max}. The usual ones are 0.5 and 10.`,
    );
  }
  const model = fitLogisticRegression(
    embeddings,
    examples.map(({ label }) => label),
  );
  return examples.map((example, i) => {
    if (example.label) return { ...example, weight: 1 };
    const p = model.probability(embeddings[i]!);
    return { ...example, weight: Math.min(max, Math.max(min, p / (1 - p + 1e-8))) };
  });
}
