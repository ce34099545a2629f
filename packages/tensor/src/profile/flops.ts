/** Floating-point operations of the kernels that are made of products; a multiply–add is two. Of others none are
 *  counted: they are as fast as memory is read. */
import { util, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';

type Inputs = Record<string, TensorInfo>;
type Count = (inputs: Inputs, attrs: NamedAttrMap) => number;

const sizeOf = (info: TensorInfo): number => util.sizeFromShape(info.shape);

/** y = x · Wᵀ and its two gradients: rows · I · O multiply–adds each. */
const linear: Count = (inputs) => {
  const { x, dy, weight } = inputs as { x?: TensorInfo; dy?: TensorInfo; weight?: TensorInfo };
  const rows = (x ?? dy) as TensorInfo;
  if (weight !== undefined) return (2 * sizeOf(rows) * sizeOf(weight)) / rows.shape.at(-1)!;
  return 2 * sizeOf(dy as TensorInfo) * (x as TensorInfo).shape.at(-1)!;
};

/** As linear; the weight's rows are padded. */
const int8Linear: Count = ({ x, scales }) => 2 * sizeOf(x!) * sizeOf(scales!);

const matMul: Count = ({ a, b }, { transposeA, transposeB }) => {
  const [rows, inner] = transposeA
    ? [a!.shape.at(-1)!, a!.shape.at(-2)!]
    : [a!.shape.at(-2)!, a!.shape.at(-1)!];
  const columns = transposeB ? b!.shape.at(-2)! : b!.shape.at(-1)!;
  const batch = Math.max(sizeOf(a!) / (rows * inner), sizeOf(b!) / (inner * columns));
  return 2 * batch * rows * inner * columns;
};

/** @param products of [T, D] by [D, S] for each head: two forwards, five backwards */
function attention(products: number): Count {
  return ({ q }, attrs) => {
    const [B, T, H, D] = q!.shape as [number, number, number, number];
    const {
      keyLength: S,
      isCausal,
      queryOffset,
    } = attrs as unknown as {
      keyLength: number;
      isCausal: boolean;
      queryOffset: number;
    };
    const visible = isCausal ? Math.min(S, queryOffset + (T + 1) / 2) : S; // keys of a query, on average
    return 2 * products * B * H * T * visible * D;
  };
}

/** One product for the losses, and one for each gradient. */
const linearLoss: Count = ({ hidden, weight }, attrs) => {
  const products = 1 + Number(attrs['hidden']) + Number(attrs['weight']);
  return 2 * products * hidden!.shape[0]! * sizeOf(weight!);
};

const COUNTS: Readonly<Record<string, Count>> = Object.freeze({
  Linear: linear,
  Int8Linear: int8Linear,
  LinearGradInput: linear,
  LinearGradWeight: linear,
  BatchMatMul: matMul,
  _FusedMatMul: matMul,
  Attention: attention(2),
  MaskedAttention: attention(2),
  AttentionGrad: attention(5),
  MaskedAttentionGrad: attention(5),
  LinearCrossEntropy: linearLoss,
  LinearTokenLoss: ({ hidden, weight }) => 2 * hidden!.shape[0]! * sizeOf(weight!),
  LinearTokenLossGrad: linearLoss,
});

/** Operations of one call; 0 for a kernel without products. */
export function flopsOf(kernelName: string, inputs: Inputs, attrs: NamedAttrMap): number {
  return COUNTS[kernelName]?.(inputs, attrs) ?? 0;
}
