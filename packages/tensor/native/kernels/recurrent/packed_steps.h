// Products of a small matrix that changes every step with a weight that does not: the weight is packed once.
#pragma once

#include "kernels/gemm/gemm.h"
#include "kernels/gemm/gemm_plan.h"
#include "node/args.h"

namespace llm {

// B of C = A B: `groups` blocks of n columns, each in panels of its own, so that panel p of every group belongs to the
// same columns.
class PackedWeight {
 public:
  PackedWeight(size_t groups, size_t n, size_t k, Args& args)
      : n_(n),
        k_(k),
        tile_(GemmTileSizeForCpu()()),
        group_size_(RoundUp(n, tile_.columns) * k),
        packed_(args.Scratch<float>(groups * group_size_)) {}

  // Element (k, j) of the group is source[k * k_stride + j * n_stride].
  void Pack(size_t group, const float* source, size_t k_stride, size_t n_stride) {
    GemmPackBForCpu()(source, n_stride, k_stride, n_, k_, packed_ + group * group_size_, k_ * tile_.columns);
  }

  size_t Panels() const { return DivideUp(n_, tile_.columns); }
  size_t First(size_t panel) const { return panel * tile_.columns; }  // column
  size_t Width(size_t panel) const {
    return n_ - First(panel) < tile_.columns ? n_ - First(panel) : tile_.columns;
  }

  size_t PackedRowsSize(size_t rows) const { return RoundUp(rows, tile_.rows) * k_; }
  // Packs A: `rows` rows of k values, row_stride apart.
  void PackRows(const float* a, size_t row_stride, size_t rows, float* packed) const {
    GemmPackAForCpu()(a, row_stride, 1, rows, k_, packed, k_ * tile_.rows);
  }

  // c[rows][width of the panel] = init + packed A * the panel of the group.
  void Multiply(const float* packed_rows, size_t rows, size_t group, size_t panel, float* c, size_t c_row, GemmInit init,
                const float* bias) const {
    auto* block = GemmBlockForCpu();
    const float* b = packed_ + group * group_size_ + First(panel) * k_;
    for (size_t k = 0; k < k_; k += kGemmBlockK) {
      const size_t depth = k_ - k < kGemmBlockK ? k_ - k : kGemmBlockK;
      block({rows, Width(panel), depth, packed_rows + k * tile_.rows, k_ * tile_.rows, b + k * tile_.columns,
             k_ * tile_.columns, c, c_row, k > 0 ? GemmInit::kC : init, k > 0 ? nullptr : bias});
    }
  }

 private:
  const size_t n_;
  const size_t k_;
  const GemmTile tile_;
  const size_t group_size_;
  float* packed_;
};

}  // namespace llm
