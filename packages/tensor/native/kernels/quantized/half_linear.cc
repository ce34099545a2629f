#include "kernels/quantized/half_linear.h"

namespace llm {

constexpr size_t kTaskBytes = 128 << 10;    // long runs: two threads that take turns on short ones read slower
constexpr size_t kSerialBytes = 16 << 10;   // waking the pool would cost more

void RunHalfLinear(const HalfLinear& args, Pool& pool) {
  auto* run_range = HalfLinearRangeForCpu();
  const size_t row_bytes = 2 * args.I;
  const auto body = [&] {
    pool.ForRange(args.O, kTaskBytes / (row_bytes + 1) + 1,
                  [&](size_t begin, size_t end) { run_range(args, begin, end); });
  };
  args.O * row_bytes < kSerialBytes ? pool.RunSerially(body) : body();
}

}  // namespace llm
