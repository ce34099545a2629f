// Products of a small matrix that changes every step with a weight that does not: the weight is packed once.
#pragma once

#include "kernels/gemm/gemm.h"
#include "kernels/gemm/gemm_plan.h"
#include "node/args.h"
#include "threading/pool.h"

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

  size_t PackedRowsSize(size_t rows) const { return TilesOf(rows) * tile_.rows * k_; }
  // Packs A: `rows` rows of k values, row_stride apart.
  void PackRows(const float* a, size_t row_stride, size_t rows, float* packed) const {
    for (size_t tile = 0; tile < TilesOf(rows); ++tile) {
      const size_t first = FirstRow(tile, rows), count = FirstRow(tile + 1, rows) - first;
      GemmPackAForCpu()(a + first * row_stride, row_stride, 1, count, k_, packed + tile * tile_.rows * k_,
                        k_ * tile_.rows);
    }
  }

  // c[rows][width of the panel] = init + packed A * the panel of the group.
  void Multiply(const float* packed_rows, size_t rows, size_t group, size_t panel, float* c, size_t c_row, GemmInit init,
                const float* bias) const {
    auto* block = GemmBlockForCpu();
    const float* b = packed_ + group * group_size_ + First(panel) * k_;
    for (size_t k = 0; k < k_; k += kGemmBlockK) {
      const size_t depth = k_ - k < kGemmBlockK ? k_ - k : kGemmBlockK;
      for (size_t tile = 0; tile < TilesOf(rows); ++tile) {
        const size_t first = FirstRow(tile, rows), count = FirstRow(tile + 1, rows) - first;
        block({count, Width(panel), depth, packed_rows + (tile * k_ + k) * tile_.rows, k_ * tile_.rows,
               b + k * tile_.columns, k_ * tile_.columns, c + first * c_row, c_row, k > 0 ? GemmInit::kC : init,
               k > 0 ? nullptr : bias});
      }
    }
  }

 private:
  // Rows go to tiles of nearly equal height: 16 are 8 and 8, not 14 and 2, which would keep the processor waiting.
  size_t TilesOf(size_t rows) const { return DivideUp(rows, tile_.rows); }
  size_t FirstRow(size_t tile, size_t rows) const { return rows * tile / TilesOf(rows); }

  const size_t n_;
  const size_t k_;
  const GemmTile tile_;
  const size_t group_size_;
  float* packed_;
};

// How the steps of a sequence are shared out. Each row of a batch is a sequence of its own: threads that take some rows
// each never wait for each other. But each reads the whole weight at every step, and few rows use it badly; then threads
// share each step, by columns of the weight. Either way every element has the same bits.
struct StepPlan {
  size_t parts;      // runs of rows; 1: all rows, each step shared
  size_t part_rows;  // of each, but the last may have fewer
};

inline StepPlan PlanSteps(size_t rows, size_t weight_size, const Pool& pool) {
  constexpr size_t kMinRows = 8;
  constexpr size_t kMaxWeight = 384 * 1024;  // 1.5 MiB: most of it stays in a thread's L2 cache from step to step
  const size_t threads = static_cast<size_t>(pool.threads());
  const size_t part_rows = DivideUp(rows, threads);
  if (threads == 1 || part_rows < kMinRows || weight_size > kMaxWeight) return {1, rows};
  return {DivideUp(rows, part_rows), part_rows};
}

// A run of rows, and their packed factor of the step's product.
struct StepRows {
  size_t first, count;
  float* packed;
};

// packed: room for PackedRowsSize(plan.part_rows) values of each part.
inline StepRows RowsOf(const StepPlan& plan, size_t rows, size_t part, float* packed, size_t packed_part) {
  const size_t first = part * plan.part_rows, left = rows - first;
  return {first, left < plan.part_rows ? left : plan.part_rows, packed + part * packed_part};
}

}  // namespace llm
