#include "kernels/recurrent/recurrent.h"

#include <cstring>

#include "kernels/recurrent/packed_steps.h"

namespace llm {
namespace {

constexpr double kSerialFlops = 200e3;  // of a step: waking the pool would cost more

class Forward {
 public:
  Forward(const RecurrentShape& shape, const RecurrentForward& f, Args& args, Pool& pool)
      : s_(shape),
        f_(f),
        weight_(shape.gates(), shape.hidden, shape.hidden, args),
        plan_(PlanSteps(shape.batch, shape.gates() * shape.hidden * shape.hidden, pool)),
        packed_part_(weight_.PackedRowsSize(plan_.part_rows)),
        packed_states_(args.Scratch<float>(plan_.parts * packed_part_)) {
    const bool are_in_gates = s_.kind == CellKind::kLstm;
    shares_ = args.Scratch<float>(are_in_gates ? 0 : s_.batch * s_.gates() * s_.hidden);
  }

  void Run(Pool& pool) {
    const size_t H = s_.hidden;
    pool.Run(s_.gates(), [&](size_t q) { weight_.Pack(q, f_.weight + q * H * H, 1, H); });
    pool.Run(plan_.parts, [&](size_t part) {
      const StepRows rows = RowsOf(plan_, s_.batch, part, packed_states_, packed_part_);
      for (size_t step = 0; step < s_.steps; ++step) RunStep(StepOf(s_, f_, step), rows, pool);
    });
  }

 private:
  void RunStep(const RecurrentStep& step, const StepRows& rows, Pool& pool) const {
    const float* states = step.previous_state + rows.first * step.previous_row;
    weight_.PackRows(states, step.previous_row, rows.count, rows.packed);
    pool.Run(weight_.Panels(), [&](size_t panel) { RunPanel(step, rows, panel); });
  }

  // Some hidden units of the rows: the hidden state's share of their gates, then their cells.
  void RunPanel(const RecurrentStep& step, const StepRows& rows, size_t panel) const {
    const size_t H = s_.hidden, G = s_.gates(), j = weight_.First(panel), n = weight_.Width(panel);
    const bool is_lstm = s_.kind == CellKind::kLstm;
    const size_t row = is_lstm ? s_.steps * G * H : G * H;
    float* shares = (is_lstm ? f_.gates + step.position * G * H : shares_) + rows.first * row + j;
    const GemmInit init = f_.bias == nullptr ? GemmInit::kZero : GemmInit::kBias;
    for (size_t q = 0; q < G; ++q) {
      const float* bias = f_.bias == nullptr ? nullptr : f_.bias + q * H + j;
      weight_.Multiply(rows.packed, rows.count, q, panel, shares + q * H, row, init, bias);
    }
    for (size_t b = rows.first; b < rows.first + rows.count; ++b) RunCell(step, b, j, n);
  }

  const float* InputAt(size_t b, size_t position) const {
    return f_.input + (b * s_.steps + position) * s_.gates() * s_.hidden;
  }

  void RunCell(const RecurrentStep& step, size_t b, size_t j, size_t n) const {
    const size_t H = s_.hidden, row = b * s_.steps + step.position;
    const float* previous = step.previous_state + b * step.previous_row + j;
    float* state = f_.states + row * H + j;
    float* gates = f_.gates == nullptr ? nullptr : f_.gates + row * s_.saved() * H + j;
    if (!s_.IsActive(b, step.position)) return Keep(step, b, j, n, previous, state, gates);
    switch (s_.kind) {
      case CellKind::kLstm:
        return LstmCellForCpu()(InputAt(b, step.position) + j, gates, H,
                                step.previous_cell + b * step.previous_row + j, n, f_.cells + row * H + j, state);
      case CellKind::kGru:
        return GruCellForCpu()(InputAt(b, step.position) + j, shares_ + b * 3 * H + j, H, previous, n, gates, state);
      default:
        return RnnCellForCpu()(InputAt(b, step.position) + j, shares_ + b * H + j, s_.kind == CellKind::kRnnRelu, n,
                               state);
    }
  }

  // Past the sequence's end: the state stays, and the gates, which nobody reads, are defined.
  void Keep(const RecurrentStep& step, size_t b, size_t j, size_t n, const float* previous, float* state,
            float* gates) const {
    std::memcpy(state, previous, n * sizeof(float));
    for (size_t q = 0; q < s_.saved(); ++q) std::memset(gates + q * s_.hidden, 0, n * sizeof(float));
    if (s_.kind != CellKind::kLstm) return;
    float* cell = f_.cells + (b * s_.steps + step.position) * s_.hidden + j;
    std::memcpy(cell, step.previous_cell + b * step.previous_row + j, n * sizeof(float));
  }

  const RecurrentShape& s_;
  const RecurrentForward& f_;
  PackedWeight weight_;
  const StepPlan plan_;
  const size_t packed_part_;
  float* packed_states_;
  float* shares_;  // the hidden state's, of a step
};

}  // namespace

void RunRecurrent(const RecurrentShape& s, const RecurrentForward& f, Args& args, Pool& pool) {
  if (s.batch == 0 || s.hidden == 0 || s.steps == 0) return;
  Forward forward(s, f, args, pool);
  const double flops = 2.0 * static_cast<double>(s.batch * s.gates()) * static_cast<double>(s.hidden * s.hidden);
  if (flops < kSerialFlops) return pool.RunSerially([&] { forward.Run(pool); });
  forward.Run(pool);
}

}  // namespace llm
