// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/norm/norm.h"

#include "simd/shuffle-inl.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {
namespace {

struct Statistics {
  float mean, inverse;  // inverse: 1 / sqrt(variance + eps)
};

float InverseRoot(float sum, const NormArgs& args) {
  return 1.0f / __builtin_sqrtf(sum / static_cast<float>(args.C) + args.eps);
}

Statistics LayerStatistics(const NormArgs& args, const float* x) {
  F32 sum = Zero();
  for (size_t c = 0; c < args.C; c += kLanes) sum = sum + LoadN(x + c, Remaining(args.C - c));
  const float mean = SumOfLanes(sum) / static_cast<float>(args.C);
  F32 squares = Zero();
  size_t c = 0;
  for (; c + kLanes <= args.C; c += kLanes) {
    const F32 centred = Load(x + c) - Set(mean);
    squares = Fma(centred, centred, squares);
  }
  float tail = 0.0f;  // a whole vector would count the lanes past the row
  for (; c < args.C; ++c) tail += (x[c] - mean) * (x[c] - mean);
  return {mean, InverseRoot(SumOfLanes(squares) + tail, args)};
}

Statistics RmsStatistics(const NormArgs& args, const float* x) {
  F32 squares = Zero();
  for (size_t c = 0; c < args.C; c += kLanes) {
    const F32 v = LoadN(x + c, Remaining(args.C - c));
    squares = Fma(v, v, squares);
  }
  return {0.0f, InverseRoot(SumOfLanes(squares), args)};
}

// dx = inverse (g - mean(g) - normal mean(g normal)) with g = dy weight; rms has no mean(g).
template <bool kIsRms>
void GradRow(const NormBackwardArgs& args, size_t row, float* dweight, float* dbias) {
  const size_t C = args.forward.C;
  const float* x = args.forward.x + row * C;
  const float* dy = args.dy + row * C;
  const Statistics s = kIsRms ? RmsStatistics(args.forward, x) : LayerStatistics(args.forward, x);
  const F32 mean = Set(s.mean), inverse = Set(s.inverse);
  F32 sum = Zero(), dots = Zero();
  for (size_t c = 0; c < C; c += kLanes) {
    const size_t lanes = Remaining(C - c);
    const F32 g = LoadN(dy + c, lanes) * LoadN(args.forward.weight + c, lanes);
    sum = sum + g;
    dots = Fma(g, (LoadN(x + c, lanes) - mean) * inverse, dots);
  }
  const F32 mean_g = Set(kIsRms ? 0.0f : SumOfLanes(sum) / static_cast<float>(C));
  const F32 mean_dot = Set(SumOfLanes(dots) / static_cast<float>(C));
  for (size_t c = 0; c < C; c += kLanes) {
    const size_t lanes = Remaining(C - c);
    const F32 normal = (LoadN(x + c, lanes) - mean) * inverse;
    const F32 gradient = LoadN(dy + c, lanes);
    const F32 g = gradient * LoadN(args.forward.weight + c, lanes);
    StoreN(dweight + c, Fma(gradient, normal, LoadN(dweight + c, lanes)), lanes);
    if (!kIsRms) StoreN(dbias + c, LoadN(dbias + c, lanes) + gradient, lanes);
    StoreN(args.dx + row * C + c, inverse * (g - mean_g - normal * mean_dot), lanes);
  }
}

template <bool kIsRms>
void GradRows(const NormBackwardArgs& args, float* dweight, float* dbias, size_t begin, size_t end) {
  const size_t C = args.forward.C;
  for (size_t c = 0; c < C; c += kLanes) {
    StoreN(dweight + c, Zero(), Remaining(C - c));
    if (!kIsRms) StoreN(dbias + c, Zero(), Remaining(C - c));
  }
  for (size_t row = begin; row < end; ++row) GradRow<kIsRms>(args, row, dweight, dbias);
}

}  // namespace

void LayerNormRows(const NormArgs& args, float* out, size_t begin, size_t end) {
  for (size_t row = begin; row < end; ++row) {
    const float* x = args.x + row * args.C;
    const Statistics s = LayerStatistics(args, x);
    for (size_t c = 0; c < args.C; c += kLanes) {
      const size_t lanes = Remaining(args.C - c);
      const F32 normal = (LoadN(x + c, lanes) - Set(s.mean)) * Set(s.inverse);
      const F32 y = Fma(normal, LoadN(args.weight + c, lanes), LoadN(args.bias + c, lanes));
      StoreN(out + row * args.C + c, y, lanes);
    }
  }
}

void RmsNormRows(const NormArgs& args, float* out, size_t begin, size_t end) {
  for (size_t row = begin; row < end; ++row) {
    const float* x = args.x + row * args.C;
    const F32 inverse = Set(RmsStatistics(args, x).inverse);
    for (size_t c = 0; c < args.C; c += kLanes) {
      const size_t lanes = Remaining(args.C - c);
      StoreN(out + row * args.C + c, LoadN(x + c, lanes) * inverse * LoadN(args.weight + c, lanes), lanes);
    }
  }
}

void LayerNormGradRows(const NormBackwardArgs& args, float* dweight, float* dbias, size_t begin, size_t end) {
  GradRows<false>(args, dweight, dbias, begin, end);
}

void RmsNormGradRows(const NormBackwardArgs& args, float* dweight, size_t begin, size_t end) {
  GradRows<true>(args, dweight, nullptr, begin, end);
}

void SumChunks(const float* parts, size_t chunks, size_t stride, float* out, size_t begin, size_t end) {
  for (size_t c = begin; c < end; c += kLanes) {
    const size_t lanes = Remaining(end - c);
    F32 sum = Zero();
    for (size_t i = 0; i < chunks; ++i) sum = sum + LoadN(parts + i * stride + c, lanes);
    StoreN(out + c, sum, lanes);
  }
}

}  // namespace llm::LLM_ISA
