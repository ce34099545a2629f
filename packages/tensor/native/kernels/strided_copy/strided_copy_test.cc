// Strided copies against their definition, element by element, for random views; and Simplify by hand.
#include "kernels/strided_copy/strided_copy.h"

#include <random>
#include <vector>

#include "test/test.h"

namespace llm {
namespace {

// The definition: every index, one element at a time.
void CopyByDefinition(const StridedView& view, const uint32_t* from, uint32_t* to, size_t dimension) {
  if (dimension == view.rank) {
    *to = *from;
    return;
  }
  for (size_t i = 0; i < view.dims[dimension]; ++i) {
    const auto step = static_cast<ptrdiff_t>(i);
    CopyByDefinition(view, from + step * view.from_strides[dimension], to + step * view.to_strides[dimension],
                     dimension + 1);
  }
}

// A permutation of the dimensions of a source, some of them walked backwards or repeated, into a contiguous copy.
struct RandomCopy {
  StridedView view = {};
  size_t from_offset = 0, from_size = 1, to_size = 1;

  explicit RandomCopy(std::mt19937& random) {
    view.rank = random() % 5;
    std::vector<size_t> order(view.rank);
    for (size_t d = 0; d < view.rank; ++d) order[d] = d;
    for (size_t d = view.rank; d > 1; --d) std::swap(order[d - 1], order[random() % d]);
    for (size_t d : order) {
      view.dims[d] = 1 + random() % 37;
      const bool is_repeated = random() % 6 == 0, is_reversed = random() % 6 == 0;
      const auto stride = static_cast<ptrdiff_t>(from_size);
      view.from_strides[d] = is_repeated ? 0 : (is_reversed ? -stride : stride);
      if (is_reversed && !is_repeated) from_offset += from_size * (view.dims[d] - 1);
      if (!is_repeated) from_size *= view.dims[d];
    }
    for (size_t d = view.rank; d-- > 0;) {
      view.to_strides[d] = static_cast<ptrdiff_t>(to_size);
      to_size *= view.dims[d];
    }
  }
};

LLM_TEST(StridedCopyIsItsDefinition) {
  std::mt19937 random(7);
  for (int run = 0; run < 300; ++run) {
    const RandomCopy copy(random);
    if (copy.to_size > 200000) continue;
    std::vector<uint32_t> from(copy.from_size), wanted(copy.to_size, 7), actual(copy.to_size, 9);
    for (size_t i = 0; i < from.size(); ++i) from[i] = static_cast<uint32_t>(i * 2654435761u);
    CopyByDefinition(copy.view, from.data() + copy.from_offset, wanted.data(), 0);
    StridedCopy(copy.view, from.data() + copy.from_offset, actual.data(), 4, Pool::Instance());
    LLM_EXPECT(actual == wanted, "run " + std::to_string(run));
  }
}

LLM_TEST(StridedCopyOfBytes) {
  const std::vector<uint8_t> from = {1, 2, 3, 4, 5, 6};
  std::vector<uint8_t> to(6);
  const StridedView view = {2, {3, 2}, {1, 3}, {2, 1}};  // the transpose of [2, 3]
  StridedCopy(view, from.data(), to.data(), 1, Pool::Instance());
  LLM_EXPECT((to == std::vector<uint8_t>{1, 4, 2, 5, 3, 6}), "transposed");
}

LLM_TEST(SimplifyDropsOnesAndMergesNeighbours) {
  // [2, 1, 3, 4] copied as it lies: one dimension of 24
  const StridedView whole = Simplify({4, {2, 1, 3, 4}, {12, 12, 4, 1}, {12, 12, 4, 1}});
  LLM_EXPECT(whole.rank == 1 && whole.dims[0] == 24 && whole.from_strides[0] == 1, "one run");
  // columns 0 to 2 of [3, 4]: two dimensions, as the source skips
  const StridedView part = Simplify({2, {3, 2}, {4, 1}, {2, 1}});
  LLM_EXPECT(part.rank == 2 && part.dims[0] == 3 && part.dims[1] == 2, "rows stay apart");
  const StridedView scalar = Simplify({0, {}, {}, {}});
  LLM_EXPECT(scalar.rank == 1 && scalar.dims[0] == 1, "a scalar is a run of one");
}

}  // namespace
}  // namespace llm
