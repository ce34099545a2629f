#include "kernels/int8_linear/int8_linear.h"

#include "kernels/int8_linear/int8_linear_simd.h"

namespace llm {
namespace {

constexpr size_t kFewRows = 4;              // of x; with more, packing W pays
constexpr size_t kRoundGrain = 1 << 14;     // values
constexpr size_t kDotGrain = 128 * 1024;    // bytes of W times rows of x
constexpr size_t kSerialWork = 64 * 1024;   // waking the pool would cost more

#if defined(__x86_64__)
#define LLM_INT8_FUNCTION(name)                                               \
  (HasExtension(Extension::kAvx512Vnni) ? &avx512vnni::name                   \
   : HasExtension(Extension::kAvxVnni)  ? &avxvnni::name                      \
                                        : name##ForCpu())
#elif defined(__aarch64__)
#define LLM_INT8_FUNCTION(name) (HasExtension(Extension::kNeonDot) ? &neondot::name : name##ForCpu())
#else
#define LLM_INT8_FUNCTION(name) name##ForCpu()
#endif

struct Scratch {
  float* x_scales;  // [M]
  uint8_t* x;       // [M, stride]: q + kInt8Zero
  float* product;
};

size_t ScalesOf(const Int8Linear& args) { return RoundUp(args.M, 16); }
size_t FloatsOfX(const Int8Linear& args) { return args.M * Int8Stride(args.weight.I) / sizeof(float); }

Scratch Split(const Int8Linear& args, float* scratch) {
  float* x = scratch + ScalesOf(args);
  return {scratch, reinterpret_cast<uint8_t*>(x), x + FloatsOfX(args)};
}

struct FinishContext {
  const Int8Linear& args;
  const float* x_scales;
};

void Finish(const void* context, float* c, size_t row, size_t column, size_t rows, size_t columns) {
  const auto& [args, x_scales] = *static_cast<const FinishContext*>(context);
  const float* bias = args.bias == nullptr ? nullptr : args.bias + column;
  Int8ScaleForCpu()(c, args.weight.O, rows, columns, x_scales + row, args.weight.scales + column, bias);
}

void PackA(const GemmOperand& a, size_t first, size_t count, size_t k, size_t depth, float* packed, size_t stride) {
  const uint8_t* source = static_cast<const uint8_t*>(a.source) + first * a.outer_stride + k;
  Int8PackAForCpu()(source, a.outer_stride, count, depth, packed, stride);
}

void PackB(const GemmOperand& b, size_t first, size_t count, size_t k, size_t depth, float* packed, size_t stride) {
  const uint8_t* source = static_cast<const uint8_t*>(b.source) + first * b.outer_stride + k;
  Int8PackBForCpu()(source, b.outer_stride, count, depth, packed, stride);
}

PackedGemm PackedGemmOf(const Int8Linear& args, const uint8_t* x, const FinishContext* context) {
  const GemmTile tile = GemmTileSizeForCpu()();
  const size_t stride = Int8Stride(args.weight.I);
  PackedGemm g;
  g.a = {PackA, x, stride, 1, args.M, tile.rows, 1};
  g.b = {PackB, args.weight.q, stride, 1, args.weight.O, tile.columns, 1};
  g.k = stride;
  g.k_per_unit = 4;
  g.is_b_by_column = true;
  g.c = args.out;
  g.c_row = args.weight.O;
  g.bias = kInt8Zero == 0 ? nullptr : reinterpret_cast<const float*>(args.weight.offsets);
  g.block = LLM_INT8_FUNCTION(Int8Block);
  g.finish = Finish;
  g.finish_context = context;
  return g;
}

void RoundRows(const Int8Linear& args, const Scratch& scratch, Pool& pool) {
  auto* round = Int8QuantizeRowForCpu();
  const size_t columns = args.weight.I, stride = Int8Stride(columns);
  pool.ForRange(args.M, kRoundGrain / (columns + 1) + 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      round(args.x + i * columns, columns, kInt8Zero, scratch.x + i * stride, scratch.x_scales + i);
    }
  });
}

void RunFewRows(const Int8Linear& args, const Scratch& scratch, Pool& pool) {
  auto* dots = LLM_INT8_FUNCTION(Int8Dots);
  const FinishContext context{args, scratch.x_scales};
  const size_t grain = RoundUp(kDotGrain / (args.M * Int8Stride(args.weight.I) + 1) + 1, 16);
  pool.ForRange(args.weight.O, grain, [&](size_t begin, size_t end) {
    dots(args, scratch.x, begin, end);
    Finish(&context, args.out + begin, 0, begin, args.M, end - begin);
  });
}

}  // namespace

void QuantizeInt8Weight(const float* w, size_t O, size_t I, int8_t* q, float* scales, int32_t* offsets, Pool& pool) {
  auto* round = Int8QuantizeRowForCpu();
  const size_t stride = Int8Stride(I);
  pool.ForRange(O, kRoundGrain / (I + 1) + 1, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      uint8_t* to = reinterpret_cast<uint8_t*>(q + row * stride);
      offsets[row] = -128 * round(w + row * I, I, 0, to, scales + row);
    }
  });
}

size_t Int8LinearScratch(const Int8Linear& args) {
  if (args.M == 0 || args.weight.O == 0) return 0;
  const size_t product = args.M <= kFewRows || args.weight.I == 0 ? 0 : PackedGemmScratch(PackedGemmOf(args, nullptr, nullptr));
  return ScalesOf(args) + FloatsOfX(args) + product;
}

void RunInt8Linear(const Int8Linear& args, float* memory, Pool& pool) {
  if (args.M == 0 || args.weight.O == 0) return;
  const Scratch scratch = Split(args, memory);
  const auto run = [&] {
    RoundRows(args, scratch, pool);
    if (args.M <= kFewRows || args.weight.I == 0) return RunFewRows(args, scratch, pool);
    const FinishContext context{args, scratch.x_scales};
    RunPackedGemm(PackedGemmOf(args, scratch.x, &context), scratch.product, pool);
  };
  args.M * args.weight.O * args.weight.I < kSerialWork ? pool.RunSerially(run) : run();
}

}  // namespace llm
