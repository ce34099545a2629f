// The instructions on quantised weights.
#include "kernels/dequantize/dequantize.h"
#include "kernels/gemm/gemm.h"
#include "kernels/gemm_bf16/gemm_bf16.h"
#include "kernels/gemm_bf16/product.h"
#include "kernels/quantized/half_linear.h"
#include "kernels/quantized/pack_panel.h"
#include "kernels/quantized/packed_linear.h"
#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kTileFloats = 1 << 20;  // of dequantised weights at a time

// Type, O, I of a weight, and its bytes: panels, or rows in half precision.
struct Weight {
  BlockType type;
  PackedFormat format;
  size_t O = 0, I = 0;
  const uint8_t* bytes = nullptr;

  bool is_half() const { return type == BlockType::kF16 || type == BlockType::kBf16; }
  size_t ByteCount() const { return is_half() ? 2 * O * I : PackedBytes(format, O, I); }
  const uint8_t* PanelOfRow(size_t row) const { return bytes + row / kPanelRows * format.panel_bytes(I); }
};

Weight ReadWeight(Args& args) {
  Weight weight;
  weight.type = static_cast<BlockType>(args.Int("type", 0, kMaxBlockType));
  weight.format = FormatOf(weight.type);
  args.Check(weight.format.block > 0 || weight.is_half(), "type", "a quantised type that is supported");
  weight.O = args.Size("O");
  weight.I = args.Size("I");
  args.Check(weight.is_half() || weight.I % weight.format.block == 0, "I", "a multiple of the block");
  CheckedProduct(args, weight.O + kPanelRows, weight.I);
  return weight;
}

Precision ReadPrecision(Args& args) { return static_cast<Precision>(args.Int("precision", 0, kPrecisions - 1)); }

// One row as floats, in order of columns.
void DequantizeRow(const Weight& weight, size_t row, float* out, Pool& pool) {
  if (!weight.is_half()) return UnpackRow(weight.type, weight.PanelOfRow(row), row % kPanelRows, weight.I, out);
  Dequantize(weight.type, weight.bytes + 2 * row * weight.I, out, weight.I, pool);
}

// Rows [begin, begin + rows) as floats.
void DequantizeRows(const Weight& weight, size_t begin, size_t rows, float* out, Pool& pool) {
  pool.ForRange(rows, 8192 / (weight.I + 1) + 1, [&](size_t first, size_t end) {
    for (size_t i = first; i < end; ++i) DequantizeRow(weight, begin + i, out + i * weight.I, pool);
  });
}

size_t TileRows(const Weight& weight) { return kTileFloats / (weight.I + 1) + 1; }

// Runs product(first row, rows, their floats) over the weight in tiles.
template <typename Product>
void ForEachTile(const Weight& weight, float* tile, Pool& pool, const Product& product) {
  for (size_t row = 0; row < weight.O; row += TileRows(weight)) {
    const size_t rows = weight.O - row < TileRows(weight) ? weight.O - row : TileRows(weight);
    DequantizeRows(weight, row, rows, tile, pool);
    product(row, rows);
  }
}

size_t TileFloats(const Weight& weight) {
  return (weight.O < TileRows(weight) ? weight.O : TileRows(weight)) * weight.I;
}

size_t Larger(size_t a, size_t b) { return a > b ? a : b; }

}  // namespace

// QuantizedPack: type, O, I, blocks, packed
LLM_INSTRUCTION(QuantizedPack) {
  Weight weight = ReadWeight(args);
  args.Check(!weight.is_half(), "type", "a type in blocks");
  const size_t row_bytes = weight.I / weight.format.block * weight.format.block_bytes;
  const uint8_t* blocks = args.Input<uint8_t>("blocks", weight.O * row_bytes);
  uint8_t* packed = args.Output<uint8_t>("packed", weight.ByteCount());
  args.End();
  pool.ForRange(PanelsOf(weight.O), 4096 / (weight.I + 1) + 1, [&](size_t begin, size_t end) {
    for (size_t panel = begin; panel < end; ++panel) {
      const size_t row = panel * kPanelRows;
      const size_t rows = weight.O - row < kPanelRows ? weight.O - row : kPanelRows;
      PackPanel(weight.type, blocks + row * row_bytes, row_bytes, rows, weight.I,
                packed + panel * weight.format.panel_bytes(weight.I));
    }
  });
}

// QuantizedDequantize: type, O, I, packed, out [O, I]
LLM_INSTRUCTION(QuantizedDequantize) {
  Weight weight = ReadWeight(args);
  weight.bytes = args.Input<uint8_t>("packed", weight.ByteCount());
  float* out = args.Output<float>("out", weight.O * weight.I);
  args.End();
  DequantizeRows(weight, 0, weight.O, out, pool);
}

// QuantizedEmbedding: type, V, C, number of ids, packed, ids, out. Returns 1 + the place of a wrong id, or 0.
LLM_INSTRUCTION(QuantizedEmbedding) {
  Weight weight = ReadWeight(args);
  const size_t count = args.Size("ids");
  weight.bytes = args.Input<uint8_t>("packed", weight.ByteCount());
  const int32_t* ids = args.Input<int32_t>("ids", count);
  float* out = args.Output<float>("out", CheckedProduct(args, count, weight.I));
  args.End();
  for (size_t i = 0; i < count; ++i) {
    if (ids[i] >= 0 && static_cast<size_t>(ids[i]) < weight.O) continue;
    args.Return(static_cast<double>(i + 1));
    return;
  }
  pool.ForRange(count, 4096 / (weight.I + 1) + 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) DequantizeRow(weight, static_cast<size_t>(ids[i]), out + i * weight.I, pool);
  });
}

