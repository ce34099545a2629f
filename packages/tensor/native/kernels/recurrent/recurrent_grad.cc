#include <cstring>

#include "kernels/recurrent/packed_steps.h"
#include "kernels/recurrent/recurrent.h"

namespace llm {
namespace {

constexpr double kSerialFlops = 200e3;

class Backward {
 public:
  Backward(const RecurrentShape& shape, const RecurrentBackward& g, Args& args)
      : s_(shape),
        g_(g),
        row_(shape.gates() * shape.hidden),
        weight_(1, shape.hidden, row_, args),
        packed_(args.Scratch<float>(weight_.PackedRowsSize(shape.batch))),
        dstate_(args.Scratch<float>(shape.batch * shape.hidden)),
        dcell_(args.Scratch<float>(shape.kind == CellKind::kLstm ? shape.batch * shape.hidden : 0)) {
    // Only GRU's two shares of the gates have gradients of their own.
    dhidden_ = s_.kind == CellKind::kGru ? args.Scratch<float>(s_.batch * s_.steps * row_) : g_.dinput;
  }

  void Run(Pool& pool) {
    weight_.Pack(0, g_.weight, s_.hidden, 1);
    std::memset(dstate_, 0, s_.batch * s_.hidden * sizeof(float));
    if (s_.kind == CellKind::kLstm) std::memset(dcell_, 0, s_.batch * s_.hidden * sizeof(float));
    EnterStep(s_.steps - 1);
    pool.Run(weight_.Panels(), [&](size_t panel) { RunCells(weight_.First(panel), weight_.Width(panel)); });
    for (size_t step = s_.steps; step-- > 0;) {
      const size_t position = s_.PositionOf(step);
      PackGradients(position, pool);
      if (step > 0) EnterStep(step - 1);
      pool.Run(weight_.Panels(), [&](size_t panel) {
        const size_t j = weight_.First(panel);
        weight_.Multiply(packed_, s_.batch, 0, panel, dstate_ + j, s_.hidden, GemmInit::kC, nullptr);
        if (step > 0) RunCells(j, weight_.Width(panel));
      });
    }
    std::memcpy(g_.dinitial_state, dstate_, s_.batch * s_.hidden * sizeof(float));
    if (s_.kind == CellKind::kLstm) std::memcpy(g_.dinitial_cell, dcell_, s_.batch * s_.hidden * sizeof(float));
  }

  // Of the weight, and GRU's bias: one product over all rows and steps.
  void RunWeights(Args& args, Pool& pool) const {
    const size_t rows = s_.batch * s_.steps;
    float* previous = args.Scratch<float>(rows * s_.hidden);
    pool.ForRange(s_.batch, 1, [&](size_t begin, size_t end) {
      for (size_t b = begin; b < end; ++b) CopyPreviousStates(b, previous);
    });
    Gemm gemm;
    gemm.m = row_;
    gemm.n = s_.hidden;
    gemm.k = rows;
    gemm.a = dhidden_;
    gemm.a_row = 1;
    gemm.a_k = row_;
    gemm.b = previous;
    gemm.b_k = s_.hidden;
    gemm.b_column = 1;
    gemm.c = g_.dweight;
    gemm.c_row = s_.hidden;
    RunGemm(gemm, args.Scratch<float>(GemmScratch(gemm)), pool);
    if (s_.kind == CellKind::kGru) ColumnSums(dhidden_, rows, row_, g_.dbias, false, pool);
  }

 private:
  void EnterStep(size_t step) {
    position_ = s_.PositionOf(step);
    const bool is_first = step == 0;
    const size_t before = is_first ? 0 : s_.PositionOf(step - 1);
    previous_row_ = is_first ? s_.hidden : s_.steps * s_.hidden;
    previous_state_ = is_first ? g_.initial_state : g_.states + before * s_.hidden;
    previous_cell_ = is_first ? g_.initial_cell : g_.cells == nullptr ? nullptr : g_.cells + before * s_.hidden;
  }

  void PackGradients(size_t position, Pool& pool) const {
    const size_t tile = GemmTileSizeForCpu()().rows;
    pool.ForRange(s_.batch, tile, [&](size_t begin, size_t end) {
      weight_.PackRows(dhidden_ + (begin * s_.steps + position) * row_, s_.steps * row_, end - begin,
                       packed_ + begin * row_);
    });
  }

