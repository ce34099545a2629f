// Shapes that find mistakes at the edges of a vector or a block: 1, one less and one more than a
// width of 8, 16 or 64, and axes that are all different.
import type { FloatInput, FusedCase, IntInput } from './fused-case.ts';

const ROWS = [1, 2, 7];
const WIDTHS = [1, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 130];

export const ODD_SHAPES: readonly FusedCase[] = [
  ...WIDTHS.flatMap((C, i) => rowCases(ROWS[i % ROWS.length]!, C)),
  ...WIDTHS.filter((D) => D < 64).map((D, i) =>
    rotaryCase(1 + (i % 3), 1 + (i % 5), 1 + (i % 4), D),
  ),
  ...linearLossCases(1, 1, 2),
  ...linearLossCases(7, 9, 33),
  ...linearLossCases(30, 17, 65),
  attentionCase({ B: 1, T: 1, S: 1, H: 1, K: 1, D: 1 }),
  attentionCase({ B: 2, T: 1, S: 17, H: 6, K: 2, D: 16 }, { keyLength: 13 }),
  attentionCase({ B: 1, T: 1, S: 130, H: 9, K: 3, D: 64 }, { keyLength: 129 }),
  attentionCase({ B: 3, T: 7, S: 7, H: 3, K: 1, D: 8 }),
  attentionCase({ B: 1, T: 15, S: 33, H: 4, K: 2, D: 17 }),
  attentionCase({ B: 2, T: 64, S: 64, H: 2, K: 2, D: 64 }),
  attentionCase({ B: 1, T: 65, S: 65, H: 2, K: 1, D: 32 }),
  attentionCase({ B: 1, T: 130, S: 130, H: 2, K: 1, D: 24 }),
  attentionCase({ B: 1, T: 63, S: 131, H: 1, K: 1, D: 80 }, { isCausal: false }),
  attentionCase({ B: 2, T: 33, S: 66, H: 2, K: 1, D: 15, hasMask: true }),
  attentionCase({ B: 3, T: 17, S: 17, H: 2, K: 2, D: 9, hasMask: true }, { isCausal: false }),
  attentionCase({ B: 2, T: 70, S: 70, H: 4, K: 2, D: 20 }, { dropout: 0.2, seed: 5 }),
  attentionCase({ B: 1, T: 9, S: 12, H: 2, K: 1, D: 8 }, { window: 4 }),
  attentionCase({ B: 2, T: 9, S: 9, H: 2, K: 2, D: 8, hasMask: true }, { window: 30 }),
  attentionCase({ B: 2, T: 9, S: 9, H: 2, K: 2, D: 8 }, { isCausal: false, window: 3 }),
  attentionCase({ B: 2, T: 5, S: 7, H: 4, K: 2, D: 6 }, { softcap: 1.5, window: 3 }),
  attentionCase({ B: 2, T: 5, S: 7, H: 4, K: 2, D: 6, bias: [1, 4] }, { isCausal: false }),
  attentionCase({ B: 2, T: 5, S: 7, H: 4, K: 2, D: 6, bias: [2, 1], hasMask: true }),
  attentionCase({ B: 3, T: 70, S: 70, H: 2, K: 2, D: 12, bias: [1, 2] }),
  attentionCase({ B: 2, T: 67, S: 131, H: 4, K: 2, D: 16, bias: [2, 4], hasMask: true }),
  attentionCase(
    { B: 2, T: 9, S: 300, H: 1, K: 1, D: 8, bias: [1, 1] },
    { softcap: 1.5, window: 70 },
  ),
  attentionCase({ B: 2, T: 3, S: 17, H: 2, K: 1, D: 8, bias: [1, 2] }, { dropout: 0.2, seed: 5 }),
];

/** Large enough to be cut into several tasks, and for sums over many rows. */
export const LARGE_SHAPES: readonly FusedCase[] = [
  ...rowCases(300, 257),
  ...rowCases(40, 5000),
  // Two chunks of rows in native's kernel: with the gradients of the loss, and of each row.
  ...linearLossCases(140, 2, 130_000).filter((_, i) => i === 0 || i === 3),
  rotaryCase(2, 14, 40, 16),
  attentionCase({ B: 1, T: 300, S: 600, H: 2, K: 1, D: 33 }, { queryOffset: 280 }),
];

