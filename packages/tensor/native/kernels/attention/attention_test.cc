// Attention and its gradient against the definition in double precision: odd sizes, masks, offsets, every
// instruction set; and the same bits for every thread count.
#include "kernels/attention/attention.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "test/test.h"

namespace llm {
namespace {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

struct Case {
  size_t B, T, S, H, K, D, key_length;
  bool is_causal;
  ptrdiff_t query_offset;
  bool has_mask;
  float scale = 0;  // 1 / sqrt(D) when 0
};

// Tiles of 64, 32 and 16 (D 64, 200 and 300), one and several chunks of keys, rows that see nothing.
constexpr Case kCases[] = {
    {1, 1, 1, 1, 1, 1, 1, true, 0, false},         {2, 5, 5, 4, 2, 6, 5, true, 0, true},
    {1, 4, 4, 1, 1, 3, 4, true, -2, false},        {2, 64, 64, 2, 2, 64, 64, true, 0, false},
    {1, 65, 65, 2, 1, 32, 65, true, 0, false},     {1, 130, 130, 3, 1, 24, 130, true, 0, true},
    {1, 63, 131, 1, 1, 80, 131, false, 0, false},  {2, 1, 130, 6, 2, 64, 129, true, 128, true},
    {1, 70, 300, 4, 2, 200, 290, true, 220, true}, {1, 33, 600, 2, 2, 300, 555, false, 0, true},
    {1, 1, 1100, 3, 1, 64, 1025, true, 1024, false}, {1, 70, 70, 1, 1, 3, 70, true, 0, false, 40.0f},
};

struct Problem {
  AttentionProblem p;
  Floats q, k, v, dy, bias;
};

Problem MakeProblem(const Case& c) {
  Problem made{};
  AttentionProblem& p = made.p;
  p.B = c.B, p.T = c.T, p.S = c.S, p.H = c.H, p.K = c.K, p.D = c.D;
  p.key_length = c.key_length, p.is_causal = c.is_causal, p.query_offset = c.query_offset;
  p.scale = c.scale != 0 ? c.scale : 1.0f / std::sqrt(static_cast<float>(c.D));
  std::mt19937 random(7);
  std::uniform_real_distribution<float> distribution(-2, 2);
  auto fill = [&](Floats& x, size_t n) {
    x.resize(n);
    for (float& value : x) value = distribution(random);
  };
  fill(made.q, c.B * c.T * c.H * c.D);
  fill(made.k, c.B * c.S * c.K * c.D);
  fill(made.v, c.B * c.S * c.K * c.D);
  fill(made.dy, c.B * c.T * c.H * c.D);
  p.q = made.q.data(), p.k = made.k.data(), p.v = made.v.data();
  if (!c.has_mask) return made;
  const size_t columns = p.PaddedKeys();
  made.bias.assign(c.B * columns, 0.0f);
  for (size_t i = 0; i < made.bias.size(); ++i) {
    const size_t b = i / columns, j = i % columns;
    if (j < 3 * b + 2 || j % 7 == 3) made.bias[i] = -std::numeric_limits<float>::infinity();
  }
  p.mask_bias = made.bias.data();
  return made;
}

struct Results {
  Floats out, log_sum_exp, dq, dk, dv;
};

Results Run(const Problem& problem, int threads) {
  const AttentionProblem& p = problem.p;
  Pool& pool = Pool::Instance();
  pool.SetThreads(threads);
  Results r{Floats(problem.q.size()), Floats(p.B * p.H * p.T), Floats(problem.q.size()), Floats(problem.k.size()),
            Floats(problem.k.size())};
  AttentionForwardArgs forward{};
  forward.problem = p, forward.out = r.out.data(), forward.log_sum_exp = r.log_sum_exp.data();
  PlanAttentionForward(&forward);
  Floats parts(forward.ScratchFloats());
  forward.parts = parts.data();
  AttentionForward(forward, pool);
  AttentionBackwardArgs backward{};
  backward.problem = p, backward.dy = problem.dy.data(), backward.out = r.out.data();
  backward.log_sum_exp = r.log_sum_exp.data();
  backward.dq = r.dq.data(), backward.dk = r.dk.data(), backward.dv = r.dv.data();
  PlanAttentionBackward(&backward);
  Floats dq_parts(backward.ScratchFloats());
  backward.dq_parts = dq_parts.data();
  AttentionBackward(backward, pool);
  return r;
}

struct Expected {
  Doubles out, dq, dk, dv;
};

// One query row: softmax over the keys that it sees, then the gradients by the chain rule.
void AddRow(const Problem& problem, size_t b, size_t h, size_t t, Expected* e) {
  const AttentionProblem& p = problem.p;
  const size_t q = ((b * p.T + t) * p.H + h) * p.D;
  auto key = [&](size_t j) { return ((b * p.S + j) * p.K + h / p.group()) * p.D; };
  auto dot = [&](const float* x, const float* y) {
    double sum = 0;
    for (size_t d = 0; d < p.D; ++d) sum += static_cast<double>(x[d]) * y[d];
    return sum;
  };
  Doubles weights(p.key_length, -std::numeric_limits<double>::infinity());  // scores at first
  double largest = weights[0], total = 0, row_dot = 0;
  for (size_t j = 0; j < p.key_length; ++j) {
    if (p.is_causal && static_cast<ptrdiff_t>(j) > static_cast<ptrdiff_t>(t) + p.query_offset) continue;
    if (p.mask_bias != nullptr && p.mask_bias[b * p.PaddedKeys() + j] != 0.0f) continue;
    weights[j] = p.scale * dot(p.q + q, p.k + key(j));
    largest = std::fmax(largest, weights[j]);
  }
  if (std::isinf(largest)) return;
  for (double& weight : weights) {
    weight = std::exp(weight - largest);
    total += weight;
  }
  for (size_t j = 0; j < p.key_length; ++j) {
    weights[j] /= total;
    row_dot += weights[j] * dot(&problem.dy[q], p.v + key(j));
    for (size_t d = 0; d < p.D; ++d) e->out[q + d] += weights[j] * p.v[key(j) + d];
  }
  for (size_t j = 0; j < p.key_length; ++j) {
    const double dscore = p.scale * weights[j] * (dot(&problem.dy[q], p.v + key(j)) - row_dot);
    for (size_t d = 0; d < p.D; ++d) {
      e->dv[key(j) + d] += weights[j] * problem.dy[q + d];
      e->dq[q + d] += dscore * p.k[key(j) + d];
      e->dk[key(j) + d] += dscore * p.q[q + d];
    }
  }
}

Expected Define(const Problem& problem) {
  const AttentionProblem& p = problem.p;
  Expected e{Doubles(problem.q.size()), Doubles(problem.q.size()), Doubles(problem.k.size()),
             Doubles(problem.k.size())};
  for (size_t b = 0; b < p.B; ++b) {
    for (size_t h = 0; h < p.H; ++h) {
      for (size_t t = 0; t < p.T; ++t) AddRow(problem, b, h, t, &e);
    }
  }
  return e;
}

// Sums of a few hundred terms of size one: some units of 2^-24 times the square root of their number. A large score's
// rounding is the relative error of its exponential.
void ExpectClose(const Floats& actual, const Doubles& expected, double scale, const std::string& what) {
  double largest = 1, error = 0;
  bool is_finite = true;
  for (size_t i = 0; i < expected.size(); ++i) {
    is_finite = is_finite && std::isfinite(actual[i]);
    error = std::fmax(error, std::fabs(actual[i] - expected[i]));
    largest = std::fmax(largest, std::fabs(expected[i]));
  }
  LLM_EXPECT(is_finite && error < 4e-6 * std::fmax(1, 3 * scale) * largest, what + ": error " + std::to_string(error));
}

std::string Text(const Case& c, const char* what) {
  return std::string(IsaName(ActiveIsa())) + " T " + std::to_string(c.T) + " S " + std::to_string(c.S) + " D " +
         std::to_string(c.D) + " " + what;
}

bool SameBits(const Floats& a, const Floats& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

LLM_TEST(AttentionIsItsDefinition) {
  for (const Case& c : kCases) {
    const Problem problem = MakeProblem(c);
    const Expected expected = Define(problem);
    for (Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512}) {
      if (!SetActiveIsa(isa)) continue;
      const Results r = Run(problem, 2);
      ExpectClose(r.out, expected.out, c.scale, Text(c, "out"));
      ExpectClose(r.dq, expected.dq, c.scale, Text(c, "dq"));
      ExpectClose(r.dk, expected.dk, c.scale, Text(c, "dk"));
      ExpectClose(r.dv, expected.dv, c.scale, Text(c, "dv"));
    }
    SetActiveIsa(BestIsa());
  }
}

LLM_TEST(AttentionGivesTheSameBitsForEveryThreadCount) {
  for (const Case& c : kCases) {
    const Problem problem = MakeProblem(c);
    const Results one = Run(problem, 1);
    for (int threads : {2, 3, 5}) {
      const Results more = Run(problem, threads);
      const bool is_same = SameBits(one.out, more.out) && SameBits(one.log_sum_exp, more.log_sum_exp) &&
                           SameBits(one.dq, more.dq) && SameBits(one.dk, more.dk) && SameBits(one.dv, more.dv);
      LLM_EXPECT(is_same, Text(c, "bits with threads ") + std::to_string(threads));
    }
  }
}

}  // namespace
}  // namespace llm
