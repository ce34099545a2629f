// Matrix products beside the best libraries: C[m, n] = A · B, each side stored as it is or transposed.
import { ours, python } from './contestants.mjs';

const LAYOUTS = ['NN', 'NT', 'TN', 'TT'];

/** Squares in every layout; forward (NT), input gradient (NN) and weight gradient (TN) of the models' layers. */
const WORKS = [
  ...[256, 512, 1024, 2048].flatMap((n) =>
    LAYOUTS.map((layout) => work('square', [n, n, n], layout)),
  ),
  ...['NN', 'NT', 'TN'].map((layout) => work('square', [4096, 4096, 4096], layout)),
  ...linear('GPT-2 up, 256 tokens', 256, 3072, 768),
  ...linear('GPT-2 down, 256 tokens', 256, 768, 3072),
  ...linear('GPT-2 logits, 256 tokens', 256, 50257, 768),
  ...linear('SmolLM2 MLP, 1024 tokens', 1024, 1536, 576),
  ...linear('SmolLM2 keys, 1024 tokens', 1024, 192, 576),
];

/** The three products of a layer [outputs, inputs] over some tokens. */
function linear(name, tokens, outputs, inputs) {
  return [
    work(`${name}: y`, [tokens, outputs, inputs], 'NT'),
    work(`${name}: dx`, [tokens, inputs, outputs], 'NN'),
    work(`${name}: dW`, [outputs, inputs, tokens], 'TN'),
  ];
}

function work(name, [m, n, k], layout) {
  const repeats = Math.max(1, Math.round(1e10 / (m * n * k)));
  return { name: `${name} ${m} × ${n} × ${k} ${layout}`, shape: { m, n, k, layout, repeats } };
}

const FLOAT32 = [
  ours('gemm.mjs', 'ours'),
  python('numpy_gemm.py', 'numpy (OpenBLAS)', ['numpy']),
  python('torch_gemm.py', 'PyTorch (MKL)', ['torch']),
];

const BF16 = [
  ours('gemm.mjs', 'ours bf16', 'native', { precision: 'bfloat16' }),
  python('torch_gemm.py', 'PyTorch bf16 (oneDNN)', ['torch'], { precision: 'bfloat16' }),
  ours('gemm.mjs', 'ours float32'),
];

const INT8 = [
  ours('gemm.mjs', 'ours int8', 'native', { precision: 'int8' }),
  python('torch_int8_linear.py', 'PyTorch int8 (oneDNN)', ['torch'], { engine: 'onednn' }),
  python('torch_int8_linear.py', 'PyTorch int8 (FBGEMM)', ['torch'], { engine: 'fbgemm' }),
  ours('gemm.mjs', 'ours float32'),
];

const environment = (contestant, env) => ({ ...contestant, env });

/** What processors without AVX-512 would get. OpenBLAS takes its SkylakeX kernels on an EPYC 9005 as on an Intel. */
const AVX2 = [
  environment(ours('gemm.mjs', 'ours AVX2'), { LLM_NATIVE_ISA: 'avx2' }),
  environment(python('numpy_gemm.py', 'OpenBLAS AVX2 (Haswell)', ['numpy']), {
    OPENBLAS_CORETYPE: 'Haswell',
  }),
];

/** Dynamically quantised layers, whose weights are rounded beforehand. */
const hasInt8 = ({ layout, m, k }) => layout === 'NT' && m * k <= 2048 * 2048;

export function gemmWorks() {
  return WORKS.flatMap(({ name, shape }) => {
    const flops = 2 * shape.m * shape.n * shape.k;
    const float32 = { name, shape, flops, contestants: FLOAT32 };
    const bf16 = { name: `${name}, bf16`, shape, flops, contestants: BF16 };
    const int8 = { name: `${name}, int8`, shape, flops, contestants: INT8 };
    const works = shape.layout === 'TT' ? [float32] : [float32, bf16]; // no layer needs TT in bf16
    return hasInt8(shape) ? [...works, int8] : works;
  });
}

/** Squares with the AVX2 kernels on both sides. */
export function avx2GemmWorks() {
  return WORKS.filter(({ name, shape }) => name.startsWith('square') && shape.m <= 2048).map(
    ({ name, shape }) => ({
      name: `${name}, AVX2`,
      shape,
      flops: 2 * shape.m * shape.n * shape.k,
      contestants: AVX2,
    }),
  );
}
