#include "kernels/recurrent/recurrent.h"

#include <cstring>

#include "kernels/recurrent/packed_steps.h"

namespace llm {
namespace {

constexpr double kSerialFlops = 200e3;  // of a step: waking the pool would cost more

class Forward {
 public:
  Forward(const RecurrentShape& shape, const RecurrentForward& f, Args& args)
      : s_(shape),
        f_(f),
        weight_(shape.gates(), shape.hidden, shape.hidden, args),
        packed_state_(args.Scratch<float>(weight_.PackedRowsSize(shape.batch))) {
    const size_t sums = s_.kind == CellKind::kLstm ? 0 : s_.batch * s_.gates() * s_.hidden;
    sums_ = args.Scratch<float>(sums);
  }

  void Run(Pool& pool) {
    const size_t H = s_.hidden;
    pool.Run(s_.gates(), [&](size_t q) { weight_.Pack(q, f_.weight + q * H * H, 1, H); });
    for (size_t step = 0; step < s_.steps; ++step) {
      position_ = s_.PositionOf(step);
      const bool is_first = step == 0;
      const size_t before = is_first ? 0 : s_.PositionOf(step - 1);
      previous_row_ = is_first ? H : s_.steps * H;
      previous_state_ = is_first ? f_.initial_state : f_.states + before * H;
      previous_cell_ = is_first ? f_.initial_cell : f_.cells == nullptr ? nullptr : f_.cells + before * H;
      weight_.PackRows(previous_state_, previous_row_, s_.batch, packed_state_);
      pool.Run(weight_.Panels(), [&](size_t panel) { RunPanel(panel); });
    }
  }

 private:
  // Some hidden units of all rows: their sums, then their cells.
  void RunPanel(size_t panel) const {
    const size_t H = s_.hidden, j = weight_.First(panel), n = weight_.Width(panel);
    const size_t G = s_.gates();
    for (size_t q = 0; q < G; ++q) {
      const size_t at = q * H + j;
      if (s_.kind == CellKind::kGru) {
        weight_.Multiply(packed_state_, s_.batch, q, panel, sums_ + at, G * H, GemmInit::kBias, f_.bias + at);
        continue;
      }
      const bool is_lstm = s_.kind == CellKind::kLstm;
      const size_t row = is_lstm ? s_.steps * G * H : G * H;
      float* sums = is_lstm ? f_.gates + position_ * G * H + at : sums_ + at;
      for (size_t b = 0; b < s_.batch; ++b) std::memcpy(sums + b * row, InputAt(b) + at, n * sizeof(float));
      weight_.Multiply(packed_state_, s_.batch, q, panel, sums, row, GemmInit::kC, nullptr);
    }
    for (size_t b = 0; b < s_.batch; ++b) RunCell(b, j, n);
  }

  const float* InputAt(size_t b) const { return f_.input + (b * s_.steps + position_) * s_.gates() * s_.hidden; }

  void RunCell(size_t b, size_t j, size_t n) const {
    const size_t H = s_.hidden, row = b * s_.steps + position_;
    const float* previous = previous_state_ + b * previous_row_ + j;
    float* state = f_.states + row * H + j;
    float* gates = f_.gates == nullptr ? nullptr : f_.gates + row * s_.saved() * H + j;
    if (!s_.IsActive(b, position_)) return Keep(b, j, n, previous, state, gates);
    switch (s_.kind) {
      case CellKind::kLstm:
        return LstmCellForCpu()(gates, H, previous_cell_ + b * previous_row_ + j, n, f_.cells + row * H + j, state);
      case CellKind::kGru:
        return GruCellForCpu()(InputAt(b) + j, sums_ + b * 3 * H + j, H, previous, n, gates, state);
      default:
        return RnnCellForCpu()(sums_ + b * H + j, s_.kind == CellKind::kRnnRelu, n, state);
    }
  }

  // Past the sequence's end: the state stays, and the gates, which nobody reads, are defined.
  void Keep(size_t b, size_t j, size_t n, const float* previous, float* state, float* gates) const {
    std::memcpy(state, previous, n * sizeof(float));
    for (size_t q = 0; q < s_.saved(); ++q) std::memset(gates + q * s_.hidden, 0, n * sizeof(float));
    if (s_.kind != CellKind::kLstm) return;
    float* cell = f_.cells + (b * s_.steps + position_) * s_.hidden + j;
    std::memcpy(cell, previous_cell_ + b * previous_row_ + j, n * sizeof(float));
  }

  const RecurrentShape& s_;
  const RecurrentForward& f_;
  PackedWeight weight_;
  float* packed_state_;
  float* sums_;
  // Of the step that runs.
  size_t position_ = 0;
  size_t previous_row_ = 0;
  const float* previous_state_ = nullptr;
  const float* previous_cell_ = nullptr;
};

}  // namespace

void RunRecurrent(const RecurrentShape& s, const RecurrentForward& f, Args& args, Pool& pool) {
  if (s.batch == 0 || s.hidden == 0 || s.steps == 0) return;
  Forward forward(s, f, args);
  const double flops = 2.0 * static_cast<double>(s.batch * s.gates()) * static_cast<double>(s.hidden * s.hidden);
  if (flops < kSerialFlops) return pool.RunSerially([&] { forward.Run(pool); });
  forward.Run(pool);
}

}  // namespace llm
