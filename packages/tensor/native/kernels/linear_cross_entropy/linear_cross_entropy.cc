#include "kernels/linear_cross_entropy/linear_cross_entropy.h"

#include <cstring>

#include "kernels/cross_entropy/cross_entropy.h"
#include "kernels/read_args.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kChunkLogits = size_t{16} << 20;  // 64 MiB; each chunk reads and writes the weight's gradient once
constexpr size_t kMinChunkRows = 128;              // below that, the products wait for the weight
constexpr size_t kRowGrain = 1 << 14;              // logits; about 10 microseconds

size_t Smaller(size_t a, size_t b) { return a < b ? a : b; }
size_t Larger(size_t a, size_t b) { return a > b ? a : b; }

size_t ChunkRows(const LinearCrossEntropy& p) {
  return Smaller(p.rows, Larger(kChunkLogits / Larger(p.V, 1), kMinChunkRows));
}

// [rows, V] = [rows, C] · [V, C]ᵀ
Gemm LogitsProduct(const LinearCrossEntropy& p, size_t rows, const float* hidden, float* logits) {
  Gemm g;
  g.m = rows, g.n = p.V, g.k = p.C;
  g.a = hidden, g.a_row = p.C, g.a_k = 1;
  g.b = p.weight, g.b_k = 1, g.b_column = p.C;
  g.c = logits, g.c_row = p.V;
  return g;
}

// [rows, C] = [rows, V] · [V, C]
Gemm HiddenProduct(const LinearCrossEntropy& p, size_t rows, const float* logits_grad, float* hidden_grad) {
  Gemm g;
  g.m = rows, g.n = p.C, g.k = p.V;
  g.a = logits_grad, g.a_row = p.V, g.a_k = 1;
  g.b = p.weight, g.b_k = p.C, g.b_column = 1;
  g.c = hidden_grad, g.c_row = p.C;
  return g;
}

// [V, C] (+)= [rows, V]ᵀ · [rows, C]
Gemm WeightProduct(const LinearCrossEntropy& p, size_t rows, const float* logits_grad, const float* hidden, bool add) {
  Gemm g;
  g.m = p.V, g.n = p.C, g.k = rows;
  g.a = logits_grad, g.a_row = 1, g.a_k = p.V;
  g.b = hidden, g.b_k = p.C, g.b_column = 1;
  g.c = p.weight_grad, g.c_row = p.C;
  g.accumulate = add;
  return g;
}

size_t ProductsScratch(const LinearCrossEntropy& p, size_t rows) {
  const size_t logits = ProductScratch(LogitsProduct(p, rows, nullptr, nullptr), p.precision);
  const size_t hidden = ProductScratch(HiddenProduct(p, rows, nullptr, nullptr), p.precision);
  const size_t weight = ProductScratch(WeightProduct(p, rows, nullptr, nullptr, true), p.precision);
  return Larger(logits, Larger(hidden, weight));
}

// The rows of one chunk, side by side.
class Chunk {
 public:
  // scratch: logits [R, V], hidden [R, C], its gradient [R, C], labels and losses [R], then the products'.
  Chunk(const LinearCrossEntropy& problem, float* scratch) : p_(problem) {
    const size_t rows = ChunkRows(problem);
    logits_ = scratch;
    hidden_copy_ = logits_ + rows * problem.V;
    hidden_grad_ = hidden_copy_ + rows * problem.C;
    labels_ = reinterpret_cast<int32_t*>(hidden_grad_ + rows * problem.C);
    products_ = hidden_grad_ + rows * problem.C + rows;
  }

  void Run(const size_t* counted, size_t rows, bool is_first, Pool& pool) {
    const bool is_run = counted[rows - 1] - counted[0] == rows - 1;
    const float* hidden = is_run ? p_.hidden + counted[0] * p_.C : Gather(counted, rows);
    for (size_t r = 0; r < rows; ++r) labels_[r] = p_.labels[counted[r]];
    RunProduct(LogitsProduct(p_, rows, hidden, logits_), p_.precision, products_, pool);
    RunRows(counted, rows, pool);
    if (p_.hidden_grad != nullptr) {
      float* grad = is_run ? p_.hidden_grad + counted[0] * p_.C : hidden_grad_;
      RunProduct(HiddenProduct(p_, rows, logits_, grad), p_.precision, products_, pool);
      if (!is_run) Scatter(counted, rows);
    }
    if (p_.weight_grad != nullptr) {
      RunProduct(WeightProduct(p_, rows, logits_, hidden, !is_first), p_.precision, products_, pool);
    }
  }

 private:
  const float* Gather(const size_t* counted, size_t rows) {
    for (size_t r = 0; r < rows; ++r) {
      std::memcpy(hidden_copy_ + r * p_.C, p_.hidden + counted[r] * p_.C, p_.C * sizeof(float));
    }
    return hidden_copy_;
  }

  void Scatter(const size_t* counted, size_t rows) {
    for (size_t r = 0; r < rows; ++r) {
      std::memcpy(p_.hidden_grad + counted[r] * p_.C, hidden_grad_ + r * p_.C, p_.C * sizeof(float));
    }
  }