function rowCases(N: number, C: number): FusedCase[] {
  const name = `[${N}, ${C}]`;
  const x = floats([N, C], 11, 3);
  const labels = ints([N], (i) => (i % 4 === 3 ? -100 : (i * 5 + C - 1) % C));
  return [
    {
      op: 'layerNorm',
      name,
      inputs: { x, weight: floats([C], 12), bias: floats([C], 13) },
      options: { eps: 1e-2 },
    },
    { op: 'rmsNorm', name, inputs: { x, weight: floats([C], 12) }, options: { eps: 1e-2 } },
    { op: 'gelu', name, inputs: { x }, options: { approximate: 'none' } },
    { op: 'gelu', name: `${name} tanh`, inputs: { x }, options: { approximate: 'tanh' } },
    { op: 'silu', name, inputs: { x }, options: {} },
    { op: 'swiglu', name, inputs: { gate: x, up: floats([N, C], 14) }, options: {} },
    {
      op: 'linear',
      name,
      inputs: { x, weight: floats([N + 1, C], 15), bias: floats([N + 1], 16) },
      options: {},
    },
    { op: 'crossEntropy', name, inputs: { logits: x, labels }, options: { labelSmoothing: 0.1 } },
    { op: 'logProbs', name, inputs: { logits: x, labels }, options: {} },
  ];
}

/** Cross-entropy fused with the vocabulary's matrix: every reduction, with ignored rows at other places. */
function linearLossCases(N: number, C: number, V: number): FusedCase[] {
  const inputs = {
    hidden: floats([N, C], 31, 2),
    weight: floats([V, C], 32, 2),
    labels: ints([N], (i) => (i % 5 === 2 ? -100 : (i * 7 + V - 1) % V)),
  };
  const name = `N ${N} C ${C} V ${V}`;
  return [
    { op: 'linearCrossEntropy', name, inputs, options: {} },
    ...(['sum', 'none'] as const).map((reduction) => ({
      ...{ op: 'linearCrossEntropy', name: `${name} ${reduction}`, inputs },
      options: { reduction, labelSmoothing: 0.1 },
    })),
    { op: 'linearLogProbs', name, inputs, options: {} },
  ];
}

function rotaryCase(B: number, T: number, H: number, half: number): FusedCase {
  const shape = [B, T, H, 2 * half];
  const inputs = { x: floats(shape, 17) };
  return {
    op: 'rotary',
    name: `[${shape.join(', ')}]`,
    inputs,
    options: { theta: 100, offset: 2 },
  };
}

type AttentionSizes = Record<'B' | 'T' | 'S' | 'H' | 'K' | 'D', number> & {
  hasMask?: boolean;
  /** [1 or B, 1 or H] */
  bias?: readonly [number, number];
};

function attentionCase(sizes: AttentionSizes, options: FusedCase['options'] = {}): FusedCase {
  const { B, T, S, H, K, D, hasMask, bias } = sizes;
  const inputs: Record<string, FloatInput | IntInput> = {
    q: floats([B, T, H, D], 21, 2),
    k: floats([B, S, K, D], 22, 2),
    v: floats([B, S, K, D], 23, 2),
  };
  if (bias) inputs['bias'] = floats([...bias, T, S], 24, 2);
  // The b-th of B sequences is padded on the left by b·5 keys.
  if (hasMask) inputs['mask'] = ints([B, S], (i) => (i % S < Math.floor(i / S) * 5 ? 0 : 1));
  const name = `B ${B} T ${T} S ${S} H ${H} K ${K} D ${D}${hasMask ? ' masked' : ''}${bias ? ` bias ${bias}` : ''}`;
  return { op: 'attention', name: `${name} ${JSON.stringify(options)}`, inputs, options };
}

function floats(shape: number[], seed: number, scale = 1): FloatInput {
  return { shape, seed, scale };
}

function ints(shape: number[], value: (i: number) => number): IntInput {
  const length = shape.reduce((product, size) => product * size, 1);
  return { shape, values: Array.from({ length }, (_, i) => value(i)) };
}
