#include "threading/pool.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "test/test.h"

namespace llm {
namespace {

// Runs `tasks` tasks; true when each ran exactly once.
bool RanOnceEach(size_t tasks) {
  auto runs = std::make_unique<std::atomic<int>[]>(tasks + 1);
  Pool::Instance().Run(tasks, [&](size_t i) { runs[i].fetch_add(1); });
  for (size_t i = 0; i < tasks; ++i) {
    if (runs[i] != 1) return false;
  }
  return true;
}

}  // namespace

LLM_TEST(PoolRunsEachTaskOnce) {
  for (int threads : {1, 2, 3, 8}) {
    Pool::Instance().SetThreads(threads);
    for (int round = 0; round < 300; ++round) {
      for (size_t tasks : {size_t{0}, size_t{1}, size_t{2}, size_t{7}, size_t{100}}) {
        LLM_EXPECT(RanOnceEach(tasks), std::to_string(threads) + " threads, " + std::to_string(tasks) + " tasks");
      }
    }
  }
}

LLM_TEST(PoolServesSeveralCallersAndNestedCalls) {
  Pool::Instance().SetThreads(3);
  std::atomic<int> failures{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        std::atomic<int> count{0};
        Pool::Instance().Run(10, [&](size_t) { Pool::Instance().Run(5, [&](size_t) { count.fetch_add(1); }); });
        if (count != 50) failures.fetch_add(1);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  LLM_EXPECT(failures == 0, "tasks were lost or ran twice");
}

// A thread's number is its own while a task runs, and below the limit; also when the pool gets other sizes meanwhile.
LLM_TEST(PoolNamesTheThreadOfATask) {
  std::atomic<bool> is_over{false};
  std::thread resizer([&] {
    for (int threads = 1; !is_over; threads = threads % 8 + 1) {
      Pool::Instance().SetThreads(threads);
      std::this_thread::yield();
    }
  });
  std::atomic<int> failures{0};
  for (int round = 0; round < 2000; ++round) {
    std::atomic<int> in_use[3] = {}, runs{0};
    Pool::Instance().RunByThread(20, 3, [&](size_t, size_t thread) {
      if (thread >= 3 || in_use[thread].fetch_add(1) != 0) return void(failures.fetch_add(1));
      runs.fetch_add(1);
      in_use[thread].fetch_sub(1);
    });
    if (runs != 20) failures.fetch_add(1);
  }
  is_over = true;
  resizer.join();
  LLM_EXPECT(failures == 0, std::to_string(failures) + " tasks shared their thread's number, or were lost");
}

LLM_TEST(PoolCutsARangeIntoPiecesOfTheGrain) {
  Pool::Instance().SetThreads(3);
  for (size_t count : {size_t{0}, size_t{1}, size_t{9}, size_t{10}, size_t{11}, size_t{95}}) {
    auto seen = std::make_unique<std::atomic<int>[]>(count + 1);
    std::atomic<bool> is_aligned{true};
    Pool::Instance().ForRange(count, 10, [&](size_t begin, size_t end) {
      if (begin % 10 != 0 || end > count || end - begin > 10) is_aligned = false;
      for (size_t i = begin; i < end; ++i) seen[i].fetch_add(1);
    });
    bool is_covered = true;
    for (size_t i = 0; i < count; ++i) is_covered &= seen[i] == 1;
    LLM_EXPECT(is_aligned && is_covered, std::to_string(count));
  }
}

}  // namespace llm
