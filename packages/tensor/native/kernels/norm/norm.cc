#include "kernels/norm/norm.h"

#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrainElements = 1 << 14;  // about 10 microseconds forwards
constexpr size_t kMinChunkRows = 16;        // a chunk costs two rows of partial sums
constexpr size_t kMaxChunks = 32;
constexpr size_t kColumnGrain = 512;

size_t ChunkRows(size_t rows) {
  const size_t rows_per_chunk = (rows + kMaxChunks - 1) / kMaxChunks;
  return rows_per_chunk < kMinChunkRows ? kMinChunkRows : rows_per_chunk;
}

size_t Chunks(size_t rows) { return (rows + ChunkRows(rows) - 1) / ChunkRows(rows); }

}  // namespace

void NormForward(const NormArgs& args, bool is_rms, float* out, Pool& pool) {
  const size_t grain = args.C >= kGrainElements ? 1 : kGrainElements / (args.C + 1) + 1;
  auto* run_rows = is_rms ? RmsNormRowsForCpu() : LayerNormRowsForCpu();
  pool.ForRange(args.rows, grain, [&](size_t begin, size_t end) { run_rows(args, out, begin, end); });
}

size_t NormBackwardScratch(size_t rows, size_t C) { return Chunks(rows) * 2 * C; }

void NormBackward(const NormBackwardArgs& args, bool is_rms, Pool& pool) {
  const size_t rows = args.forward.rows, C = args.forward.C;
  const size_t chunk_rows = ChunkRows(rows);
  auto* layer_rows = LayerNormGradRowsForCpu();
  auto* rms_rows = RmsNormGradRowsForCpu();
  pool.ForRange(rows, chunk_rows, [&](size_t begin, size_t end) {
    float* dweight = args.parts + begin / chunk_rows * 2 * C;
    is_rms ? rms_rows(args, dweight, begin, end) : layer_rows(args, dweight, dweight + C, begin, end);
  });
  auto* sum_chunks = SumChunksForCpu();
  pool.ForRange(C, kColumnGrain, [&](size_t begin, size_t end) {
    sum_chunks(args.parts, Chunks(rows), 2 * C, args.dweight, begin, end);
    if (!is_rms) sum_chunks(args.parts + C, Chunks(rows), 2 * C, args.dbias, begin, end);
  });
}

// LayerNorm: [rows, C], eps, x, weight, bias, out. RmsNorm: the same without bias.
static void RunForward(Args& args, Pool& pool, bool is_rms) {
  const Shape shape = args.ReadShape("x shape");
  args.Check(shape.rank == 2, "x shape", "rank 2");
  const size_t C = shape.dims[1];
  NormArgs norm{nullptr, nullptr, nullptr, shape.dims[0], C, args.Float("eps")};
  norm.x = args.Input<float>("x", shape.size());
  norm.weight = args.Input<float>("weight", C);
  if (!is_rms) norm.bias = args.Input<float>("bias", C);
  float* out = args.Output<float>("out", shape.size());
  args.End();
  NormForward(norm, is_rms, out, pool);
}

// LayerNormGrad: [rows, C], eps, dy, x, weight, dx, dweight, dbias. RmsNormGrad: the same without dbias.
static void RunBackward(Args& args, Pool& pool, bool is_rms) {
  const Shape shape = args.ReadShape("x shape");
  args.Check(shape.rank == 2, "x shape", "rank 2");
  const size_t C = shape.dims[1];
  NormBackwardArgs norm{{nullptr, nullptr, nullptr, shape.dims[0], C, args.Float("eps")},
                        nullptr, nullptr, nullptr, nullptr, nullptr};
  norm.dy = args.Input<float>("dy", shape.size());
  norm.forward.x = args.Input<float>("x", shape.size());
  norm.forward.weight = args.Input<float>("weight", C);
  norm.dx = args.Output<float>("dx", shape.size());
  norm.dweight = args.Output<float>("dweight", C);
  if (!is_rms) norm.dbias = args.Output<float>("dbias", C);
  norm.parts = args.Scratch<float>(NormBackwardScratch(shape.dims[0], C));
  args.End();
  NormBackward(norm, is_rms, pool);
}

LLM_INSTRUCTION(LayerNorm) { RunForward(args, pool, false); }
LLM_INSTRUCTION(RmsNorm) { RunForward(args, pool, true); }
LLM_INSTRUCTION(LayerNormGrad) { RunBackward(args, pool, false); }
LLM_INSTRUCTION(RmsNormGrad) { RunBackward(args, pool, true); }

}  // namespace llm
