// Compiled once per instruction set (see simd/vec-inl.h).
#include "kernels/norm/norm.h"

#include "simd/shuffle-inl.h"
#include "simd/vec-inl.h"

namespace llm::LLM_ISA {
namespace {

// A pass over one row. Four sums of each kind: the additions of one would wait for each other.
struct Sums {
  F32 part[4] = {Zero(), Zero(), Zero(), Zero()};
  LLM_LAMBDA float Total() const { return SumOfLanes((part[0] + part[1]) + (part[2] + part[3])); }
};

// body(c, lanes, part) for the vectors of a row, part going round 0, 1, 2, 3.
template <typename Body>
LLM_INLINE void ForRow(size_t C, const Body& body) {
  size_t c = 0;
  for (; c + 4 * kLanes <= C; c += 4 * kLanes) {
#pragma GCC unroll 4
    for (size_t part = 0; part < 4; ++part) body(c + part * kLanes, kLanes, part);
  }
  ForEachVector(C - c, [&](size_t i, size_t lanes) LLM_LAMBDA { body(c + i, lanes, 0); });
}

// x - mean; the lanes past the row are 0.
LLM_INLINE F32 Centred(const float* x, size_t lanes, F32 mean) {
  const F32 centred = LoadN(x, lanes) - mean;
  return lanes == kLanes ? centred : Select(FirstLanes(lanes), centred, Zero());
}

LLM_INLINE float Mean(const float* x, size_t C) {
  Sums sums;
  ForRow(C, [&](size_t c, size_t lanes, size_t part) LLM_LAMBDA {
    sums.part[part] = sums.part[part] + LoadN(x + c, lanes);
  });
  return sums.Total() / static_cast<float>(C);
}

// 1 / sqrt(mean((x - mean)^2) + eps)
LLM_INLINE float InverseDeviation(const float* x, float mean, const NormArgs& args) {
  Sums squares;
  ForRow(args.C, [&](size_t c, size_t lanes, size_t part) LLM_LAMBDA {
    const F32 centred = Centred(x + c, lanes, Set(mean));
    squares.part[part] = Fma(centred, centred, squares.part[part]);
  });
  return 1.0f / __builtin_sqrtf(squares.Total() / static_cast<float>(args.C) + args.eps);
}

// dx = inverse (g - mean(g) - normal mean(g normal)) with g = dy weight and normal = (x - mean) inverse; for rms, mean
// is 0 and so is the term mean(g).
template <bool kIsRms>
LLM_INLINE void GradRow(const NormBackwardArgs& args, size_t row, float* dweight, float* dbias) {
  const NormArgs& forward = args.forward;
  const size_t C = forward.C;
  const float* x = forward.x + row * C;
  const float* dy = args.dy + row * C;
  float* dx = args.dx + row * C;
  const float mean = kIsRms ? 0.0f : Mean(x, C);
  Sums squares, gradients, dots;
  ForRow(C, [&](size_t c, size_t lanes, size_t part) LLM_LAMBDA {
    const F32 centred = Centred(x + c, lanes, Set(mean));
    const F32 g = LoadN(dy + c, lanes) * LoadN(forward.weight + c, lanes);
    squares.part[part] = Fma(centred, centred, squares.part[part]);
    dots.part[part] = Fma(g, centred, dots.part[part]);
    if (!kIsRms) gradients.part[part] = gradients.part[part] + g;
  });
  const float size = static_cast<float>(C);
  const float inverse = 1.0f / __builtin_sqrtf(squares.Total() / size + forward.eps);
  const F32 mean_gradient = Set(kIsRms ? 0.0f : gradients.Total() / size);
  const F32 mean_dot = Set(dots.Total() * inverse / size);
  ForEachVector(C, [&](size_t c, size_t lanes) LLM_LAMBDA {
    const F32 normal = (LoadN(x + c, lanes) - Set(mean)) * Set(inverse);
    const F32 gradient = LoadN(dy + c, lanes);
    const F32 g = gradient * LoadN(forward.weight + c, lanes);
    StoreN(dweight + c, Fma(gradient, normal, LoadN(dweight + c, lanes)), lanes);
    if (!kIsRms) StoreN(dbias + c, LoadN(dbias + c, lanes) + gradient, lanes);
    StoreN(dx + c, Set(inverse) * ((g - mean_gradient) - normal * mean_dot), lanes);
  });
}

template <bool kIsRms>
void GradRows(const NormBackwardArgs& args, float* dweight, float* dbias, size_t begin, size_t end) {
  ForEachVector(args.forward.C, [&](size_t c, size_t lanes) LLM_LAMBDA {
    StoreN(dweight + c, Zero(), lanes);
    if (!kIsRms) StoreN(dbias + c, Zero(), lanes);
  });
  for (size_t row = begin; row < end; ++row) GradRow<kIsRms>(args, row, dweight, dbias);
}

}  // namespace

void LayerNormRows(const NormArgs& args, float* out, size_t begin, size_t end) {
  for (size_t row = begin; row < end; ++row) {
    const float* x = args.x + row * args.C;
    float* y = out + row * args.C;
    const float mean = Mean(x, args.C);
    const F32 inverse = Set(InverseDeviation(x, mean, args));
    ForEachVector(args.C, [&](size_t c, size_t lanes) LLM_LAMBDA {
      const F32 normal = (LoadN(x + c, lanes) - Set(mean)) * inverse;
      StoreN(y + c, Fma(normal, LoadN(args.weight + c, lanes), LoadN(args.bias + c, lanes)), lanes);
    });
  }
}

void RmsNormRows(const NormArgs& args, float* out, size_t begin, size_t end) {
  for (size_t row = begin; row < end; ++row) {
    const float* x = args.x + row * args.C;
    float* y = out + row * args.C;
    const F32 inverse = Set(InverseDeviation(x, 0.0f, args));
    ForEachVector(args.C, [&](size_t c, size_t lanes) LLM_LAMBDA {
      StoreN(y + c, LoadN(x + c, lanes) * inverse * LoadN(args.weight + c, lanes), lanes);
    });
  }
}

void LayerNormGradRows(const NormBackwardArgs& args, float* dweight, float* dbias, size_t begin, size_t end) {
  GradRows<false>(args, dweight, dbias, begin, end);
}

void RmsNormGradRows(const NormBackwardArgs& args, float* dweight, size_t begin, size_t end) {
  GradRows<true>(args, dweight, nullptr, begin, end);
}

void SumChunks(const float* parts, size_t chunks, size_t stride, float* out, size_t begin, size_t end) {
  ForEachVector(end - begin, [&](size_t c, size_t lanes) LLM_LAMBDA {
    F32 sum = Zero();
    for (size_t i = 0; i < chunks; ++i) sum = sum + LoadN(parts + i * stride + begin + c, lanes);
    StoreN(out + begin + c, sum, lanes);
  });
}

}  // namespace llm::LLM_ISA
