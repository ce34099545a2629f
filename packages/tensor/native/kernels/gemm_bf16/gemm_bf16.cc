#include "kernels/gemm_bf16/gemm_bf16.h"

#include "kernels/gemm/packed_gemm.h"
#include "kernels/gemm_bf16/gemm_bf16_simd.h"
#include "kernels/gemm_bf16/gemm_pairs.h"

namespace llm {
namespace {

constexpr size_t kConvertGrain = 64 * 1024;
// A tile of B comes after the packed slice.
static_assert(kGemmSliceUnits + kGemmBf16Tile / 2 <= Pool::kWorkspaceFloats, "a tile must fit the workspace");

template <size_t kElementBytes>
void PackMatrix(const GemmOperand& operand, size_t first, size_t count, size_t k, size_t depth, float* packed,
                size_t panel_stride, GemmPackFunction pack) {
  const char* source = static_cast<const char*>(operand.source);
  pack(source + kElementBytes * (first * operand.outer_stride + k * operand.k_stride), operand.outer_stride,
       operand.k_stride, count, depth, packed, panel_stride);
}

void PackAFloat(const GemmOperand& a, size_t first, size_t count, size_t k, size_t depth, float* packed, size_t stride) {
  PackMatrix<4>(a, first, count, k, depth, packed, stride, PairKernelsForCpu().pack_a_float);
}
void PackABf16(const GemmOperand& a, size_t first, size_t count, size_t k, size_t depth, float* packed, size_t stride) {
  PackMatrix<2>(a, first, count, k, depth, packed, stride, PairKernelsForCpu().pack_a_bf16);
}
void PackBFloat(const GemmOperand& b, size_t first, size_t count, size_t k, size_t depth, float* packed, size_t stride) {
  PackMatrix<4>(b, first, count, k, depth, packed, stride, PairKernelsForCpu().pack_b_float);
}
void PackBBf16(const GemmOperand& b, size_t first, size_t count, size_t k, size_t depth, float* packed, size_t stride) {
  PackMatrix<2>(b, first, count, k, depth, packed, stride, PairKernelsForCpu().pack_b_bf16);
}

// operand.source is the GemmBf16.
void PackBTile(const GemmOperand& b, size_t first, size_t count, size_t k, size_t depth, float* packed, size_t stride) {
  const GemmBf16& g = *static_cast<const GemmBf16*>(b.source);
  uint16_t* tile = reinterpret_cast<uint16_t*>(Pool::Workspace() + kGemmSliceUnits);
  const auto pack = PairKernelsForCpu().pack_b_bf16;
  const size_t columns = kGemmBf16Tile / depth / b.width * b.width;
  for (size_t done = 0; done < count; done += columns) {
    const size_t these = count - done < columns ? count - done : columns;
    g.tile(g.tile_context, first + done, these, k, depth, tile);
    pack(tile, depth, 1, these, depth, packed + done / b.width * stride, stride);
  }
}

size_t BytesOf(const GemmBf16Matrix& matrix) { return matrix.type == GemmType::kFloat ? 4 : 2; }

PackedGemm PackedGemmOf(const GemmBf16& g) {
  const PairKernels kernels = PairKernelsForCpu();
  PackedGemm packed;
  const auto pack_a = g.a.type == GemmType::kFloat ? PackAFloat : PackABf16;
  packed.a = {pack_a, g.a.data, g.a.outer_stride, g.a.k_stride, g.m, kernels.tile.rows, BytesOf(g.a)};
  if (g.tile != nullptr) {
    packed.b = {PackBTile, &g, g.k, 1, g.n, kernels.tile.columns};
  } else {
    const auto pack_b = g.b.type == GemmType::kFloat ? PackBFloat : PackBBf16;
    packed.b = {pack_b, g.b.data, g.b.outer_stride, g.b.k_stride, g.n, kernels.tile.columns, BytesOf(g.b)};
  }
  packed.is_b_by_column = packed.b.k_stride == 1 && packed.b.outer_stride != 1;
  packed.k = g.k;
  packed.k_per_unit = kernels.k_per_unit;
  packed.c = g.c;
  packed.c_row = g.c_row;
  packed.accumulate = g.accumulate;
  packed.bias = g.bias;
  packed.block = kernels.block;
  return packed;
}

// k = 0: the empty sum.
void RunEmpty(const GemmBf16& g) {
  if (g.accumulate) return;
  for (size_t i = 0; i < g.m; ++i) {
    for (size_t j = 0; j < g.n; ++j) g.c[i * g.c_row + j] = g.bias != nullptr ? g.bias[j] : 0.0f;
  }
}

}  // namespace

PairKernels PairKernelsForCpu() {
#if defined(LLM_PAIRS)
  if (HasExtension(Extension::kAvx512Bf16) || HasExtension(Extension::kNeonBf16)) {
    return {LLM_PAIRS::PairTileSize(), 2,
            LLM_PAIRS::PairPackAFloat, LLM_PAIRS::PairPackABf16,
            LLM_PAIRS::PairPackBFloat, LLM_PAIRS::PairPackBBf16,
            LLM_PAIRS::PairBlock};
  }
#endif
  return {GemmTileSizeForCpu()(),     1,
          RoundedPackAFloatForCpu(), RoundedPackABf16ForCpu(),
          RoundedPackBFloatForCpu(), RoundedPackBBf16ForCpu(),
          GemmBlockForCpu()};
}

size_t GemmBf16Scratch(const GemmBf16& g) {
  return g.m == 0 || g.n == 0 || g.k == 0 ? 0 : PackedGemmScratch(PackedGemmOf(g));
}

void RunGemmBf16(const GemmBf16& g, float* scratch, Pool& pool) {
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) return RunEmpty(g);
  RunPackedGemm(PackedGemmOf(g), scratch, pool);
}

void FloatsToBf16(const float* x, uint16_t* out, size_t n, Pool& pool) {
  auto* run = FloatsToBf16RangeForCpu();
  pool.ForRange(n, kConvertGrain, [=](size_t begin, size_t end) { run(x + begin, out + begin, end - begin); });
}

void Bf16ToFloats(const uint16_t* x, float* out, size_t n, Pool& pool) {
  auto* run = Bf16ToFloatsRangeForCpu();
  pool.ForRange(n, kConvertGrain, [=](size_t begin, size_t end) { run(x + begin, out + begin, end - begin); });
}

}  // namespace llm
