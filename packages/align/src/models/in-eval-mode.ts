// Dropout off while something is measured or sampled.
import type { nn } from '@llm/tensor';

/** Runs `fn` with the module in evaluation mode and puts it back afterwards, also when `fn` throws. */
export function inEvalMode<T>(module: nn.Module, fn: () => T): T {
  const wasTraining = module.training;
  module.eval();
  const restore = (): void => {
    if (wasTraining) module.train();
  };
  let result: T;
  try {
    result = fn();
  } catch (error) {
    restore();
    throw error;
  }
  if (result instanceof Promise) return result.finally(restore) as T;
  restore();
  return result;
}
