// A recorded sequence of instructions, run again in one call. Some of their numbers follow a counter: a position in a
// cache, a key length. See src/backends/native/recording.ts, which makes it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "memory/buffer_table.h"
#include "threading/pool.h"

namespace llm {

class Replay {
 public:
  // program: for each instruction [opcode, number of arguments, what it returns, arguments ...].
  // patches: [place in program, value at counter 0, change with the counter] each.
  // Throws std::invalid_argument when they are not well formed.
  Replay(const double* program, size_t length, const double* patches, size_t patches_length);

  // Runs all instructions. Throws what an instruction throws, and std::runtime_error when one returns something else
  // than when it was recorded.
  void Run(double counter, const BufferTable& buffers, Pool& pool);

 private:
  struct Patch {
    size_t place;
    double base;
    double slope;
  };
  std::vector<double> program_;
  std::vector<Patch> patches_;
};

}  // namespace llm
