// The process's thread pool.
//
// Work is cut into tasks by the caller, by sizes that depend on the problem only, never on the number of
// threads; which thread runs a task does not matter. So results are the same bits for every thread count.
// Workers spin for a moment after a task, then sleep. A call from inside a task, or while another thread
// (a Node worker) is using the pool, runs on the calling thread alone, with the same result.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace llm {

class Pool {
 public:
  // The only one; never destroyed, so that a process may exit while workers sleep.
  static Pool& Instance();

  // Threads that take part, the calling one included. At least 1, at most kMaxThreads.
  void SetThreads(int threads);
  int threads() const { return threads_.load(std::memory_order_relaxed); }

  // Runs task(i) for every i in [0, tasks), in any order, and returns when all are done. The task must not throw.
  template <typename Task>
  void Run(size_t tasks, const Task& task) {
    RunErased(tasks, [](const void* context, size_t i) { (*static_cast<const Task*>(context))(i); }, &task);
  }

  // Runs body(begin, end) over [0, count) in pieces of `grain` (the last may be shorter).
  // Choose a grain of about 20 microseconds or more of work.
  template <typename Body>
  void ForRange(size_t count, size_t grain, const Body& body) {
    if (count == 0) return;
    const size_t tasks = (count - 1) / grain + 1;
    Run(tasks, [&](size_t i) {
      const size_t begin = i * grain;
      body(begin, count - begin < grain ? count : begin + grain);
    });
  }

  // Runs body() with every Run and ForRange in it on the calling thread: for work too small to share.
  template <typename Body>
  void RunSerially(const Body& body) {
    const bool was_inside = EnterTask();
    body();
    LeaveTask(was_inside);
  }

  static constexpr int kMaxThreads = 256;

  // Memory of the calling thread for one kernel's packed data, 64-byte aligned; contents undefined. Throws
  // std::bad_alloc on a thread's first call when there is none, so call it before Run; in a task it never throws.
  static float* Workspace();
  static constexpr size_t kWorkspaceFloats = 192 * 1024;  // with what streams past, still in a 1 MiB L2 cache

 private:
  using ErasedTask = void (*)(const void* context, size_t index);

  Pool() = default;
  static bool EnterTask();
  static void LeaveTask(bool was_inside);
  void RunErased(size_t tasks, ErasedTask task, const void* context);
  uint32_t Publish(size_t tasks, ErasedTask task, const void* context);
  void Work(uint32_t epoch);
  void WorkerMain(int worker);
  uint32_t WaitForEpochAfter(uint32_t epoch);

  std::atomic<int> threads_{1};
  int workers_ = 0;              // started so far; guarded by owner_
  std::mutex owner_;             // held by the thread whose tasks run
  // The current job. `ticket_` is its epoch (high half) and its next task (low half): a worker that wakes
  // late cannot take a task of another job, because the exchange fails when the epoch moved on. See Publish.
  std::atomic<uint64_t> ticket_{0};
  std::atomic<size_t> tasks_{0};
  std::atomic<ErasedTask> task_{nullptr};
  std::atomic<const void*> context_{nullptr};
  std::atomic<size_t> done_{0};
  // Sleeping workers.
  std::mutex sleep_;
  std::condition_variable wake_;
  std::atomic<int> sleeping_{0};
};

}  // namespace llm
