// A recurrent layer over a whole sequence, with its gradient: RNN, LSTM (Hochreiter and Schmidhuber 1997) and GRU
// (Cho et al. 2014), with PyTorch's gate orders and formulas. float32.
//
//   input   [B, T, G * H]  the gates' share of the input, bias included; G: 1, 4 (i f g o), 3 (r z n)
//   weight  [G * H, H]     of the hidden state          bias [3 * H]  of the hidden state, GRU only
//   states  [B, T, H]      the hidden state after each step; cells the same of LSTM
//   gates   [B, T, S * H]  what the gradient reads: i f g o after their activation, or r z n and the hidden share of
//                          n; S: 0, 4, 4
//   lengths int32 [B]      or none: a sequence's steps from its length on leave its state as it is
//
// Backwards (is_reverse), the last step comes first. Each step is one product with the packed weight and the cells right
// after it, while the sums are in the cache; packed_steps.h says how threads share it. The sums' order depends on the
// sizes alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dispatch/simd_function.h"
#include "node/args.h"
#include "threading/pool.h"

namespace llm {

enum class CellKind : int { kRnnTanh = 0, kRnnRelu = 1, kLstm = 2, kGru = 3 };

constexpr size_t GatesOf(CellKind kind) { return kind == CellKind::kLstm ? 4 : kind == CellKind::kGru ? 3 : 1; }
constexpr size_t SavedGatesOf(CellKind kind) { return kind == CellKind::kLstm || kind == CellKind::kGru ? 4 : 0; }

struct RecurrentShape {
  CellKind kind;
  size_t batch, steps, hidden;
  bool is_reverse;
  const int32_t* lengths;  // [batch] or none

  size_t gates() const { return GatesOf(kind); }
  size_t saved() const { return SavedGatesOf(kind); }
  // The sequence position of the step computed as number `step`.
  size_t PositionOf(size_t step) const { return is_reverse ? steps - 1 - step : step; }
  bool IsActive(size_t row, size_t position) const {
    return lengths == nullptr || static_cast<int64_t>(position) < static_cast<int64_t>(lengths[row]);
  }
};

struct RecurrentForward {
  const float* input;
  const float* weight;
  const float* bias;           // GRU only
  const float* initial_state;  // [B, H]
  const float* initial_cell;   // [B, H], LSTM only
  float* states;
  float* cells;  // LSTM only
  float* gates;  // nullptr for RNN
};
void RunRecurrent(const RecurrentShape& shape, const RecurrentForward& f, Args& args, Pool& pool);

struct RecurrentBackward {
  const float* dstates;
  const float* dcells;  // LSTM only; none where no loss looks at the cells
  const float* weight;
  const float* initial_state;
  const float* initial_cell;
  const float* states;
  const float* cells;
  const float* gates;
  float* dinput;
  float* dweight;
  float* dbias;  // [3 * H], GRU only
  float* dinitial_state;
  float* dinitial_cell;  // LSTM only
};
void RunRecurrentGrad(const RecurrentShape& shape, const RecurrentBackward& g, Args& args, Pool& pool);

// A step, and the states before it: row b at b * previous_row.
struct RecurrentStep {
  size_t position;
  size_t previous_row;
  const float* previous_state;
  const float* previous_cell;  // LSTM only
};

// Pass: RecurrentForward or RecurrentBackward.
template <typename Pass>
RecurrentStep StepOf(const RecurrentShape& s, const Pass& pass, size_t step) {
  if (step == 0) return {s.PositionOf(0), s.hidden, pass.initial_state, pass.initial_cell};
  const size_t before = s.PositionOf(step - 1) * s.hidden;
  const float* cells = pass.cells == nullptr ? nullptr : pass.cells + before;
  return {s.PositionOf(step), s.steps * s.hidden, pass.states + before, cells};
}

// Cells over n hidden units of one row; gate q of unit j lies at q * stride + j.

// input: the input's share of the gates. gates: the hidden state's share, and after it the activated gates.
LLM_SIMD_FUNCTION(void, LstmCell, (const float* input, float* gates, size_t stride, const float* previous_cell, size_t n,
                                   float* cell, float* state));
// dcell: the gradient of the cell, and after it that of the previous cell. dgates: of the sums.
LLM_SIMD_FUNCTION(void, LstmCellGrad, (const float* gates, size_t stride, const float* previous_cell, const float* cell,
                                       const float* dstate, size_t n, float* dcell, float* dgates));
// hidden: the hidden state's share of the gates (r z n). gates: r z n and the hidden share of n.
LLM_SIMD_FUNCTION(void, GruCell, (const float* input, const float* hidden, size_t stride, const float* previous,
                                  size_t n, float* gates, float* state));
// dstate: the gradient of the state, and after it what of it reaches the previous one past the product. dinput and
// dhidden: of the two shares.
LLM_SIMD_FUNCTION(void, GruCellGrad, (const float* gates, size_t stride, const float* previous, size_t n, float* dstate,
                                      float* dinput, float* dhidden));
LLM_SIMD_FUNCTION(void, RnnCell, (const float* input, const float* hidden, bool is_relu, size_t n, float* state));
LLM_SIMD_FUNCTION(void, RnnCellGrad, (const float* state, bool is_relu, const float* dstate, size_t n, float* dsum));

}  // namespace llm
