// The process's thread pool.
//
// Work is cut into tasks by the caller, by sizes that depend on the problem only, never on the number of
// threads; which thread runs a task does not matter. So results are the same bits for every thread count.
// Each thread has a range of the tasks, the same one each time, so that what it wrote in one kernel is in its own
// cache in the next: cores may lie on chips that share no cache, where the other's data come at the speed of memory.
// Who is done with its range helps with the others'.
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
    RunErased(tasks, [](const void* context, size_t i, size_t) { (*static_cast<const Task*>(context))(i); }, &task);
  }

  // Runs task(i, thread) likewise, by at most `most_threads` threads. No two tasks that run at the same time have the
  // same thread, a number below most_threads; so it may name memory that the tasks of one thread share.
  template <typename Task>
  void RunByThread(size_t tasks, size_t most_threads, const Task& task) {
    RunErased(
        tasks, [](const void* context, size_t i, size_t thread) { (*static_cast<const Task*>(context))(i, thread); },
        &task, most_threads);
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
  using ErasedTask = void (*)(const void* context, size_t index, size_t thread);
  static constexpr size_t kNoSharedLine = 128;  // bytes; processors fetch lines in pairs

  // The tasks of one thread that nobody has taken: a ticket, which is the job's epoch (high half) and how many are left
  // (low half).
  struct alignas(kNoSharedLine) Range {
    std::atomic<uint64_t> ticket{0};
  };

  Pool() = default;
  static bool EnterTask();
  static void LeaveTask(bool was_inside);
  void RunErased(size_t tasks, ErasedTask task, const void* context, size_t most_threads = kMaxThreads);
  uint32_t Publish(size_t tasks, ErasedTask task, const void* context, size_t threads);
  void Work(uint32_t epoch, size_t thread);
  size_t WorkOnRange(uint32_t epoch, size_t range, size_t thread);
  void WorkerMain(int worker);
  uint32_t WaitForEpochAfter(uint32_t epoch);

  std::atomic<int> threads_{1};
  int workers_ = 0;              // started so far; guarded by owner_
  std::mutex owner_;             // held by the thread whose tasks run
  Range ranges_[kMaxThreads];
  // The current job. See Publish.
  alignas(kNoSharedLine) std::atomic<uint32_t> epoch_{0};
  std::atomic<size_t> job_threads_{0};  // that may take part
  std::atomic<size_t> tasks_{0};
  std::atomic<ErasedTask> task_{nullptr};
  std::atomic<const void*> context_{nullptr};
  alignas(kNoSharedLine) std::atomic<size_t> done_{0};
  // Sleeping workers.
  alignas(kNoSharedLine) std::mutex sleep_;
  std::condition_variable wake_;
  std::atomic<int> sleeping_{0};
};

}  // namespace llm