  // The gradients of hidden units j to j + n of all rows at the entered step: the state's is complete now.
  void RunCells(size_t j, size_t n) const {
    for (size_t b = 0; b < s_.batch; ++b) {
      const size_t row = b * s_.steps + position_;
      float* dstate = dstate_ + b * s_.hidden + j;
      Add(g_.dstates + row * s_.hidden + j, n, dstate);
      if (g_.dcells != nullptr) Add(g_.dcells + row * s_.hidden + j, n, dcell_ + b * s_.hidden + j);
      if (s_.IsActive(b, position_)) {
        RunCell(b, row, j, n, dstate);
      } else {
        ClearGates(row, j, n);  // and the state's gradient goes on as it is
      }
    }
  }

  // Leaves in dstate what reaches the previous state past the product, to which the product is added.
  void RunCell(size_t b, size_t row, size_t j, size_t n, float* dstate) const {
    const size_t H = s_.hidden;
    float* dinput = g_.dinput + row * row_ + j;
    const float* gates = g_.gates == nullptr ? nullptr : g_.gates + row * s_.saved() * H + j;
    switch (s_.kind) {
      case CellKind::kLstm:
        LstmCellGradForCpu()(gates, H, previous_cell_ + b * previous_row_ + j, g_.cells + row * H + j, dstate, n,
                             dcell_ + b * H + j, dinput);
        break;
      case CellKind::kGru:
        return GruCellGradForCpu()(gates, H, previous_state_ + b * previous_row_ + j, n, dstate, dinput,
                                   dhidden_ + row * row_ + j);
      default:
        RnnCellGradForCpu()(g_.states + row * H + j, s_.kind == CellKind::kRnnRelu, dstate, n, dinput);
    }
    std::memset(dstate, 0, n * sizeof(float));
  }

  void ClearGates(size_t row, size_t j, size_t n) const {
    for (size_t q = 0; q < s_.gates(); ++q) {
      std::memset(g_.dinput + row * row_ + q * s_.hidden + j, 0, n * sizeof(float));
      std::memset(dhidden_ + row * row_ + q * s_.hidden + j, 0, n * sizeof(float));
    }
  }

  static void Add(const float* x, size_t n, float* sum) {
    for (size_t i = 0; i < n; ++i) sum[i] += x[i];
  }

  // previous[b][position] = the state before that position's step.
  void CopyPreviousStates(size_t b, float* previous) const {
    const size_t H = s_.hidden;
    for (size_t step = 0; step < s_.steps; ++step) {
      const float* from = step == 0 ? g_.initial_state + b * H
                                    : g_.states + (b * s_.steps + s_.PositionOf(step - 1)) * H;
      std::memcpy(previous + (b * s_.steps + s_.PositionOf(step)) * H, from, H * sizeof(float));
    }
  }

  const RecurrentShape& s_;
  const RecurrentBackward& g_;
  const size_t row_;  // gates of one row
  PackedWeight weight_;
  float* packed_;
  float* dstate_;
  float* dcell_;
  float* dhidden_;
  size_t position_ = 0;
  size_t previous_row_ = 0;
  const float* previous_state_ = nullptr;
  const float* previous_cell_ = nullptr;
};

// No step: the initial state is the last one, and no gradient reaches it here.
void ClearAll(const RecurrentShape& s, const RecurrentBackward& g) {
  std::memset(g.dweight, 0, s.gates() * s.hidden * s.hidden * sizeof(float));
  std::memset(g.dinitial_state, 0, s.batch * s.hidden * sizeof(float));
  if (g.dinitial_cell != nullptr) std::memset(g.dinitial_cell, 0, s.batch * s.hidden * sizeof(float));
  if (g.dbias != nullptr) std::memset(g.dbias, 0, s.gates() * s.hidden * sizeof(float));
}

}  // namespace

void RunRecurrentGrad(const RecurrentShape& s, const RecurrentBackward& g, Args& args, Pool& pool) {
  if (s.batch == 0 || s.hidden == 0 || s.steps == 0) return ClearAll(s, g);
  Backward backward(s, g, args);
  const double flops = 2.0 * static_cast<double>(s.batch * s.gates()) * static_cast<double>(s.hidden * s.hidden);
  if (flops < kSerialFlops) {
    pool.RunSerially([&] { backward.Run(pool); });
  } else {
    backward.Run(pool);
  }
  backward.RunWeights(args, pool);
}

}  // namespace llm
