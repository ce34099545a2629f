#include "kernels/binary/binary.h"

#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kCheapGrain = 32768;   // elements a thread must get to be worth waking
constexpr size_t kCostlyGrain = 2048;   // pow, mod, atan2: tens of nanoseconds each

bool IsCostly(BinaryOp op) {
  return op == BinaryOp::kPow || op == BinaryOp::kMod || op == BinaryOp::kAtan2;
}

BinaryRun RunOf(const BroadcastPlan& plan) {
  const size_t last = plan.rank - 1;
  if (plan.a_strides[last] == 0) return BinaryRun::kScalarA;
  if (plan.b_strides[last] == 0) return BinaryRun::kScalarB;
  return BinaryRun::kBoth;
}

// Walks the outer dimensions of a plan, keeping the operands' offsets.
class RowCursor {
 public:
  RowCursor(const BroadcastPlan& plan, size_t row) : plan_(plan) {
    for (size_t d = plan.rank - 1; d-- > 0;) {
      index_[d] = row % plan.dims[d];
      row /= plan.dims[d];
      a += index_[d] * plan.a_strides[d];
      b += index_[d] * plan.b_strides[d];
    }
  }
  void Next() {
    for (size_t d = plan_.rank - 1; d-- > 0;) {
      a += plan_.a_strides[d];
      b += plan_.b_strides[d];
      if (++index_[d] < plan_.dims[d]) return;
      a -= plan_.a_strides[d] * plan_.dims[d];
      b -= plan_.b_strides[d] * plan_.dims[d];
      index_[d] = 0;
    }
  }
  size_t a = 0, b = 0;

 private:
  const BroadcastPlan& plan_;
  size_t index_[kMaxBroadcastRank] = {};
};

}  // namespace

bool HasBinary(BinaryOp op, ElementType type) {
  return FindBinaryRowForCpu()(op, type, BinaryRun::kBoth) != nullptr;
}

size_t OutWidthOf(BinaryOp op) { return op >= BinaryOp::kGreater ? 1 : 4; }

void Binary(BinaryOp op, ElementType type, const BroadcastPlan& plan, const void* a, const void* b,
            void* out, Pool& pool) {
  const BinaryRowFunction row_function = FindBinaryRowForCpu()(op, type, RunOf(plan));
  const size_t inner = plan.dims[plan.rank - 1];
  const size_t a_step = plan.a_strides[plan.rank - 1], b_step = plan.b_strides[plan.rank - 1];
  const size_t width = WidthOf(type), out_width = OutWidthOf(op);
  const char* a_bytes = static_cast<const char*>(a);
  const char* b_bytes = static_cast<const char*>(b);
  char* out_bytes = static_cast<char*>(out);
  pool.ForRange(plan.size, IsCostly(op) ? kCostlyGrain : kCheapGrain,
                   [&](size_t begin, size_t end) {
    RowCursor cursor(plan, begin / inner);
    size_t column = begin % inner;
    for (size_t i = begin; i < end;) {
      const size_t left = inner - column;
      const size_t count = left < end - i ? left : end - i;
      row_function(a_bytes + (cursor.a + column * a_step) * width,
                   b_bytes + (cursor.b + column * b_step) * width, out_bytes + i * out_width, count);
      i += count;
      column = 0;
      cursor.Next();
    }
  });
}

}  // namespace llm

LLM_INSTRUCTION(Binary) {
  const auto op = static_cast<llm::BinaryOp>(args.Int("op", 0, static_cast<int64_t>(llm::BinaryOp::kCount) - 1));
  const llm::ElementType type = llm::ReadElementType(args, "type");
  args.Check(llm::HasBinary(op, type), "type", "one that the operation has");
  const llm::Shape a_shape = args.ReadShape("aShape"), b_shape = args.ReadShape("bShape");
  const auto a_rank = static_cast<size_t>(a_shape.rank), b_rank = static_cast<size_t>(b_shape.rank);
  args.Check(llm::CanBroadcast(a_shape.dims, a_rank, b_shape.dims, b_rank), "bShape", "one that broadcasts with aShape");
  const llm::BroadcastPlan plan = llm::PlanBroadcast(a_shape.dims, a_rank, b_shape.dims, b_rank);
  const size_t width = llm::WidthOf(type);
  const auto* a = args.Input<uint8_t>("a", a_shape.size() * width);
  const auto* b = args.Input<uint8_t>("b", b_shape.size() * width);
  llm::Binary(op, type, plan, a, b, args.Output<uint8_t>("out", plan.size * llm::OutWidthOf(op)), pool);
}
