// Copies of models, for a frozen reference and for a critic that starts where the reward model ended.
import { Generator } from '@llm/tensor';
import { createModel, ValueModel } from '@llm/transformer';
import type { CausalLm, RewardModel } from '@llm/transformer';

/** A model of the same architecture with its own copy of the weights. The caller disposes it. Models whose layers
 *  were replaced (adapters) cannot be copied: merge them first. @throws ShapeError when the parameters differ */
export function copyModel(model: CausalLm): CausalLm {
  const copy = createModel(model.config, { seed: 0 });
  try {
    copy.loadStateDict(model.stateDict());
    return copy;
  } catch (error) {
    copy.dispose();
    throw error;
  }
}

/** A copy that is not trained: a reference. The caller disposes it. */
export function frozenCopy(model: CausalLm): CausalLm {
  const copy = copyModel(model);
  copy.freeze();
  copy.eval();
  return copy;
}

/** A critic with the reward model's body and head, copied. The caller disposes it. */
export function valueModelFrom(reward: RewardModel): ValueModel {
  const value = new ValueModel(copyModel(reward.model), { generator: new Generator(0) });
  value.score.loadStateDict(reward.score.stateDict());
  return value;
}
