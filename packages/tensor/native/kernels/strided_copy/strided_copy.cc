#include "kernels/strided_copy/strided_copy.h"

#include <cstdint>
#include <cstring>
#include "kernels/strided_copy/extent.h"
#include "node/instruction.h"

namespace llm {
namespace {

constexpr size_t kGrainBytes = 1 << 17;  // 128 KiB: about 10 microseconds of copying
constexpr size_t kTile = 16;             // 16 x 16 float32: two tiles of 1 KiB stay in the L1 cache

// The copy without its last `inner` dimensions: walks the rest, keeping both offsets.
class OuterCursor {
 public:
  OuterCursor(const StridedView& view, size_t inner, size_t row) : view_(view), outer_(view.rank - inner) {
    for (size_t d = outer_; d-- > 0;) {
      index_[d] = row % view.dims[d];
      row /= view.dims[d];
      from += static_cast<ptrdiff_t>(index_[d]) * view.from_strides[d];
      to += static_cast<ptrdiff_t>(index_[d]) * view.to_strides[d];
    }
  }
  void Next() {
    for (size_t d = outer_; d-- > 0;) {
      from += view_.from_strides[d];
      to += view_.to_strides[d];
      if (++index_[d] < view_.dims[d]) return;
      from -= view_.from_strides[d] * static_cast<ptrdiff_t>(view_.dims[d]);
      to -= view_.to_strides[d] * static_cast<ptrdiff_t>(view_.dims[d]);
      index_[d] = 0;
    }
  }
  ptrdiff_t from = 0, to = 0;

 private:
  const StridedView& view_;
  const size_t outer_;
  size_t index_[kMaxCopyRank] = {};
};

template <typename T>
void CopyRun(const T* from, ptrdiff_t from_step, T* to, ptrdiff_t to_step, size_t count) {
  if (to_step == 1 && from_step == 1) {
    std::memcpy(to, from, count * sizeof(T));
  } else if (to_step == 1 && from_step == 0) {
    const T value = *from;
    for (size_t i = 0; i < count; ++i) to[i] = value;
  } else {
    for (size_t i = 0; i < count; ++i) {
      to[static_cast<ptrdiff_t>(i) * to_step] = from[static_cast<ptrdiff_t>(i) * from_step];
    }
  }
}

// to[r * to_row + c] = from[r + c * from_column] in tiles, so that each cache line is used whole.
template <typename T>
void TransposeTiles(const T* from, ptrdiff_t from_column, T* to, ptrdiff_t to_row, size_t rows,
                    size_t columns) {
  for (size_t r0 = 0; r0 < rows; r0 += kTile) {
    const size_t r1 = r0 + kTile < rows ? r0 + kTile : rows;
    for (size_t c0 = 0; c0 < columns; c0 += kTile) {
      const size_t c1 = c0 + kTile < columns ? c0 + kTile : columns;
      for (size_t r = r0; r < r1; ++r) {
        T* to_line = to + static_cast<ptrdiff_t>(r) * to_row;
        const T* from_line = from + r;
        for (size_t c = c0; c < c1; ++c) to_line[c] = from_line[static_cast<ptrdiff_t>(c) * from_column];
      }
    }
  }
}

size_t Product(const size_t* dims, size_t count) {
  size_t product = 1;
  for (size_t d = 0; d < count; ++d) product *= dims[d];
  return product;
}

template <typename T>
void CopyRows(const StridedView& view, const T* from, T* to, Pool& pool) {
  const size_t last = view.rank - 1;
  const size_t run = view.dims[last];
  const size_t grain = kGrainBytes / sizeof(T);
  pool.ForRange(Product(view.dims, last) * run, grain, [&](size_t begin, size_t end) {
    OuterCursor cursor(view, 1, begin / run);
    size_t column = begin % run;
    for (size_t i = begin; i < end; column = 0, cursor.Next()) {
      const size_t count = run - column < end - i ? run - column : end - i;
      const ptrdiff_t skip = static_cast<ptrdiff_t>(column);
      CopyRun(from + cursor.from + skip * view.from_strides[last], view.from_strides[last],
              to + cursor.to + skip * view.to_strides[last], view.to_strides[last], count);
      i += count;
    }
  });
}

// The dimension along which the source is contiguous, when that is not the last one.
size_t TransposedDimension(const StridedView& view) {
  const size_t last = view.rank - 1;
  if (view.to_strides[last] != 1 || view.from_strides[last] == 1 || view.from_strides[last] == 0) {
    return view.rank;
  }
  for (size_t d = 0; d < last; ++d) {
    if (view.from_strides[d] == 1 && view.dims[d] >= 4 && view.dims[last] >= 4) return d;
  }
  return view.rank;
}

template <typename T>
void CopyTransposed(const StridedView& view, size_t row_dimension, const T* from, T* to, Pool& pool) {
  StridedView order = view;  // the row dimension moved next to the last
  const size_t last = view.rank - 1;
  for (size_t d = row_dimension; d + 1 < last; ++d) {
    order.dims[d] = view.dims[d + 1];
    order.from_strides[d] = view.from_strides[d + 1];
    order.to_strides[d] = view.to_strides[d + 1];
  }
  order.dims[last - 1] = view.dims[row_dimension];
  order.from_strides[last - 1] = view.from_strides[row_dimension];
  order.to_strides[last - 1] = view.to_strides[row_dimension];
  const size_t rows = order.dims[last - 1], columns = order.dims[last];
  const size_t bands = (rows + kTile - 1) / kTile;  // the unit of work: a band of one matrix
  const size_t units = Product(order.dims, last - 1) * bands;
  const size_t grain = 1 + kGrainBytes / sizeof(T) / (kTile * columns);
  pool.ForRange(units, grain, [&](size_t begin, size_t end) {
    for (size_t unit = begin; unit < end; ++unit) {
      const OuterCursor cursor(order, 2, unit / bands);
      const size_t r0 = unit % bands * kTile;
      const size_t count = r0 + kTile < rows ? kTile : rows - r0;
      TransposeTiles(from + cursor.from + r0, order.from_strides[last],
                     to + cursor.to + static_cast<ptrdiff_t>(r0) * order.to_strides[last - 1],
                     order.to_strides[last - 1], count, columns);
    }
  });
}

template <typename T>
void CopyTyped(const StridedView& view, const void* from, void* to, Pool& pool) {
  const size_t row_dimension = TransposedDimension(view);
  const T* typed_from = static_cast<const T*>(from);
  T* typed_to = static_cast<T*>(to);
  if (row_dimension < view.rank) {
    CopyTransposed(view, row_dimension, typed_from, typed_to, pool);
  } else {
    CopyRows(view, typed_from, typed_to, pool);
  }
}

}  // namespace

StridedView Simplify(const StridedView& view) {
  StridedView simple = {};
  for (size_t d = 0; d < view.rank; ++d) {
    if (view.dims[d] == 1) continue;
    const size_t n = simple.rank;
    const ptrdiff_t dim = static_cast<ptrdiff_t>(view.dims[d]);
    if (n > 0 && simple.from_strides[n - 1] == view.from_strides[d] * dim &&
        simple.to_strides[n - 1] == view.to_strides[d] * dim) {
      simple.dims[n - 1] *= view.dims[d];
      simple.from_strides[n - 1] = view.from_strides[d];
      simple.to_strides[n - 1] = view.to_strides[d];
      continue;
    }
    simple.dims[n] = view.dims[d];
    simple.from_strides[n] = view.from_strides[d];
    simple.to_strides[n] = view.to_strides[d];
    ++simple.rank;
  }
  if (simple.rank == 0) {
    simple.rank = 1;
    simple.dims[0] = 1;
    simple.from_strides[0] = simple.to_strides[0] = 1;
  }
  return simple;
}

void StridedCopy(const StridedView& view, const void* from, void* to, size_t width, Pool& pool) {
  const StridedView simple = Simplify(view);
  if (width == 1) {
    CopyTyped<uint8_t>(simple, from, to, pool);
  } else {
    CopyTyped<uint32_t>(simple, from, to, pool);
  }
}

}  // namespace llm

