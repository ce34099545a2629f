#include "kernels/unary/unary.h"

#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kCheapGrain = 32768;  // elements a thread must get to be worth waking
constexpr size_t kCostlyGrain = 4096;  // exp and its kin: about a nanosecond each

bool IsCostly(UnaryOp op) {
  switch (op) {
    case UnaryOp::kNeg: case UnaryOp::kAbs: case UnaryOp::kSquare: case UnaryOp::kSign:
    case UnaryOp::kFloor: case UnaryOp::kCeil: case UnaryOp::kRound: 
    case UnaryOp::kRelu6: case UnaryOp::kLeakyRelu: case UnaryOp::kStep: case UnaryOp::kClipByValue:
    case UnaryOp::kIsNan: case UnaryOp::kIsInf: case UnaryOp::kIsFinite: case UnaryOp::kLogicalNot:
      return false;
    default:
      return true;
  }
}

}  // namespace

bool HasUnary(UnaryOp op, ElementType type) { return FindUnaryRowForCpu()(op, type) != nullptr; }

size_t OutWidthOf(UnaryOp op) { return op >= UnaryOp::kIsNan && op <= UnaryOp::kLogicalNot ? 1 : 4; }

void Unary(UnaryOp op, ElementType type, const void* x, void* out, size_t count, float p0, float p1,
           Pool& pool) {
  const UnaryRowFunction row = FindUnaryRowForCpu()(op, type);
  const size_t width = WidthOf(type), out_width = OutWidthOf(op);
  const char* x_bytes = static_cast<const char*>(x);
  char* out_bytes = static_cast<char*>(out);
  pool.ForRange(count, IsCostly(op) ? kCostlyGrain : kCheapGrain, [&](size_t begin, size_t end) {
    row(x_bytes + begin * width, out_bytes + begin * out_width, end - begin, p0, p1);
  });
}

}  // namespace llm

LLM_INSTRUCTION(Unary) {
  const auto op = static_cast<llm::UnaryOp>(args.Int("op", 0, static_cast<int64_t>(llm::UnaryOp::kCount) - 1));
  const llm::ElementType type = llm::ReadElementType(args, "type");
  args.Check(llm::HasUnary(op, type), "type", "one that the operation has");
  const float p0 = args.Float("p0"), p1 = args.Float("p1");
  const size_t count = args.Size("count");
  const auto* x = args.Input<uint8_t>("x", count * llm::WidthOf(type));
  llm::Unary(op, type, x, args.Output<uint8_t>("out", count * llm::OutWidthOf(op)), count, p0, p1, pool);
}
