// For tests: reads a folder of fixtures/ and compares with what PyTorch computed.
import { fileURLToPath } from 'node:url';
import { tf, valueAndGrads, type nn, type Tensor } from '@llm/tensor';
import { openSafetensors } from '@llm/tensor/io';
import { expect } from 'vitest';

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

/** expected.safetensors of the folder; the caller owns the tensors. */
export async function readExpected(name: string): Promise<Map<string, Tensor>> {
  const file = await openSafetensors(`${fixture(name)}/expected.safetensors`);
  const tensors = new Map<string, Tensor>();
  for (const key of file.tensors.keys()) tensors.set(key, await file.read(key));
  await file.close();
  return tensors;
}

export function largestDifference(a: Tensor, b: Tensor): number {
  expect(a.shape).toEqual(b.shape);
  return tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!);
}

/** The loss within 1e-5 and the gradient of every parameter within 1e-3 of `loss` and `grad.KEY`;
 *  neither side has a parameter that the other lacks. */
export function expectGradients(
  model: nn.Module,
  loss: () => Tensor,
  { tensors, key }: { tensors: Map<string, Tensor>; key: (path: string) => string },
): void {
  const { value, grads } = valueAndGrads(loss, model.parameters());
  expect(largestDifference(value, tensors.get('loss')!)).toBeLessThan(1e-5);
  const keys = Array.from(model.namedParameters(), ([path]) => `grad.${key(path)}`);
  const wanted = [...tensors.keys()].filter((name) => name.startsWith('grad.'));
  expect([...keys].sort()).toEqual(wanted.sort());
  for (const [i, name] of keys.entries())
    expect(largestDifference(grads[i]!, tensors.get(name)!), name).toBeLessThan(1e-3);
  tf.dispose([value, ...grads]);
}
