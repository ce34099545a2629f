// The instructions MatMul and ColumnSums: sizes and buffers checked, batches broadcast.
#include "kernels/gemm_bf16/product.h"
#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

// Where each item of the output's batch starts in an operand, whose dimensions of size 1 are repeated.
const size_t* BatchOffsets(Args& args, const char* name, const Shape& out, const Shape& operand, size_t matrix) {
  args.Check(operand.rank == out.rank, name, "the rank of the output's batch");
  size_t strides[Shape::kMaxRank] = {};
  size_t stride = matrix;
  for (int d = out.rank - 1; d >= 0; --d) {
    args.Check(operand.dims[d] == out.dims[d] || operand.dims[d] == 1, name, "dimensions that broadcast");
    strides[d] = operand.dims[d] == 1 ? 0 : stride;
    stride *= operand.dims[d];
  }
  const size_t count = out.size();
  size_t* offsets = args.Scratch<size_t>(count);
  for (size_t i = 0; i < count; ++i) {
    size_t rest = i;
    offsets[i] = 0;
    for (int d = out.rank - 1; d >= 0; --d) {
      offsets[i] += rest % out.dims[d] * strides[d];
      rest /= out.dims[d];
    }
  }
  return offsets;
}

// One item; or one B for all: rows of all items are the rows of one product.
bool IsOneProduct(const Shape& out, const Shape& a, const Shape& b, bool a_transposed) {
  if (out.size() == 1) return true;
  for (int d = 0; d < out.rank; ++d) {
    if (b.dims[d] != 1 || a.dims[d] != out.dims[d]) return false;
  }
  return !a_transposed;
}

}  // namespace

// MatMul: transposeA, transposeB, m, n, k, batch of out, of a, of b (shapes of one rank), accumulate, activation,
// alpha, precision, a, b, bias [n] or -1, out. Precision is of single products; a batch of them is float32.
LLM_INSTRUCTION(MatMul) {
  const bool a_transposed = args.Bool("transposeA");
  const bool b_transposed = args.Bool("transposeB");
  Gemm g;
  g.m = args.Size("m");
  g.n = args.Size("n");
  g.k = args.Size("k");
  const Shape out_batch = args.ReadShape("batch"), a_batch = args.ReadShape("a batch");
  const Shape b_batch = args.ReadShape("b batch");
  g.accumulate = args.Bool("accumulate");
  g.activation = static_cast<Activation>(args.Int("activation", 0, kActivations - 1));
  g.alpha = args.Float("alpha");
  const auto precision = static_cast<Precision>(args.Int("precision", 0, kPrecisions - 1));
  const size_t count = out_batch.size();
  const size_t a_matrix = CheckedProduct(args, g.m, g.k), b_matrix = CheckedProduct(args, g.k, g.n);
  const size_t c_matrix = CheckedProduct(args, g.m, g.n);
  g.a = args.Input<float>("a", CheckedProduct(args, a_batch.size(), a_matrix));
  g.b = args.Input<float>("b", CheckedProduct(args, b_batch.size(), b_matrix));
  g.bias = args.OptionalInput<float>("bias", g.n);
  g.c = args.Output<float>("out", CheckedProduct(args, count, c_matrix));
  args.Check(!(g.accumulate && g.bias != nullptr), "bias", "none when accumulating");
  args.End();
  if (count == 0 || c_matrix == 0) return;
  g.a_row = a_transposed ? 1 : g.k;
  g.a_k = a_transposed ? g.m : 1;
  g.b_k = b_transposed ? 1 : g.n;
  g.b_column = b_transposed ? g.k : 1;
  g.c_row = g.n;
  if (IsOneProduct(out_batch, a_batch, b_batch, a_transposed)) {
    g.m *= count;
    RunProduct(g, precision, args.Scratch<float>(ProductScratch(g, precision)), pool);
    return;
  }
  GemmBatch batch;
  batch.item = g;
  batch.count = count;
  batch.a_offsets = BatchOffsets(args, "a batch", out_batch, a_batch, a_matrix);
  batch.b_offsets = BatchOffsets(args, "b batch", out_batch, b_batch, b_matrix);
  batch.c_stride = c_matrix;
  RunGemmBatch(batch, args.Scratch<float>(GemmBatchScratch(batch)), pool);
}

// ColumnSums: rows, columns, accumulate, x, out
LLM_INSTRUCTION(ColumnSums) {
  const size_t rows = args.Size("rows");
  const size_t columns = args.Size("columns");
  const bool accumulate = args.Bool("accumulate");
  const float* x = args.Input<float>("x", CheckedProduct(args, rows, columns));
  float* out = args.Output<float>("out", columns);
  args.End();
  ColumnSums(x, rows, columns, out, accumulate, pool);
}

}  // namespace llm
