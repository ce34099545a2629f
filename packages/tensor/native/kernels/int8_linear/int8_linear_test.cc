// The product in 8-bit integers against its definition in plain integers: the same bits on every instruction set, with and
// without its extensions, for every thread count.
#include "kernels/int8_linear/int8_linear.h"

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "dispatch/cpu_features.h"
#include "test/test.h"

namespace llm {
namespace {

std::vector<float> Random(size_t count, std::mt19937& random) {
  std::normal_distribution<float> distribution;
  std::vector<float> values(count + 1);
  for (float& value : values) value = distribution(random);
  return values;
}

// A row rounded as the header says.
float Round(const float* row, size_t columns, std::vector<int>& q) {
  float largest = 0;
  for (size_t i = 0; i < columns; ++i) largest = std::max(largest, std::fabs(row[i]));
  q.assign(columns, 0);
  if (!(largest > kInt8Smallest)) return 0;
  const float inverse = 127.0f / largest;
  for (size_t i = 0; i < columns; ++i) q[i] = static_cast<int>(std::nearbyintf(row[i] * inverse));
  return largest / 127.0f;
}

struct Problem {
  size_t M, O, I;
  std::vector<float> x, w, bias;
};

std::vector<float> Expected(const Problem& p) {
  std::vector<float> y(p.M * p.O);
  std::vector<int> qx, qw;
  for (size_t m = 0; m < p.M; ++m) {
    const float x_scale = Round(&p.x[m * p.I], p.I, qx);
    for (size_t o = 0; o < p.O; ++o) {
      const float scale = Round(&p.w[o * p.I], p.I, qw);
      int sum = 0;
      for (size_t i = 0; i < p.I; ++i) sum += qx[i] * qw[i];
      y[m * p.O + o] = static_cast<float>(sum) * (x_scale * scale) + p.bias[o];
    }
  }
  return y;
}

std::vector<float> Run(const Problem& p, int threads) {
  Pool& pool = Pool::Instance();
  pool.SetThreads(threads);
  std::vector<int8_t> q(p.O * Int8Stride(p.I) + 1);
  std::vector<float> scales(p.O + 1), y(p.M * p.O + 1);
  std::vector<int32_t> offsets(p.O + 1);
  QuantizeInt8Weight(p.w.data(), p.O, p.I, q.data(), scales.data(), offsets.data(), pool);
  const Int8Linear args{p.M, {p.O, p.I, q.data(), scales.data(), offsets.data()}, p.x.data(), p.bias.data(), y.data()};
  std::vector<float> scratch(Int8LinearScratch(args) + 16);
  RunInt8Linear(args, scratch.data(), pool);
  y.pop_back();
  return y;
}

template <typename Body>
void ForEachProcessor(const Body& body) {
  for (int isa = 0; isa <= static_cast<int>(BestIsa()); ++isa) {
    SetActiveIsa(static_cast<Isa>(isa));
    for (bool allowed : {false, true}) {
      AllowExtensions(allowed);
      body(std::string(IsaName(ActiveIsa())) + (allowed ? " with extensions" : ""));
    }
  }
  Pool::Instance().SetThreads(2);
}

Problem ProblemOf(size_t M, size_t O, size_t I, std::mt19937& random) {
  return {M, O, I, Random(M * I, random), Random(O * I, random), Random(O, random)};
}

// Of two vectors without elements there are no bits, and no memory that memcmp may be given.
bool HasSameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

void Check(const Problem& p) {
  const std::vector<float> expected = Expected(p);
  ForEachProcessor([&](const std::string& processor) {
    for (int threads : {1, 3}) {
      const std::vector<float> got = Run(p, threads);
      LLM_EXPECT(HasSameBits(got, expected),
                 processor + " M " + std::to_string(p.M) + " O " + std::to_string(p.O) + " I " + std::to_string(p.I) +
                     " threads " + std::to_string(threads));
    }
  });
}

}  // namespace

LLM_TEST(Int8LinearEqualsItsDefinition) {
  std::mt19937 random(29);
  for (size_t M : {0, 1, 3, 4, 8, 9, 14, 33}) {
    for (size_t I : {1, 4, 63, 64, 65, 200}) Check(ProblemOf(M, 1 + random() % 70, I, random));
  }
  Check(ProblemOf(70, 130, 2200, random));  // two blocks of k
}

LLM_TEST(Int8LinearHoldsTheLargestSums) {
  // 255 · 127 in every product of the instruction: all of x and W at their largest, of either sign.
  std::mt19937 random(31);
  for (float sign : {1.0f, -1.0f}) {
    Problem p = ProblemOf(9, 3, 4096, random);
    for (float& value : p.x) value = 2.0f;
    for (float& value : p.w) value = sign * 3.0f;
    Check(p);
  }
}

LLM_TEST(Int8LinearTakesZerosAndMarksRowsThatAreNotFinite) {
  std::mt19937 random(37);
  for (size_t M : {size_t{3}, size_t{12}}) {
    Problem p = ProblemOf(M, 5, 40, random);
    for (size_t i = 0; i < p.I; ++i) p.x[i] = 0.0f;       // row 0
    for (size_t i = 0; i < p.I; ++i) p.w[p.I + i] = 0.0f;  // row 1 of W
    Check(p);
    p.x[p.I + 7] = NAN;
    p.x[2 * p.I + 39] = -INFINITY;
    const std::vector<float> y = Run(p, 1);
    for (size_t o = 0; o < p.O; ++o) {
      LLM_EXPECT(y[o] == p.bias[o], "a row of zeros gives the bias");
      LLM_EXPECT(std::isnan(y[p.O + o]) && std::isnan(y[2 * p.O + o]), "NaN and infinity give NaN");
    }
  }
}

}  // namespace llm
