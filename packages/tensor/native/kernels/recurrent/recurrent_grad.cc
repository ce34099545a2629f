#include <cstring>

#include "kernels/recurrent/packed_steps.h"
#include "kernels/recurrent/recurrent.h"

namespace llm {
namespace {

constexpr double kSerialFlops = 200e3;

class Backward {
 public:
  Backward(const RecurrentShape& shape, const RecurrentBackward& g, Args& args, Pool& pool)
      : s_(shape),
        g_(g),
        row_(shape.gates() * shape.hidden),
        weight_(1, shape.hidden, row_, args),
        plan_(PlanSteps(shape.batch, row_ * shape.hidden, pool)),
        packed_part_(weight_.PackedRowsSize(plan_.part_rows)),
        packed_(args.Scratch<float>(plan_.parts * packed_part_)),
        dstate_(args.Scratch<float>(shape.batch * shape.hidden)),
        dcell_(args.Scratch<float>(shape.kind == CellKind::kLstm ? shape.batch * shape.hidden : 0)) {
    // Only GRU's two shares of the gates have gradients of their own.
    dhidden_ = s_.kind == CellKind::kGru ? args.Scratch<float>(s_.batch * s_.steps * row_) : g_.dinput;
  }

  void Run(Pool& pool) {
    weight_.Pack(0, g_.weight, s_.hidden, 1);
    std::memset(dstate_, 0, s_.batch * s_.hidden * sizeof(float));
    if (s_.kind == CellKind::kLstm) std::memset(dcell_, 0, s_.batch * s_.hidden * sizeof(float));
    pool.Run(plan_.parts,
             [&](size_t part) { RunRows(RowsOf(plan_, s_.batch, part, packed_, packed_part_), pool); });
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
  // All steps of some rows.
  void RunRows(const StepRows& rows, Pool& pool) const {
    const RecurrentStep last = StepOf(s_, g_, s_.steps - 1);
    pool.Run(weight_.Panels(), [&](size_t panel) { RunCells(last, rows, weight_.First(panel), weight_.Width(panel)); });
    for (size_t step = s_.steps; step-- > 0;) {
      const float* gradients = dhidden_ + (rows.first * s_.steps + s_.PositionOf(step)) * row_;
      weight_.PackRows(gradients, s_.steps * row_, rows.count, rows.packed);
      const RecurrentStep before = StepOf(s_, g_, step > 0 ? step - 1 : 0);
      pool.Run(weight_.Panels(), [&](size_t panel) {
        const size_t j = weight_.First(panel);
        float* dstate = dstate_ + rows.first * s_.hidden + j;
        weight_.Multiply(rows.packed, rows.count, 0, panel, dstate, s_.hidden, GemmInit::kC, nullptr);
        if (step > 0) RunCells(before, rows, j, weight_.Width(panel));
      });
    }
  }

  // The gradients of hidden units j to j + n of the rows at a step: the state's is complete now.
  void RunCells(const RecurrentStep& step, const StepRows& rows, size_t j, size_t n) const {
    for (size_t b = rows.first; b < rows.first + rows.count; ++b) {
      const size_t row = b * s_.steps + step.position;
      float* dstate = dstate_ + b * s_.hidden + j;
      Add(g_.dstates + row * s_.hidden + j, n, dstate);
      if (g_.dcells != nullptr) Add(g_.dcells + row * s_.hidden + j, n, dcell_ + b * s_.hidden + j);
      if (s_.IsActive(b, step.position)) {
        RunCell(step, b, j, n, dstate);
      } else {
        ClearGates(row, j, n);  // and the state's gradient goes on as it is
      }
    }
  }

  // Leaves in dstate what reaches the previous state past the product, to which the product is added.
  void RunCell(const RecurrentStep& step, size_t b, size_t j, size_t n, float* dstate) const {
    const size_t H = s_.hidden, row = b * s_.steps + step.position;
    float* dinput = g_.dinput + row * row_ + j;
    const float* gates = g_.gates == nullptr ? nullptr : g_.gates + row * s_.saved() * H + j;
    switch (s_.kind) {
      case CellKind::kLstm:
        LstmCellGradForCpu()(gates, H, step.previous_cell + b * step.previous_row + j, g_.cells + row * H + j, dstate, n,
                             dcell_ + b * H + j, dinput);
        break;
      case CellKind::kGru:
        return GruCellGradForCpu()(gates, H, step.previous_state + b * step.previous_row + j, n, dstate, dinput,
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
  const StepPlan plan_;
  const size_t packed_part_;
  float* packed_;
  float* dstate_;
  float* dcell_;
  float* dhidden_;
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
  Backward backward(s, g, args, pool);
  const double flops = 2.0 * static_cast<double>(s.batch * s.gates()) * static_cast<double>(s.hidden * s.hidden);
  if (flops < kSerialFlops) {
    pool.RunSerially([&] { backward.Run(pool); });
  } else {
    backward.Run(pool);
  }
  backward.RunWeights(args, pool);
}

}  // namespace llm
