// Cuts many tensors, large and small, into pieces of at most `grain` elements and runs them on the pool.
// Pieces depend on the sizes alone: the same for every thread count.
#pragma once

#include <algorithm>
#include <cstddef>

#include "threading/pool.h"

namespace llm {

// body(tensor, begin, end) for each piece. size_of(i) is the number of elements of tensor i, 0 too.
// first_task: count entries of working memory.
template <typename SizeOf, typename Body>
void ForTensorPieces(size_t count, size_t grain, size_t* first_task, Pool& pool, SizeOf size_of, Body body) {
  size_t tasks = 0;
  for (size_t i = 0; i < count; ++i) {
    first_task[i] = tasks;
    tasks += (size_of(i) + grain - 1) / grain;
  }
  pool.Run(tasks, [&](size_t task) {
    // The last tensor whose first task is at or before this one; an empty tensor has none.
    const size_t i = static_cast<size_t>(std::upper_bound(first_task, first_task + count, task) - first_task) - 1;
    const size_t begin = (task - first_task[i]) * grain;
    body(i, begin, std::min(begin + grain, size_of(i)));
  });
}

}  // namespace llm
