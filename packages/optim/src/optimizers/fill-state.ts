import { nn, tf, type Tensor, type Variable } from '@llm/tensor';
import { CheckpointError } from '../errors.ts';

/** Copies saved tensors into the state variables of the same names. @throws CheckpointError when names differ */
export function fillState(
  optimizer: string,
  targets: ReadonlyMap<string, Variable>,
  entries: ReadonlyMap<string, Tensor>,
): void {
  checkNames(optimizer, targets, entries);
  for (const [name, target] of targets) {
    const value = tf.tidy(() => tf.mul(entries.get(name) as Tensor, 1)); // memory of its own
    try {
      nn.assignParameter(target, value, name);
    } catch (error) {
      value.dispose();
      throw new CheckpointError(`${optimizer}: state: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}

function checkNames(
  optimizer: string,
  targets: ReadonlyMap<string, Variable>,
  entries: ReadonlyMap<string, Tensor>,
): void {
  const missing = [...targets.keys()].filter((name) => !entries.has(name));
  const unexpected = [...entries.keys()].filter((name) => !targets.has(name));
  if (missing.length + unexpected.length === 0) return;
  const show = (names: string[]) => names.slice(0, 5).join(', ') || 'none';
  throw new CheckpointError(
    `${optimizer}: state: expected that of ${optimizer} for each trainable parameter; missing ${show(missing)}; ` +
      `unexpected ${show(unexpected)}. Resume with the model and the optimizer that the run began with.`,
  );
}
