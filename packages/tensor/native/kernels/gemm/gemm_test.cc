// The product against its definition: odd sizes, every layout, every instruction set, several thread counts.
#include "kernels/gemm/gemm.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "kernels/gemm/gemm_plan.h"
#include "test/test.h"

namespace llm {
namespace {

struct Case {
  size_t m, n, k;
  bool a_transposed, b_transposed, accumulate, has_bias;
  Activation activation;
};

std::vector<float> Random(size_t count, std::mt19937& random) {
  std::uniform_real_distribution<float> distribution(-1, 1);
  std::vector<float> values(count + 1);
  for (float& value : values) value = distribution(random);
  return values;
}

Gemm GemmOf(const Case& c, const std::vector<float>& a, const std::vector<float>& b, const std::vector<float>& bias,
            std::vector<float>& out) {
  Gemm g;
  g.m = c.m;
  g.n = c.n;
  g.k = c.k;
  g.a = a.data();
  g.a_row = c.a_transposed ? 1 : c.k;
  g.a_k = c.a_transposed ? c.m : 1;
  g.b = b.data();
  g.b_k = c.b_transposed ? 1 : c.n;
  g.b_column = c.b_transposed ? c.k : 1;
  g.c = out.data();
  g.c_row = c.n;
  g.accumulate = c.accumulate;
  g.bias = c.has_bias && !c.accumulate ? bias.data() : nullptr;
  g.activation = c.activation;
  g.alpha = 0.1f;
  return g;
}

std::string Text(const Case& c) {
  return std::string(IsaName(ActiveIsa())) + " m " + std::to_string(c.m) + " n " + std::to_string(c.n) + " k " +
         std::to_string(c.k) + (c.a_transposed ? " A'" : "") + (c.b_transposed ? " B'" : "") +
         (c.accumulate ? " +=" : "") + (c.has_bias ? " bias" : "") + " act " +
         std::to_string(static_cast<int>(c.activation));
}

void Run(const Gemm& g, int threads) {
  Pool& pool = Pool::Instance();
  pool.SetThreads(threads);
  std::vector<float> scratch(GemmScratch(g) + 16);
  RunGemm(g, scratch.data(), pool);
}

// |error| <= (k + 4) * eps * sum|a||b|, and |a|, |b| <= 1; the activations' slopes are at most 1.
bool IsClose(const std::vector<float>& got, const std::vector<float>& expected, size_t k) {
  const float tolerance = static_cast<float>(k + 4) * 6e-8f * (static_cast<float>(k) * 0.35f + 2);
  for (size_t i = 0; i < got.size(); ++i) {
    if (!(std::fabs(got[i] - expected[i]) <= tolerance)) return false;
  }
  return true;
}

void Check(const Case& c, std::mt19937& random) {
  const std::vector<float> a = Random(c.m * c.k, random), b = Random(c.k * c.n, random), bias = Random(c.n, random);
  const std::vector<float> start = Random(c.m * c.n, random);
  std::vector<float> expected = start, first = start;
  RunGemmReference(GemmOf(c, a, b, bias, expected));
  Run(GemmOf(c, a, b, bias, first), 1);
  LLM_EXPECT(IsClose(first, expected, c.k), Text(c));
  for (int threads : {2, 3, 8}) {
    std::vector<float> again = start;
    Run(GemmOf(c, a, b, bias, again), threads);
    LLM_EXPECT(std::memcmp(again.data(), first.data(), first.size() * sizeof(float)) == 0,
               Text(c) + ": other bits with " + std::to_string(threads) + " threads");
  }
}

template <typename Body>
void ForEachIsa(const Body& body) {
  for (int isa = 0; isa <= static_cast<int>(BestIsa()); ++isa) {
    SetActiveIsa(static_cast<Isa>(isa));
    body();
  }
  SetActiveIsa(BestIsa());
  Pool::Instance().SetThreads(2);
}

}  // namespace

LLM_TEST(GemmEqualsItsDefinitionOnSmallSizes) {
  ForEachIsa([] {
    std::mt19937 random(7);
    const size_t sizes[] = {0, 1, 2, 3, 5, 8, 9, 14, 15, 16, 17, 29, 33, 65};
    const auto pick = [&] { return sizes[random() % (sizeof sizes / sizeof sizes[0])]; };
    for (int i = 0; i < 400; ++i) {
      const auto activation = static_cast<Activation>(random() % kActivations);
      Check({pick(), pick(), pick(), random() % 2 == 0, random() % 2 == 0, random() % 4 == 0, random() % 2 == 0,
             activation},
            random);
    }
  });
}

LLM_TEST(GemmEqualsItsDefinitionAcrossBlocks) {
  ForEachIsa([] {
    std::mt19937 random(11);
    for (size_t k : {kGemmBlockK - 1, kGemmBlockK, kGemmBlockK + 1, size_t{1100}}) {
      for (int layout = 0; layout < 4; ++layout) {
        Check({131, 67, k, (layout & 1) != 0, (layout & 2) != 0, layout == 1, layout == 2, Activation::kNone}, random);
        Check({37, 209, k, (layout & 1) != 0, (layout & 2) != 0, layout == 1, layout == 2, Activation::kRelu}, random);
        Check({3, 209, k, (layout & 1) != 0, (layout & 2) != 0, layout == 1, layout == 2, Activation::kElu}, random);
      }
    }
  });
}

LLM_TEST(GemmEqualsItsDefinitionForLongSums) {
  std::mt19937 random(13);
  // Fourteen blocks of k, packed one after the other. Only with the fastest kernels: the definition is slow.
  Check({300, 310, 7000, false, true, false, true, Activation::kRelu}, random);
  Pool::Instance().SetThreads(2);
}

// Every kind of plan, with whole numbers, whose sums are exact whatever their order. Few, because the sizes are large.
LLM_TEST(GemmIsExactOnWholeNumbersForEveryPlan) {
  std::mt19937 random(17);
  const auto whole = [&](size_t count) {
    std::vector<float> values(count + 1);
    for (float& value : values) value = static_cast<float>(random() % 7) - 3;
    return values;
  };
  const Case cases[] = {
      {40, 3000, 70, false, true, false, false, Activation::kNone},    // A shared, thin slices of B
      {1900, 50, 70, true, false, false, false, Activation::kNone},    // B shared, slices of A
      {300, 1800, 600, false, true, false, false, Activation::kNone},  // two blocks of k in a task
      {20, 1300, 2100, false, false, false, false, Activation::kNone}, // B from memory, four blocks of k
      {4150, 4200, 520, false, true, false, false, Activation::kNone}, // two chunks of what is shared
  };
  for (const Case& c : cases) {
    const std::vector<float> a = whole(c.m * c.k), b = whole(c.k * c.n);
    std::vector<float> got(c.m * c.n + 1);
    Run(GemmOf(c, a, b, {}, got), 2);
    for (int i = 0; i < 2000; ++i) {
      const size_t row = random() % c.m, column = random() % c.n;
      float expected = 0;
      for (size_t k = 0; k < c.k; ++k) {
        expected += a[c.a_transposed ? k * c.m + row : row * c.k + k] *
                    b[c.b_transposed ? column * c.k + k : k * c.n + column];
      }
      LLM_EXPECT(got[row * c.n + column] == expected, Text(c) + " at " + std::to_string(row * c.n + column));
    }
  }
  Pool::Instance().SetThreads(2);
}

LLM_TEST(GemmPlansGiveFewThreadsEqualShares) {
  const GemmTile tile{14, 32};
  for (size_t size : {size_t{128}, size_t{256}, size_t{500}, size_t{512}, size_t{1024}, size_t{4096}}) {
    const GemmPlan plan = PlanGemm({size, size, size, false}, tile, 2);
    const size_t border = SliceStart(plan, plan.slices / 2), end = SliceStart(plan, plan.slices);
    const std::string text = std::to_string(size) + ": " + std::to_string(border) + " of " + std::to_string(end);
    LLM_EXPECT(plan.copies == 2 && plan.slices % 2 == 0, text + ", " + std::to_string(plan.slices) + " slices");
    LLM_EXPECT(end >= size && 2 * border + plan.slice_width >= end && 2 * border <= end + plan.slice_width, text);
    LLM_EXPECT(PlanGemm({size, size, size, false}, tile, 3).copies == 0, text + ": copies for three threads");
  }
}

LLM_TEST(GemmScratchSufficesForSmallerProducts) {
  std::mt19937 random(23);
  const auto size = [&] { return size_t{1} << random() % 15 | random() % 700; };
  for (int i = 0; i < 20000; ++i) {
    const GemmTile tile = i % 3 == 0 ? GemmTile{14, 32} : i % 3 == 1 ? GemmTile{6, 16} : GemmTile{8, 12};
    const GemmSizes sizes{size() + 1, size() + 1, i % 10 == 0 ? 100 * size() + 1 : size() + 1, random() % 2 == 0};
    const GemmSizes larger{sizes.m + random() % 300, sizes.n + random() % 300, sizes.units + random() % 300, false};
    const GemmPlan plan = PlanGemm(sizes, tile, i % 4);
    const std::string text = std::to_string(sizes.m) + " x " + std::to_string(sizes.n) + " x " +
                             std::to_string(sizes.units) + ": " + std::to_string(plan.scratch);
    LLM_EXPECT(plan.scratch <= GemmPlanScratch(sizes, tile), text);
    LLM_EXPECT(plan.scratch <= GemmPlanScratch(larger, tile), text + " in the memory of a larger one");
    LLM_EXPECT(plan.slice * plan.block_k <= kGemmSliceUnits, text + ": slice " + std::to_string(plan.slice));
  }
}

LLM_TEST(GemmSpreadsNanToItsRowAndColumnOnly) {
  ForEachIsa([] {
    for (size_t m : {size_t{5}, size_t{20}}) {
      const size_t n = 40, k = 20;
      std::vector<float> a(m * k, 1.0f), b(k * n, 1.0f), c(m * n);
      a[2 * k + 7] = NAN;   // row 2
      b[3 * n + 33] = INFINITY;  // column 33
      const Case spec{m, n, k, false, false, false, false, Activation::kNone};
      Run(GemmOf(spec, a, b, {}, c), 1);
      for (size_t i = 0; i < m * n; ++i) {
        const bool is_nan = i / n == 2, is_infinite = i % n == 33;
        const bool holds = is_nan ? std::isnan(c[i]) : is_infinite ? std::isinf(c[i]) : c[i] == 20.0f;
        LLM_EXPECT(holds, Text(spec) + " at " + std::to_string(i));
      }
    }
  });
}

LLM_TEST(GemmBatchEqualsItsItems) {
  ForEachIsa([] {
    std::mt19937 random(3);
    for (size_t size : {size_t{6}, size_t{33}, size_t{125}, size_t{230}}) {
      const size_t count = 5, matrix = size * size;
      const std::vector<float> a = Random(count * matrix, random), b = Random(matrix, random);
      std::vector<float> got(count * matrix), expected(count * matrix);
      const size_t a_offsets[] = {0, matrix, 2 * matrix, 3 * matrix, 4 * matrix};
      const size_t b_offsets[] = {0, 0, 0, 0, 0};
      const Case spec{size, size, size, false, true, false, false, Activation::kNone};
      GemmBatch batch;
      batch.item = GemmOf(spec, a, b, {}, got);
      batch.count = count;
      batch.a_offsets = a_offsets;
      batch.b_offsets = b_offsets;
      batch.c_stride = matrix;
      for (size_t i = 0; i < count; ++i) {
        Gemm item = GemmOf(spec, a, b, {}, expected);
        item.a += a_offsets[i];
        item.c += i * matrix;
        RunGemmReference(item);
      }
      for (int threads : {1, 2, 3}) {
        Pool::Instance().SetThreads(threads);
        std::vector<float> scratch(GemmBatchScratch(batch) + 16);
        std::fill(got.begin(), got.end(), NAN);
        RunGemmBatch(batch, scratch.data(), Pool::Instance());
        LLM_EXPECT(IsClose(got, expected, size), Text(spec) + ", " + std::to_string(threads) + " threads");
      }
    }
  });
}

LLM_TEST(GemmCheckerSeesWrongAnswers) {
  const std::vector<float> right = {1, 2, 3};
  LLM_EXPECT(!IsClose({0, 0, 0}, right, 8), "zeros passed");
  LLM_EXPECT(!IsClose({2, 3, 1}, right, 8), "shifted passed");
  LLM_EXPECT(!IsClose({1, NAN, 3}, right, 8), "NaN passed");
  LLM_EXPECT(IsClose(right, right, 8), "the right answer failed");
}

LLM_TEST(ColumnSumsAddInOrderOfRows) {
  ForEachIsa([] {
    std::mt19937 random(5);
    for (size_t columns : {size_t{1}, size_t{17}, size_t{200}}) {
      const size_t rows = 300;
      const std::vector<float> x = Random(rows * columns, random);
      std::vector<float> expected(columns, 0.5f), got(columns, 0.5f);
      for (size_t i = 0; i < rows * columns; ++i) expected[i % columns] += x[i];
      ColumnSums(x.data(), rows, columns, got.data(), true, Pool::Instance());
      LLM_EXPECT(got == expected, "columns " + std::to_string(columns));
    }
  });
}

}  // namespace llm
