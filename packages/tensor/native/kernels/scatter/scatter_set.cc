// ScatterSet: writes rows over what `out` holds; of updates to the same row the last stays.
#include <cstring>

#include "kernels/gather/nd_index.h"
#include "kernels/read_args.h"
#include "node/instruction.h"

// ScatterSet: width, the index's numbers, isOneUpdate (a single element for all), indices, updates, out. Returns 0,
// or 1 + the place of the first index out of range (nothing is written then).
LLM_INSTRUCTION(ScatterSet) {
  const size_t width = llm::ReadWidth(args);
  const llm::NdIndex nd = llm::ReadNdIndex(args);
  const bool is_one = args.Bool("isOneUpdate");
  const int32_t* indices = args.Input<int32_t>("indices", llm::CheckedProduct(args, nd.count, nd.depth));
  const size_t elements = is_one ? 1 : llm::CheckedProduct(args, nd.count, nd.slice);
  const auto* updates = args.Input<uint8_t>("updates", elements * width);
  auto* out = args.Output<uint8_t>("out", llm::CheckedProduct(args, nd.rows, nd.slice) * width);
  const size_t wrong = llm::FirstRowOutside(indices, nd);
  if (wrong < nd.count) return args.Return(static_cast<double>(wrong + 1));
  for (size_t i = 0; i < nd.count; ++i) {
    uint8_t* to = out + static_cast<size_t>(llm::FlatRow(indices, nd, i)) * nd.slice * width;
    if (!is_one) {
      std::memcpy(to, updates + i * nd.slice * width, nd.slice * width);
      continue;
    }
    for (size_t k = 0; k < nd.slice; ++k) std::memcpy(to + k * width, updates, width);
  }
}
