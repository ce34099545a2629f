// The instructions Recurrent and RecurrentGrad: sizes and buffers checked.
#include "kernels/read_args.h"
#include "kernels/recurrent/recurrent.h"
#include "node/instruction.h"

namespace llm {
namespace {

struct Sizes {
  size_t states, input, weight, saved, state, bias;
};

RecurrentShape ReadRecurrentShape(Args& args) {
  RecurrentShape s;
  s.kind = static_cast<CellKind>(args.Int("kind", 0, 3));
  s.batch = args.Size("batch");
  s.steps = args.Size("steps");
  s.hidden = args.Size("hidden");
  s.is_reverse = args.Bool("isReverse");
  s.lengths = args.OptionalInput<int32_t>("lengths", s.batch);
  return s;
}

Sizes SizesOf(const RecurrentShape& s, Args& args) {
  Sizes z;
  z.state = CheckedProduct(args, s.batch, s.hidden);
  z.states = CheckedProduct(args, z.state, s.steps);
  z.input = CheckedProduct(args, z.states, s.gates());
  z.saved = CheckedProduct(args, z.states, s.saved());
  z.bias = CheckedProduct(args, s.hidden, s.gates());
  z.weight = CheckedProduct(args, z.bias, s.hidden);
  return z;
}

}  // namespace

// Recurrent: kind, batch, steps, hidden, isReverse, lengths or -1, input, weight, bias (GRU, else -1), initial state,
// initial cell (LSTM, else -1), states, cells (LSTM, else -1), gates (-1 for RNN)
LLM_INSTRUCTION(Recurrent) {
  const RecurrentShape s = ReadRecurrentShape(args);
  const Sizes z = SizesOf(s, args);
  const bool is_lstm = s.kind == CellKind::kLstm;
  RecurrentForward f;
  f.input = args.Input<float>("input", z.input);
  f.weight = args.Input<float>("weight", z.weight);
  f.bias = args.OptionalInput<float>("bias", z.bias);
  f.initial_state = args.Input<float>("initialState", z.state);
  f.initial_cell = args.OptionalInput<float>("initialCell", z.state);
  f.states = args.Output<float>("states", z.states);
  f.cells = args.OptionalOutput<float>("cells", z.states);
  f.gates = args.OptionalOutput<float>("gates", z.saved);
  args.End();
  args.Check((f.bias != nullptr) == (s.kind == CellKind::kGru), "bias", "one for GRU only");
  args.Check((f.initial_cell != nullptr) == is_lstm && (f.cells != nullptr) == is_lstm, "cells", "some for LSTM only");
  args.Check((f.gates != nullptr) == (s.saved() > 0), "gates", "some for LSTM and GRU only");
  RunRecurrent(s, f, args, pool);
}

// RecurrentGrad: kind, batch, steps, hidden, isReverse, lengths or -1, dstates, dcells or -1, weight, initial state, initial
// cell, states, cells, gates, dinput, dweight, dbias, dinitial state, dinitial cell; -1 as in Recurrent
LLM_INSTRUCTION(RecurrentGrad) {
  const RecurrentShape s = ReadRecurrentShape(args);
  const Sizes z = SizesOf(s, args);
  const bool is_lstm = s.kind == CellKind::kLstm;
  RecurrentBackward g;
  g.dstates = args.Input<float>("dstates", z.states);
  g.dcells = args.OptionalInput<float>("dcells", z.states);
  g.weight = args.Input<float>("weight", z.weight);
  g.initial_state = args.Input<float>("initialState", z.state);
  g.initial_cell = args.OptionalInput<float>("initialCell", z.state);
  g.states = args.Input<float>("states", z.states);
  g.cells = args.OptionalInput<float>("cells", z.states);
  g.gates = args.OptionalInput<float>("gates", z.saved);
  g.dinput = args.Output<float>("dinput", z.input);
  g.dweight = args.Output<float>("dweight", z.weight);
  g.dbias = args.OptionalOutput<float>("dbias", z.bias);
  g.dinitial_state = args.Output<float>("dinitialState", z.state);
  g.dinitial_cell = args.OptionalOutput<float>("dinitialCell", z.state);
  args.End();
  args.Check((g.dbias != nullptr) == (s.kind == CellKind::kGru), "dbias", "one for GRU only");
  const bool has_cells = g.initial_cell != nullptr && g.cells != nullptr;
  const bool has_any = g.dcells != nullptr || g.initial_cell != nullptr || g.cells != nullptr;
  args.Check(is_lstm ? has_cells && g.dinitial_cell != nullptr : !has_any && g.dinitial_cell == nullptr, "cells",
             "all for LSTM, none for others");
  args.Check((g.gates != nullptr) == (s.saved() > 0), "gates", "some for LSTM and GRU only");
  RunRecurrentGrad(s, g, args, pool);
}

}  // namespace llm
