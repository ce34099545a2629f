// The gradient of the filter: for each tap, a product of the inputs under it with the gradients, summed over pixels.
//
// The lines of all images are cut into pieces, each with a sum of its own, so that few taps and channels still make
// enough tasks; the sums are added in order at the end. Within a piece, lines come in chunks that stay in the cache
// while every tap uses them.
#include "kernels/conv/conv.h"
#include "kernels/gemm/gemm.h"
#include "kernels/gemm/gemm_plan.h"

namespace llm {
namespace {

constexpr size_t kChunkFloats = 48 * 1024;  // of inputs and gradients: 192 KiB
constexpr size_t kMaxPieces = 8;
constexpr size_t kMaxPieceFloats = 2 << 20;  // of all pieces' sums
constexpr size_t kMaxRuns = 4096;            // lines of a chunk
constexpr size_t kSumGrain = 1 << 14;

size_t Smaller(size_t a, size_t b) { return a < b ? a : b; }
size_t Larger(size_t a, size_t b) { return a > b ? a : b; }

class FilterGrad {
 public:
  FilterGrad(const ConvShape& shape, const float* x, const float* dy, float* out, Args& args)
      : s_(shape), axes_(shape.window.axes), x_(x), dy_(dy), out_(out) {
    lines_ = s_.window.batch * axes_[0].out * axes_[1].out;
    const size_t line_floats = axes_[2].out * s_.out_channels + axes_[2].in * s_.in_channels;
    chunk_ = Smaller(Larger(kChunkFloats / (line_floats + 1), 1), kMaxRuns);
    const size_t most = Smaller(kMaxPieces, Larger(kMaxPieceFloats / s_.FilterSize(), 1));
    pieces_ = Smaller(DivideUp(lines_, chunk_), most);
    if (pieces_ > 1) partial_ = args.Scratch<float>((pieces_ - 1) * s_.FilterSize());
  }

  void Run(Pool& pool) {
    Pool::Workspace();
    const size_t groups = pieces_ < kMaxPieces ? s_.window.Taps() : 1;
    pool.Run(pieces_ * groups, [&](size_t i) { RunPiece(i / groups, i % groups, groups); });
    if (pieces_ > 1) AddPieces(pool);
  }

 private:
  float* SumOf(size_t piece) const { return piece == 0 ? out_ : partial_ + (piece - 1) * s_.FilterSize(); }

  // Taps of one group, `groups` apart.
  void RunPiece(size_t piece, size_t group, size_t groups) const {
    const size_t chunks = DivideUp(lines_, chunk_);
    const size_t begin = chunks * piece / pieces_ * chunk_;
    const size_t end = Smaller(chunks * (piece + 1) / pieces_ * chunk_, lines_);
    for (size_t line = begin; line < end; line += chunk_) {
      for (size_t tap = group; tap < s_.window.Taps(); tap += groups) {
        RunTap(line, Smaller(end - line, chunk_), tap, SumOf(piece), line > begin);
      }
    }
  }

  void RunTap(size_t line, size_t count, size_t tap, float* sum, bool accumulate) const {
    ConvRun* runs = reinterpret_cast<ConvRun*>(Pool::Workspace());
    const size_t taps[kWindowAxes] = {axes_[0].filter, axes_[1].filter, axes_[2].filter};
    const Place at = PlaceOf(tap, taps);
    size_t used = 0;
    for (size_t i = 0; i < count; ++i) used += ListRun(line + i, at, runs + used) ? 1 : 0;
    const size_t size = s_.in_channels * s_.out_channels;
    ConvFilterTileForCpu()({runs, used, axes_[2].stride * s_.in_channels, s_.out_channels, dy_ + s_.OutSize(),
                            s_.in_channels, s_.out_channels, sum + tap * size, accumulate});
  }

  // The pixels of an output line for which the tap is inside the image. False when there are none.
  bool ListRun(size_t line, const Place& tap, ConvRun* run) const {
    const size_t o1 = line % axes_[1].out, o0 = line / axes_[1].out % axes_[0].out;
    const size_t image = line / axes_[1].out / axes_[0].out;
    const size_t i0 = o0 * axes_[0].stride + tap.at[0] * axes_[0].dilation - axes_[0].pad;
    const size_t i1 = o1 * axes_[1].stride + tap.at[1] * axes_[1].dilation - axes_[1].pad;
    if (i0 >= axes_[0].in || i1 >= axes_[1].in) return false;  // below 0 wraps
    const WindowAxis& axis = axes_[2];
    const size_t offset = tap.at[2] * axis.dilation;
    const size_t first = offset >= axis.pad ? 0 : DivideUp(axis.pad - offset, axis.stride);
    if (offset >= axis.in + axis.pad) return false;
    const size_t end = Smaller(DivideUp(axis.in + axis.pad - offset, axis.stride), axis.out);
    if (first >= end) return false;
    const size_t pixel = ((image * axes_[0].in + i0) * axes_[1].in + i1) * axis.in + first * axis.stride + offset - axis.pad;
    *run = {x_ + pixel * s_.in_channels, dy_ + (line * axis.out + first) * s_.out_channels, end - first};
    return true;
  }

  void AddPieces(Pool& pool) const {
    const size_t size = s_.FilterSize();
    pool.ForRange(size, kSumGrain, [&](size_t begin, size_t end) {
      for (size_t piece = 1; piece < pieces_; ++piece) {
        const float* partial = SumOf(piece);
        for (size_t i = begin; i < end; ++i) out_[i] += partial[i];
      }
    });
  }

  const ConvShape& s_;
  const WindowAxis (&axes_)[kWindowAxes];
  const float* x_;
  const float* dy_;
  float* out_;
  size_t lines_;
  size_t chunk_;
  size_t pieces_;
  float* partial_ = nullptr;
};

}  // namespace

void ConvFilterGrad(const ConvShape& s, const float* x, const float* dy, float* dfilter, Args& args, Pool& pool) {
  if (s.FilterSize() == 0) return;
  if (s.OutSize() == 0) {
    for (size_t i = 0; i < s.FilterSize(); ++i) dfilter[i] = 0;
    return;
  }
  if (s.window.IsPointwise()) {
    Gemm g;
    g.m = s.in_channels;
    g.n = s.out_channels;
    g.k = s.window.batch * s.window.InPixels();
    g.a = x;
    g.a_row = 1;
    g.a_k = g.m;
    g.b = dy;
    g.b_k = g.n;
    g.b_column = 1;
    g.c = dfilter;
    g.c_row = g.n;
    return RunGemm(g, args.Scratch<float>(GemmScratch(g)), pool);
  }
  FilterGrad(s, x, dy, dfilter, args).Run(pool);
}

}  // namespace llm
