// The bf16 product against its definition, in double over the rounded values: odd sizes, every layout and type,
// every instruction set with and without its extensions, several thread counts.
#include "kernels/gemm_bf16/gemm_bf16.h"

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "dispatch/cpu_features.h"
#include "kernels/gemm_bf16/gemm_pairs.h"
#include "test/test.h"

namespace llm {
namespace {

// Rounds by adding half of the last kept place, ties to even; numbers only.
uint16_t Bf16Of(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, 4);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float FloatOf(uint16_t x) {
  const uint32_t bits = uint32_t{x} << 16;
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

// A matrix in both types, its values rounded as the product rounds them.
struct Matrix {
  std::vector<float> floats;
  std::vector<uint16_t> halves;
  Matrix(size_t count, std::mt19937& random) : floats(count + 1), halves(count + 1) {
    std::uniform_real_distribution<float> distribution(-1, 1);
    for (size_t i = 0; i <= count; ++i) halves[i] = Bf16Of(floats[i] = distribution(random));
  }
  GemmBf16Matrix As(GemmType type, size_t outer, size_t k) const {
    const void* data = type == GemmType::kFloat ? static_cast<const void*>(floats.data()) : halves.data();
    return {data, type, outer, k};
  }
};

struct Case {
  size_t m, n, k;
  bool a_transposed, b_transposed, accumulate, has_bias;
  GemmType a_type, b_type;
  bool has_tile;
};

std::string Text(const Case& c) {
  return std::string(IsaName(ActiveIsa())) + (PairKernelsForCpu().k_per_unit == 2 ? "+bf16" : "") + " m " +
         std::to_string(c.m) + " n " + std::to_string(c.n) + " k " + std::to_string(c.k) +
         (c.a_transposed ? " A'" : "") + (c.b_transposed ? " B'" : "") + (c.accumulate ? " +=" : "") +
         (c.has_bias ? " bias" : "") + (c.a_type == GemmType::kFloat ? " float" : " bf16") +
         (c.b_type == GemmType::kFloat ? " float" : " bf16") + (c.has_tile ? " tile" : "");
}

// The tile callback over a matrix [n][k] of bf16.
struct Columns {
  const uint16_t* values;
  size_t k;
};
void CopyTile(const void* context, size_t column, size_t count, size_t k, size_t depth, uint16_t* tile) {
  const Columns& b = *static_cast<const Columns*>(context);
  for (size_t j = 0; j < count; ++j) {
    std::memcpy(tile + j * depth, b.values + (column + j) * b.k + k, depth * sizeof(uint16_t));
  }
}

void Check(const Case& c, std::mt19937& random) {
  const Matrix a(c.m * c.k, random), b(c.k * c.n, random), bias(c.n, random), start(c.m * c.n, random);
  const Columns columns{b.halves.data(), c.k};
  std::vector<float> first = start.floats;
  GemmBf16 g;
  g.m = c.m;
  g.n = c.n;
  g.k = c.k;
  g.a = a.As(c.a_type, c.a_transposed ? 1 : c.k, c.a_transposed ? c.m : 1);
  g.b = b.As(c.b_type, c.b_transposed ? c.k : 1, c.b_transposed ? 1 : c.n);
  if (c.has_tile) g.tile = CopyTile, g.tile_context = &columns;
  g.c_row = c.n;
  g.accumulate = c.accumulate;
  g.bias = c.has_bias && !c.accumulate ? bias.floats.data() : nullptr;
  const auto run = [&](std::vector<float>& out, int threads) {
    g.c = out.data();
    Pool::Instance().SetThreads(threads);
    std::vector<float> scratch(GemmBf16Scratch(g) + 16);
    RunGemmBf16(g, scratch.data(), Pool::Instance());
  };
  run(first, 1);
  // Products of bf16 are exact in float32 and at most 1: k + 4 roundings of a sum that stays below k.
  const double tolerance = static_cast<double>(c.k + 4) * 6e-8 * (static_cast<double>(c.k) * 0.35 + 2);
  double worst = 0;
  for (size_t i = 0; i < c.m; ++i) {
    for (size_t j = 0; j < c.n; ++j) {
      double sum = c.accumulate ? start.floats[i * c.n + j] : g.bias != nullptr ? bias.floats[j] : 0.0;
      for (size_t k = 0; k < c.k; ++k) {
        const uint16_t left = a.halves[c.a_transposed ? k * c.m + i : i * c.k + k];
        const uint16_t right = b.halves[c.b_transposed ? j * c.k + k : k * c.n + j];
        sum += static_cast<double>(FloatOf(left)) * FloatOf(right);
      }
      const double error = std::fabs(first[i * c.n + j] - sum);
      if (!(error <= worst)) worst = error;
    }
  }
  LLM_EXPECT(worst <= tolerance, Text(c) + ": error " + std::to_string(worst));
  for (int threads : {2, 3, 8}) {
    std::vector<float> again = start.floats;
    run(again, threads);
    LLM_EXPECT(std::memcmp(again.data(), first.data(), first.size() * sizeof(float)) == 0,
               Text(c) + ": other bits with " + std::to_string(threads) + " threads");
  }
}

template <typename Body>
void ForEachProcessor(const Body& body) {
  for (int isa = 0; isa <= static_cast<int>(BestIsa()); ++isa) {
    SetActiveIsa(static_cast<Isa>(isa));
    for (bool allowed : {false, true}) {
      AllowExtensions(allowed);
      body();
    }
  }
  Pool::Instance().SetThreads(2);
}

}  // namespace

LLM_TEST(GemmBf16EqualsItsDefinitionOnSmallSizes) {
  ForEachProcessor([] {
    std::mt19937 random(7);
    const size_t sizes[] = {0, 1, 2, 3, 5, 8, 9, 14, 15, 16, 17, 29, 31, 33, 34, 65};
    const auto pick = [&] { return sizes[random() % (sizeof sizes / sizeof sizes[0])]; };
    const auto type = [&] { return random() % 2 == 0 ? GemmType::kFloat : GemmType::kBf16; };
    for (int i = 0; i < 300; ++i) {
      const bool has_tile = random() % 4 == 0;
      const bool b_transposed = has_tile || random() % 2 == 0;
      Check({pick(), pick(), pick(), random() % 2 == 0, b_transposed, random() % 4 == 0, random() % 2 == 0, type(),
             type(), has_tile},
            random);
    }
  });
}

LLM_TEST(GemmBf16EqualsItsDefinitionAcrossBlocks) {
  ForEachProcessor([] {
    std::mt19937 random(11);
    for (size_t k : {size_t{767}, size_t{768}, size_t{771}, size_t{1700}}) {
      for (int layout = 0; layout < 4; ++layout) {
        const GemmType type = layout % 3 == 0 ? GemmType::kFloat : GemmType::kBf16;
        Check({131, 67, k, (layout & 1) != 0, (layout & 2) != 0, layout == 1, layout == 2, type, type, false}, random);
        Check({37, 209, k, (layout & 1) != 0, true, layout == 1, layout == 2, type, type, true}, random);
      }
    }
  });
}

LLM_TEST(Bf16ConversionsRoundToEvenAndKeepNan) {
  ForEachProcessor([] {
    const float inputs[] = {1.0f, 1.00390625f, 1.01171875f, -3.3895314e38f, INFINITY, -INFINITY, 0.0f, -0.0f, 1e-40f};
    // 1 + 1/256 lies between 0x3f80 and 0x3f81: even is 0x3f80; 1 + 3/256 between 0x3f81 and 0x3f82.
    const uint16_t expected[] = {0x3f80, 0x3f80, 0x3f82, 0xff7f, 0x7f80, 0xff80, 0x0000, 0x8000, 0x0001};
    uint16_t got[9];
    FloatsToBf16(inputs, got, 9, Pool::Instance());
    for (int i = 0; i < 9; ++i) LLM_EXPECT(got[i] == expected[i], "value " + std::to_string(i));
    const float nan = NAN;
    float back[9];
    FloatsToBf16(&nan, got, 1, Pool::Instance());
    Bf16ToFloats(got, back, 1, Pool::Instance());
    LLM_EXPECT(std::isnan(back[0]), "NaN did not stay NaN");
    Bf16ToFloats(expected, back, 9, Pool::Instance());
    for (int i = 0; i < 9; ++i) LLM_EXPECT(back[i] == FloatOf(expected[i]), "back " + std::to_string(i));
  });
}

}  // namespace llm
