// The instructions PackRows and UnpackRows.
#include "kernels/kv_cache/packed_rows.h"

#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrainNumbers = 16 << 10;

PackedRowFormat ReadFormat(Args& args) {
  const size_t D = args.Size("D");
  const int64_t bits = args.Int("bits", 4, 8);
  args.Check(bits == 8 || bits == 4, "bits", "8 or 4");
  args.Check(D > 0 && (bits == 8 || D % 2 == 0), "D", "above 0, and even with 4 bits");
  return PackedRowFormat::Of(D, static_cast<size_t>(bits));
}

}  // namespace

// PackRows: rows, D, bits, x [rows, D], packed [rows, words]
LLM_INSTRUCTION(PackRows) {
  const size_t rows = args.Size("rows");
  const PackedRowFormat format = ReadFormat(args);
  const float* x = args.Input<float>("x", CheckedProduct(args, rows, format.D));
  uint32_t* packed = args.Output<uint32_t>("packed", CheckedProduct(args, rows, format.words));
  args.End();
  auto* pack = PackRowsForCpu();
  const size_t grain = kGrainNumbers / format.D + 1;
  pool.ForRange(rows, grain, [&](size_t begin, size_t end) { pack(format, x, packed, begin, end); });
}

// UnpackRows: rows, D, bits, packed [rows, words], x [rows, D]
LLM_INSTRUCTION(UnpackRows) {
  const size_t rows = args.Size("rows");
  const PackedRowFormat format = ReadFormat(args);
  const uint32_t* packed = args.Input<uint32_t>("packed", CheckedProduct(args, rows, format.words));
  float* x = args.Output<float>("x", CheckedProduct(args, rows, format.D));
  args.End();
  auto* unpack = UnpackRowsForCpu();
  const size_t grain = kGrainNumbers / format.D + 1;
  pool.ForRange(rows, grain, [&](size_t begin, size_t end) { unpack(format, packed, x, begin, end); });
}

}  // namespace llm