// Arguments: width, rank, then dim, from stride, to stride for each dimension; from offset and size, to
// offset and size in elements; the buffers.
LLM_INSTRUCTION(StridedCopy) {
  const size_t width = llm::ReadWidth(args);
  llm::StridedView view = {};
  view.rank = static_cast<size_t>(args.Int("rank", 0, static_cast<int64_t>(llm::kMaxCopyRank)));
  llm::Extent from_extent, to_extent;
  size_t count = 1;
  for (size_t d = 0; d < view.rank; ++d) {
    view.dims[d] = args.Size("dim");
    view.from_strides[d] = static_cast<ptrdiff_t>(args.Int("fromStride"));
    view.to_strides[d] = static_cast<ptrdiff_t>(args.Int("toStride"));
    from_extent.Add(args, view.dims[d], view.from_strides[d]);
    to_extent.Add(args, view.dims[d], view.to_strides[d]);
    count = llm::CheckedProduct(args, count, view.dims[d]);
  }
  const size_t from_offset = args.Size("fromOffset"), from_size = args.Size("fromSize");
  const size_t to_offset = args.Size("toOffset"), to_size = args.Size("toSize");
  const auto* from = args.Input<uint8_t>("from", from_size * width);
  auto* to = args.Output<uint8_t>("to", to_size * width);
  if (count == 0) return;
  args.Check(from_extent.Fits(from_offset, from_size), "from", "strides that stay inside the source");
  args.Check(to_extent.Fits(to_offset, to_size), "to", "strides that stay inside the destination");
  llm::StridedCopy(view, from + from_offset * width, to + to_offset * width, width, pool);
}
