import type { nn } from '@llm/tensor';

/** Runs `fn` with dropout and its like off; a model in training goes on as it was. */
export function inEvaluation<T>(model: nn.Module, fn: () => T): T {
  if (!model.training) return fn();
  const active = Array.from(model.namedModules(), ([, module]) => module).filter((m) => m.training);
  for (const module of active) module.training = false;
  try {
    return fn();
  } finally {
    for (const module of active) module.training = true;
  }
}
