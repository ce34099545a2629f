#include "kernels/reduce/reduce.h"

#include "kernels/cast/to_int32.h"
#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrain = 32768;      // elements read by one task
constexpr size_t kColumns = 128;      // columns summed together: 1 KiB of partial results
constexpr size_t kMaxPieces = 1024;   // of a reduction to a single element

// Offsets of a list of dimensions, the last `skip` left out, in row-major order.
class Offsets {
 public:
  Offsets(const size_t* dims, const size_t* strides, size_t rank, size_t position = 0)
      : dims_(dims), strides_(strides), rank_(rank) {
    for (size_t d = rank; d-- > 0;) {
      index_[d] = position % dims[d];
      position /= dims[d];
      value += index_[d] * strides[d];
    }
  }
  void Next() {
    for (size_t d = rank_; d-- > 0;) {
      value += strides_[d];
      if (++index_[d] < dims_[d]) return;
      value -= strides_[d] * dims_[d];
      index_[d] = 0;
    }
  }
  size_t value = 0;

 private:
  const size_t* dims_;
  const size_t* strides_;
  const size_t rank_;
  size_t index_[kMaxReduceRank] = {};
};

struct Job {
  ReduceRows rows;
  const ReducePlan& plan;
  const char* x;
  size_t width;
  void* out;
  ElementType out_type;
  double divisor;  // 1 unless a mean

  void Store(size_t i, double value) const {
    value /= divisor;
    switch (out_type) {
      case ElementType::kFloat32: static_cast<float*>(out)[i] = static_cast<float>(value); return;
      case ElementType::kInt32: static_cast<int32_t*>(out)[i] = ToInt32(value); return;
      case ElementType::kBool: static_cast<uint8_t*>(out)[i] = value != 0 ? 1 : 0; return;
    }
  }
};

size_t AtLeastOne(size_t n) { return n == 0 ? 1 : n; }

// One output element: a single run, cut into pieces that the threads share.
void ReduceToScalar(const Job& job, Pool& pool) {
  const size_t count = job.plan.reduced_size;
  const size_t piece = count / kGrain < kMaxPieces ? kGrain : (count + kMaxPieces - 1) / kMaxPieces;
  double partial[kMaxPieces];
  pool.ForRange(count, piece, [&](size_t begin, size_t end) {
    partial[begin / piece] = job.rows.run(job.rows.identity, job.x + begin * job.width, end - begin);
  });
  double total = job.rows.identity;
  for (size_t i = 0; i * piece < count; ++i) {
    total = job.rows.join(total, partial[i]);
  }
  job.Store(0, total);
}

// The contiguous dimension is reduced: each output element is a few runs.
void ReduceRuns(const Job& job, Pool& pool) {
  const ReducePlan& plan = job.plan;
  const size_t run = plan.reduced_dims[plan.reduced_rank - 1];
  const size_t runs = plan.reduced_size / AtLeastOne(run);
  pool.ForRange(plan.kept_size, AtLeastOne(kGrain / AtLeastOne(plan.reduced_size)), [&](size_t begin, size_t end) {
    Offsets kept(plan.kept_dims, plan.kept_strides, plan.kept_rank, begin);
    for (size_t i = begin; i < end; ++i, kept.Next()) {
      Offsets reduced(plan.reduced_dims, plan.reduced_strides, plan.reduced_rank - 1);
      double acc = job.rows.identity;
      for (size_t r = 0; r < runs; ++r, reduced.Next()) {
        acc = job.rows.run(acc, job.x + (kept.value + reduced.value) * job.width, run);
      }
      job.Store(i, acc);
    }
  });
}

// The contiguous dimension is kept: whole rows are added to a row of partial results.
void ReduceColumns(const Job& job, Pool& pool) {
  const ReducePlan& plan = job.plan;
  const size_t columns = plan.kept_dims[plan.kept_rank - 1];
  const size_t blocks = (columns + kColumns - 1) / kColumns;
  const size_t tasks = plan.kept_size / columns * blocks;
  const size_t grain = AtLeastOne(kGrain / AtLeastOne(plan.reduced_size * (columns < kColumns ? columns : kColumns)));
  pool.ForRange(tasks, grain, [&](size_t begin, size_t end) {
    for (size_t task = begin; task < end; ++task) {
      const size_t first = task % blocks * kColumns;
      const size_t count = columns - first < kColumns ? columns - first : kColumns;
      const Offsets kept(plan.kept_dims, plan.kept_strides, plan.kept_rank - 1, task / blocks);
      Offsets reduced(plan.reduced_dims, plan.reduced_strides, plan.reduced_rank);
      double acc[kColumns];
      for (size_t c = 0; c < count; ++c) acc[c] = job.rows.identity;
      for (size_t r = 0; r < plan.reduced_size; ++r, reduced.Next()) {
        job.rows.accumulate(acc, job.x + (kept.value + reduced.value + first) * job.width, count);
      }
      for (size_t c = 0; c < count; ++c) job.Store(task / blocks * columns + first + c, acc[c]);
    }
  });
}

}  // namespace

void Reduce(ReduceOp op, ElementType type, const ReducePlan& plan, const void* x, void* out,
            ElementType out_type, Pool& pool) {
  const size_t width = type == ElementType::kBool ? 1 : 4;
  const double divisor = op == ReduceOp::kMean ? static_cast<double>(plan.reduced_size) : 1.0;
  const Job job = {FindReduceRowsForCpu()(op, static_cast<int>(type)), plan, static_cast<const char*>(x),
                   width, out, out_type, divisor};
  if (plan.kept_size == 0) return;
  if (plan.kept_size == 1 && plan.reduced_rank == 1 && plan.reduced_size > kGrain) return ReduceToScalar(job, pool);
  if (plan.is_inner_reduced) return ReduceRuns(job, pool);
  ReduceColumns(job, pool);
}

}  // namespace llm

// kept: bit d is set when dimension d of the shape is kept.
LLM_INSTRUCTION(Reduce) {
  const auto op = static_cast<llm::ReduceOp>(args.Int("op", 0, static_cast<int64_t>(llm::ReduceOp::kCount) - 1));
  const llm::ElementType type = llm::ReadElementType(args, "type"), out_type = llm::ReadElementType(args, "outType");
  const llm::Shape shape = args.ReadShape("shape");
  const int64_t kept = args.Int("kept", 0, (1 << llm::Shape::kMaxRank) - 1);
  bool is_reduced[llm::Shape::kMaxRank];
  for (int d = 0; d < shape.rank; ++d) is_reduced[d] = (kept >> d & 1) == 0;
  const llm::ReducePlan plan = llm::PlanReduce(shape.dims, is_reduced, static_cast<size_t>(shape.rank));
  const auto* x = args.Input<uint8_t>("x", shape.size() * llm::WidthOf(type));
  llm::Reduce(op, type, plan, x, args.Output<uint8_t>("out", plan.kept_size * llm::WidthOf(out_type)), out_type, pool);
}
