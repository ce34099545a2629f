// A test whose tensors are freed at its end.
import { it } from 'vitest';
import { scope, type Tensor } from '../../src/index.ts';

export const scopedTest = (title: string, body: () => void) => it(title, () => scope(body));

export const valuesOf = (tensor: Tensor) => Array.from(tensor.dataSync());
