// The convolution and its gradients against their definitions: odd sizes, strides, dilations, padding, one to three
// axes, every instruction set; and the same bits for every number of threads.
#include "kernels/conv/conv.h"

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "test/test.h"

namespace llm {
namespace {

struct Case {
  const char* name;
  ConvShape shape;
};

// out follows from the rest: pad_after 0 leaves what the window does not reach.
WindowAxis Axis(size_t in, size_t filter, size_t stride, size_t dilation, size_t pad, size_t pad_after) {
  const size_t reach = (filter - 1) * dilation + 1;
  return {in, (in + pad + pad_after - reach) / stride + 1, filter, stride, dilation, pad};
}

ConvShape Shape(size_t batch, WindowAxis a, WindowAxis b, WindowAxis c, size_t in_channels, size_t out_channels) {
  ConvShape shape;
  shape.window.batch = batch;
  shape.window.axes[0] = a;
  shape.window.axes[1] = b;
  shape.window.axes[2] = c;
  shape.in_channels = in_channels;
  shape.out_channels = out_channels;
  return shape;
}

std::vector<Case> Cases() {
  const WindowAxis none = Axis(1, 1, 1, 1, 0, 0);
  return {
      {"3x3 same", Shape(2, none, Axis(9, 3, 1, 1, 1, 1), Axis(11, 3, 1, 1, 1, 1), 5, 7)},
      {"picture 7x7 stride 2", Shape(2, none, Axis(23, 7, 2, 1, 3, 3), Axis(19, 7, 2, 1, 3, 3), 3, 33)},
      {"1x1 stride 2", Shape(1, none, Axis(8, 1, 2, 1, 0, 0), Axis(9, 1, 2, 1, 0, 0), 17, 31)},
      {"1x1", Shape(3, none, Axis(5, 1, 1, 1, 0, 0), Axis(6, 1, 1, 1, 0, 0), 20, 9)},
      {"dilated", Shape(1, none, Axis(13, 3, 1, 2, 2, 2), Axis(12, 2, 1, 3, 0, 0), 4, 16)},
      {"stride over the filter", Shape(2, none, Axis(10, 2, 3, 1, 0, 0), Axis(10, 2, 4, 1, 1, 0), 6, 5)},
      {"one axis", Shape(3, none, none, Axis(40, 5, 1, 1, 2, 2), 24, 48)},
      {"three axes", Shape(1, Axis(4, 2, 1, 1, 1, 0), Axis(5, 3, 2, 1, 1, 1), Axis(6, 2, 1, 1, 0, 1), 3, 4)},
      {"deep", Shape(1, none, Axis(4, 3, 1, 1, 1, 1), Axis(4, 3, 1, 1, 1, 1), 600, 20)},
      {"many lines", Shape(4, none, Axis(40, 3, 1, 1, 1, 1), Axis(48, 3, 1, 1, 1, 1), 16, 24)},
      {"no images", Shape(0, none, Axis(4, 3, 1, 1, 1, 1), Axis(4, 3, 1, 1, 1, 1), 2, 3)},
      {"no channels", Shape(1, none, Axis(4, 3, 1, 1, 1, 1), Axis(4, 3, 1, 1, 1, 1), 0, 3)},
  };
}

std::vector<float> Random(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> distribution(-1, 1);
  std::vector<float> values(count);
  for (float& value : values) value = distribution(random);
  return values;
}

struct Results {
  std::vector<float> out, dx, dfilter;
};

Results Compute(const ConvShape& s, const std::vector<float>& x, const std::vector<float>& filter,
                const std::vector<float>& dy, int threads) {
  Pool& pool = Pool::Instance();
  pool.SetThreads(threads);
  BufferTable buffers;
  Args args("test", nullptr, 0, buffers);
  Results r{std::vector<float>(s.OutSize(), NAN), std::vector<float>(s.InSize(), NAN),
            std::vector<float>(s.FilterSize(), NAN)};
  ConvForward(s, x.data(), filter.data(), {}, r.out.data(), args, pool);
  ConvInputGrad(s, dy.data(), filter.data(), r.dx.data(), args, pool);
  ConvFilterGrad(s, x.data(), dy.data(), r.dfilter.data(), args, pool);
  return r;
}

// Sums of n products of values below 1, one after another in float: partial sums of about sqrt(n) / 3, each rounded
// by 2^-25 of itself, in a random walk of n steps: n * 2^-25 / 3, times 5.
void ExpectClose(const std::vector<float>& actual, const std::vector<double>& wanted, size_t n, const std::string& what) {
  for (size_t i = 0; i < wanted.size(); ++i) {
    const bool is_close = std::fabs(actual[i] - wanted[i]) <= 5e-8 * static_cast<double>(n + 100);
    if (is_close) continue;
    LLM_EXPECT(false, what + " [" + std::to_string(i) + "] is " + std::to_string(actual[i]) + ", not " +
                          std::to_string(wanted[i]));
    return;
  }
}

bool HaveSameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

void CheckCase(const Case& c, const char* isa) {
  const ConvShape& s = c.shape;
  const std::vector<float> x = Random(s.InSize(), 1), filter = Random(s.FilterSize(), 2), dy = Random(s.OutSize(), 3);
  const Results one = Compute(s, x, filter, dy, 1);
  const std::string what = std::string(isa) + " " + c.name;
  std::vector<double> wanted(s.OutSize());
  ConvForwardReference(s, x.data(), filter.data(), wanted.data());
  ExpectClose(one.out, wanted, s.window.Taps() * s.in_channels, what + " out");
  wanted.assign(s.InSize(), 0);
  ConvInputGradReference(s, dy.data(), filter.data(), wanted.data());
  ExpectClose(one.dx, wanted, s.window.Taps() * s.out_channels, what + " dx");
  wanted.assign(s.FilterSize(), 0);
  ConvFilterGradReference(s, x.data(), dy.data(), wanted.data());
  ExpectClose(one.dfilter, wanted, s.window.batch * s.window.OutPixels(), what + " dfilter");
  for (int threads : {2, 3, 8}) {
    const Results more = Compute(s, x, filter, dy, threads);
    const bool is_same = HaveSameBits(one.out, more.out) && HaveSameBits(one.dx, more.dx) &&
                         HaveSameBits(one.dfilter, more.dfilter);
    LLM_EXPECT(is_same, what + " differs with " + std::to_string(threads) + " threads");
  }
}

LLM_TEST(ConvEqualsItsDefinition) {
  const Isa best = BestIsa();
  for (int isa = 0; isa <= static_cast<int>(best); ++isa) {
    SetActiveIsa(static_cast<Isa>(isa));
    for (const Case& c : Cases()) CheckCase(c, IsaName(ActiveIsa()));
  }
  SetActiveIsa(best);
  Pool::Instance().SetThreads(1);
}

LLM_TEST(ConvAddsItsBiasAndActivates) {
  const WindowAxis none = Axis(1, 1, 1, 1, 0, 0);
  const ConvShape s = Shape(1, none, none, Axis(3, 2, 1, 1, 0, 0), 1, 2);
  const std::vector<float> x = {1, 2, -3}, filter = {1, 0, 1, 2}, bias = {0, 1};
  std::vector<float> out(4);
  BufferTable buffers;
  Args args("test", nullptr, 0, buffers);
  ConvForward(s, x.data(), filter.data(), {bias.data(), Activation::kRelu, 0}, out.data(), args, Pool::Instance());
  // (1 + 2, 2 * 2 + 1), (2 - 3, 2 * -3 + 1) and the negative ones cut off
  LLM_EXPECT((out == std::vector<float>{3, 5, 0, 0}), "relu of the sum and the bias");
}

}  // namespace
}  // namespace llm
