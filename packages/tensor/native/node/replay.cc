#include "node/replay.h"

#include <stdexcept>

#include "node/args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kHead = 3;  // opcode, number of arguments, result

// A number of `value` below `end`, or an exception.
size_t CheckedIndex(double value, size_t end, const char* what) {
  if (value >= 0 && value < static_cast<double>(end) && value == static_cast<double>(static_cast<size_t>(value))) {
    return static_cast<size_t>(value);
  }
  throw std::invalid_argument(std::string("createReplay: ") + what + ": expected an index within bounds.");
}

}  // namespace

Replay::Replay(const double* program, size_t length, const double* patches, size_t patches_length)
    : program_(program, program + length) {
  for (size_t at = 0; at < length;) {
    if (length - at < kHead) throw std::invalid_argument("createReplay: program: expected whole instructions.");
    CheckedIndex(program_[at], Instructions().size(), "opcode");
    at += kHead + CheckedIndex(program_[at + 1], length - at - kHead + 1, "arguments");
  }
  if (patches_length % 3 != 0) throw std::invalid_argument("createReplay: patches: expected three numbers each.");
  for (size_t i = 0; i < patches_length; i += 3) {
    patches_.push_back({CheckedIndex(patches[i], length, "patch"), patches[i + 1], patches[i + 2]});
  }
  // A patched head would let an instruction be another one.
  std::vector<bool> is_head(length, false);
  for (size_t at = 0; at < length; at += kHead + static_cast<size_t>(program_[at + 1])) {
    for (size_t i = 0; i < kHead; ++i) is_head[at + i] = true;
  }
  for (const Patch& patch : patches_) {
    if (is_head[patch.place]) throw std::invalid_argument("createReplay: patches: expected places of arguments.");
  }
}

void Replay::Run(double counter, const BufferTable& buffers, Pool& pool) {
  for (const Patch& patch : patches_) program_[patch.place] = patch.base + patch.slope * counter;
  const auto& instructions = Instructions();
  for (size_t at = 0; at < program_.size();) {
    const Instruction& instruction = instructions[static_cast<size_t>(program_[at])];
    const size_t count = static_cast<size_t>(program_[at + 1]);
    Args args(instruction.name, program_.data() + at + kHead, count, buffers);
    instruction.function(args, pool);
    if (args.result() != program_[at + 2]) {
      throw std::runtime_error(std::string("replay: ") + instruction.name + ": expected the result " +
                               std::to_string(program_[at + 2]) + " of the recording, got " +
                               std::to_string(args.result()) + ".");
    }
    at += kHead + count;
  }
}

}  // namespace llm