// QuantizedLinear: type, O, I, M, is_exact, precision, x [M, I], packed, bias [O] or -1, out [M, O]. Exact: products as
// `precision` says, of x and the dequantised weights; else x is rounded to 8 bits, or for many rows and bfloat16 weights
// to bfloat16.
LLM_INSTRUCTION(QuantizedLinear) {
  Weight weight = ReadWeight(args);
  const size_t M = args.Size("M");
  const bool is_exact = args.Bool("is_exact");
  const Precision precision = ReadPrecision(args);
  const float* x = args.Input<float>("x", CheckedProduct(args, M, weight.I));
  weight.bytes = args.Input<uint8_t>("packed", weight.ByteCount());
  const float* bias = args.OptionalInput<float>("bias", weight.O);
  float* out = args.Output<float>("out", CheckedProduct(args, M, weight.O));
  args.End();
  if (M * weight.O == 0) return;
  if (weight.is_half() && M <= kHalfLinearMaxRows) {
    const auto* halves = reinterpret_cast<const uint16_t*>(weight.bytes);
    RunHalfLinear({weight.type == BlockType::kBf16, M, weight.O, weight.I, x, halves, bias, out}, pool);
    return;
  }
  if (weight.type == BlockType::kBf16 && (!is_exact || precision == Precision::kBf16)) {
    GemmBf16 g;
    g.m = M;
    g.n = weight.O;
    g.k = weight.I;
    g.a = {x, GemmType::kFloat, weight.I, 1};
    g.b = {weight.bytes, GemmType::kBf16, weight.I, 1};
    g.c = out;
    g.c_row = weight.O;
    g.bias = bias;
    RunGemmBf16(g, args.Scratch<float>(Larger(GemmBf16Scratch(g), 64)), pool);
    return;
  }
  if (!weight.is_half() && !is_exact && weight.I > 0) {
    const size_t chunks = CheckedProduct(args, M, weight.I / kChunkColumns);
    RunPackedLinear({weight.type, M, weight.O, weight.I, x, weight.bytes, bias, out,
                     args.Scratch<ActivationChunk>(chunks)},
                    pool);
    return;
  }
  float* tile = args.Scratch<float>(TileFloats(weight));
  Gemm g;
  g.m = M;
  g.n = TileRows(weight) < weight.O ? TileRows(weight) : weight.O;
  g.k = weight.I;
  g.a = x;
  g.a_row = weight.I;
  g.a_k = 1;
  g.b = tile;
  g.b_k = 1;
  g.b_column = weight.I;
  g.c_row = weight.O;
  float* scratch = args.Scratch<float>(Larger(ProductScratch(g, precision), 64));
  ForEachTile(weight, tile, pool, [&](size_t row, size_t rows) {
    g.n = rows;
    g.c = out + row;
    g.bias = bias == nullptr ? nullptr : bias + row;
    RunProduct(g, precision, scratch, pool);
  });
}

// QuantizedLinearGradInput: type, O, I, M, precision, dy [M, O], packed, dx [M, I]
LLM_INSTRUCTION(QuantizedLinearGradInput) {
  Weight weight = ReadWeight(args);
  const size_t M = args.Size("M");
  const Precision precision = ReadPrecision(args);
  const float* dy = args.Input<float>("dy", CheckedProduct(args, M, weight.O));
  weight.bytes = args.Input<uint8_t>("packed", weight.ByteCount());
  float* dx = args.Output<float>("dx", CheckedProduct(args, M, weight.I));
  args.End();
  for (size_t i = 0; weight.O == 0 && i < M * weight.I; ++i) dx[i] = 0.0f;
  if (M * weight.I * weight.O == 0) return;
  if (weight.type == BlockType::kBf16 && precision == Precision::kBf16) {
    GemmBf16 g;
    g.m = M;
    g.n = weight.I;
    g.k = weight.O;
    g.a = {dy, GemmType::kFloat, weight.O, 1};
    g.b = {weight.bytes, GemmType::kBf16, 1, weight.I};
    g.c = dx;
    g.c_row = weight.I;
    RunGemmBf16(g, args.Scratch<float>(Larger(GemmBf16Scratch(g), 64)), pool);
    return;
  }
  float* tile = args.Scratch<float>(TileFloats(weight));
  Gemm g;
  g.m = M;
  g.n = weight.I;
  g.k = TileRows(weight) < weight.O ? TileRows(weight) : weight.O;
  g.a_row = weight.O;
  g.a_k = 1;
  g.b = tile;
  g.b_k = weight.I;
  g.b_column = 1;
  g.c = dx;
  g.c_row = weight.I;
  const size_t whole = ProductScratch(g, precision);
  g.k = weight.O % g.k == 0 ? g.k : weight.O % g.k;
  float* scratch = args.Scratch<float>(Larger(Larger(whole, ProductScratch(g, precision)), 64));
  ForEachTile(weight, tile, pool, [&](size_t row, size_t rows) {
    g.a = dy + row;
    g.k = rows;
    g.accumulate = row > 0;
    RunProduct(g, precision, scratch, pool);
  });
}

}  // namespace llm