  // Losses and statistics of each row of logits; then the logits become their gradients.
  void RunRows(const size_t* counted, size_t rows, Pool& pool) {
    CrossEntropyArgs args{logits_, labels_, rows, p_.V, p_.ignored, p_.smoothing};
    auto* run_row = CrossEntropyRowForCpu();
    auto* run_grad = CrossEntropyGradRowForCpu();
    auto* run_statistics = RowStatisticsForCpu();
    const bool has_gradient = p_.hidden_grad != nullptr || p_.weight_grad != nullptr;
    pool.ForRange(rows, kRowGrain / (p_.V + 1) + 1, [&](size_t begin, size_t end) {
      for (size_t r = begin; r < end; ++r) {
        const size_t row = counted[r];
        float* logits = logits_ + r * p_.V;
        float loss, log_sum_exp;
        run_row(args, r, &loss, &log_sum_exp);
        if (p_.losses != nullptr) p_.losses[row] = loss;
        if (p_.entropies != nullptr) {
          run_statistics(logits, p_.V, log_sum_exp, static_cast<size_t>(labels_[r]), p_.entropies + row,
                         p_.hits + row);
        }
        if (!has_gradient) continue;
        run_grad(args, r, log_sum_exp, p_.scales != nullptr ? p_.scales[row] : p_.scale, logits);
      }
    });
  }

  const LinearCrossEntropy& p_;
  float* logits_;
  float* hidden_copy_;
  float* hidden_grad_;
  int32_t* labels_;
  float* products_;
};

void Clear(float* values, size_t count) {
  if (values != nullptr) std::memset(values, 0, count * sizeof(float));
}

enum Reduction : int64_t { kNone = 0, kSum = 1, kMean = 2 };

}  // namespace

size_t LinearCrossEntropyScratch(const LinearCrossEntropy& p, size_t count) {
  if (count == 0) return 0;
  const size_t rows = ChunkRows(p);
  const size_t first = ProductsScratch(p, Smaller(rows, count));
  const size_t last = count % rows == 0 ? 0 : ProductsScratch(p, count % rows);
  return rows * (p.V + 2 * p.C + 1) + Larger(first, last);
}

void RunLinearCrossEntropy(const LinearCrossEntropy& p, const size_t* counted, size_t count, float* scratch,
                           Pool& pool) {
  if (count < p.rows) {
    Clear(p.losses, p.rows);
    Clear(p.entropies, p.rows);
    Clear(p.hits, p.rows);
    Clear(p.hidden_grad, p.rows * p.C);
  }
  if (count == 0) return Clear(p.weight_grad, p.V * p.C);
  Chunk chunk(p, scratch);
  const size_t rows = ChunkRows(p);
  for (size_t first = 0; first < count; first += rows) {
    chunk.Run(counted + first, Smaller(rows, count - first), first == 0, pool);
  }
}

// LinearCrossEntropy: rows, C, V, ignored label, smoothing, reduction, precision, hidden, weight, labels,
// scales [rows] or -1, loss [] ([rows] with reduction none) or -1, entropies and hits [rows] or both -1,
// hidden_grad [rows, C] or -1, weight_grad [V, C] or -1. Returns 0, or 1 + the index of a wrong label.
LLM_INSTRUCTION(LinearCrossEntropy) {
  LinearCrossEntropy p;
  p.rows = args.Size("rows");
  p.C = args.Size("C");
  p.V = args.Size("V");
  p.ignored = static_cast<int32_t>(args.Int("ignored", INT32_MIN, INT32_MAX));
  p.smoothing = args.Float("smoothing");
  const auto reduction = static_cast<Reduction>(args.Int("reduction", kNone, kMean));
  p.precision = static_cast<Precision>(args.Int("precision", 0, kPrecisions - 1));
  const size_t hidden = CheckedProduct(args, p.rows, p.C), weight = CheckedProduct(args, p.V, p.C);
  p.hidden = args.Input<float>("hidden", hidden);
  p.weight = args.Input<float>("weight", weight);
  p.labels = args.Input<int32_t>("labels", p.rows);
  p.scales = args.OptionalInput<float>("scales", p.rows);
  float* loss = args.OptionalOutput<float>("loss", reduction == kNone ? p.rows : 1);
  p.entropies = args.OptionalOutput<float>("entropies", p.rows);
  p.hits = args.OptionalOutput<float>("hits", p.rows);
  p.hidden_grad = args.OptionalOutput<float>("hidden_grad", hidden);
  p.weight_grad = args.OptionalOutput<float>("weight_grad", weight);
  args.End();
  args.Check((p.entropies == nullptr) == (p.hits == nullptr), "hits", "given with entropies");
  size_t* counted = args.Scratch<size_t>(p.rows);
  size_t count = 0;
  for (size_t r = 0; r < p.rows; ++r) {
    const int32_t label = p.labels[r];
    if (label == p.ignored) continue;
    if (label < 0 || static_cast<size_t>(label) >= p.V) return args.Return(static_cast<double>(r + 1));
    counted[count++] = r;
  }
  if (reduction == kMean && count > 0) p.scale = static_cast<float>(1.0 / static_cast<double>(count));
  const bool is_reduced = loss != nullptr && reduction != kNone;
  p.losses = is_reduced ? args.Scratch<float>(p.rows) : loss;
  RunLinearCrossEntropy(p, counted, count, args.Scratch<float>(LinearCrossEntropyScratch(p, count)), pool);
  if (!is_reduced) return;
  double total = 0;
  for (size_t r = 0; r < p.rows; ++r) total += p.losses[r];
  *loss = static_cast<float>(reduction == kMean ? total / static_cast<double>(count) : total);
}

}  // namespace llm
