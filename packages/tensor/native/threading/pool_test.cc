// Every task of every job runs exactly once, also when jobs of different sizes follow each other at once
// and more threads than cores make workers stop anywhere.
#include "threading/pool.h"

#include <atomic>
#include <thread>
#include <vector>

#include "test/test.h"

namespace llm {
namespace {

// The sizes alternate so that a worker late from a small job finds a bigger one: the moment at which a
// wrong pool runs a task of the new job twice.
constexpr size_t kSizes[] = {2, 7, 3, 16, 2, 5};
constexpr int kJobs = 300000;
// Threads that only burn time, so that the system stops the others at every possible place.
constexpr int kRivals = 6;

bool EachOnce(const std::vector<std::atomic<int>>& runs, size_t tasks) {
  for (size_t i = 0; i < tasks; ++i) {
    if (runs[i].load() != 1) return false;
  }
  return true;
}

}  // namespace

LLM_TEST(PoolRunsEveryTaskOnce) {
  Pool& pool = Pool::Instance();
  const int before = pool.threads();
  pool.SetThreads(6);
  std::atomic<bool> is_over{false};
  std::vector<std::thread> rivals;
  for (int i = 0; i < kRivals; ++i) {
    rivals.emplace_back([&] {
      while (!is_over.load(std::memory_order_relaxed)) {
      }
    });
  }
  std::vector<std::atomic<int>> runs(16);
  int wrong = 0;
  for (int job = 0; job < kJobs && wrong == 0; ++job) {
    const size_t tasks = kSizes[job % 6];
    for (auto& run : runs) run.store(0, std::memory_order_relaxed);
    pool.Run(tasks, [&](size_t i) { runs[i].fetch_add(1, std::memory_order_relaxed); });
    if (!EachOnce(runs, tasks)) ++wrong;
  }
  is_over.store(true);
  for (auto& rival : rivals) rival.join();
  pool.SetThreads(before);
  LLM_EXPECT(wrong == 0, "a task ran twice or not at all");
}

}  // namespace llm
