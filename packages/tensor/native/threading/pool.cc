#include "threading/pool.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <thread>

#include "memory/aligned_memory.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace llm {
namespace {

// Long enough to bridge the JavaScript between two kernels, short enough not to burn a core.
constexpr auto kSpinTime = std::chrono::microseconds(60);
constexpr int kPausesPerClockCheck = 64;
// With more runnable threads than cores, the one we wait for may need ours.
constexpr int kSpinsBeforeYield = 2000;

thread_local bool t_inside_task = false;

inline void Pause() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

uint32_t EpochOf(uint64_t ticket) { return static_cast<uint32_t>(ticket >> 32); }
uint32_t IndexOf(uint64_t ticket) { return static_cast<uint32_t>(ticket); }
uint64_t Ticket(uint32_t epoch, uint32_t index) { return static_cast<uint64_t>(epoch) << 32 | index; }

struct FreeDeleter {
  void operator()(float* memory) const { FreeAligned(memory); }
};

}  // namespace

float* Pool::Workspace() {
  static thread_local std::unique_ptr<float, FreeDeleter> workspace;
  if (workspace == nullptr) {
    void* memory = AllocateAligned(64, kWorkspaceFloats * sizeof(float));
    if (memory == nullptr) throw std::bad_alloc();
    workspace.reset(static_cast<float*>(memory));
  }
  return workspace.get();
}

Pool& Pool::Instance() {
  static Pool* pool = new Pool();
  return *pool;
}

bool Pool::EnterTask() {
  const bool was_inside = t_inside_task;
  t_inside_task = true;
  return was_inside;
}

void Pool::LeaveTask(bool was_inside) { t_inside_task = was_inside; }

void Pool::SetThreads(int threads) {
  std::lock_guard<std::mutex> lock(owner_);
  threads = threads < 1 ? 1 : threads > kMaxThreads ? kMaxThreads : threads;
  for (; workers_ < threads - 1; ++workers_) {
    std::thread(&Pool::WorkerMain, this, workers_).detach();
  }
  threads_.store(threads, std::memory_order_relaxed);
}

void Pool::RunErased(size_t tasks, ErasedTask task, const void* context) {
  std::unique_lock<std::mutex> lock(owner_, std::defer_lock);
  const bool alone = tasks <= 1 || threads() == 1 || tasks >= UINT32_MAX || t_inside_task || !lock.try_lock();
  if (alone) {
    for (size_t i = 0; i < tasks; ++i) task(context, i);
    return;
  }
  const uint32_t epoch = Publish(tasks, task, context);
  if (sleeping_.load(std::memory_order_seq_cst) > 0) {
    { std::lock_guard<std::mutex> guard(sleep_); }
    wake_.notify_all();
  }
  Work(epoch);
  for (int spins = 0; done_.load(std::memory_order_acquire) != tasks; ++spins) {
    spins < kSpinsBeforeYield ? Pause() : std::this_thread::yield();
  }
}

// A worker may still be looking for a task of the last job, with that job's ticket in hand. If it read the new job's
// number of tasks while the old ticket was still valid, it would take a task that nobody counted. So the old ticket
// ends first (an epoch that has no tasks), then the job is written, then its own epoch begins.
uint32_t Pool::Publish(size_t tasks, ErasedTask task, const void* context) {
  const uint32_t closed = EpochOf(ticket_.load(std::memory_order_relaxed)) + 1;
  ticket_.store(Ticket(closed, UINT32_MAX), std::memory_order_seq_cst);
  tasks_.store(tasks, std::memory_order_release);
  task_.store(task, std::memory_order_release);
  context_.store(context, std::memory_order_release);
  done_.store(0, std::memory_order_release);
  ticket_.store(Ticket(closed + 1, 0), std::memory_order_seq_cst);
  return closed + 1;
}

void Pool::Work(uint32_t epoch) {
  t_inside_task = true;
  uint64_t ticket = ticket_.load(std::memory_order_acquire);
  while (EpochOf(ticket) == epoch) {
    const uint32_t index = IndexOf(ticket);
    // Acquire: who reads a value of a later job also sees that this job's ticket has ended, and fails below.
    const ErasedTask task = task_.load(std::memory_order_acquire);
    const void* context = context_.load(std::memory_order_acquire);
    if (index >= tasks_.load(std::memory_order_acquire)) break;
    if (!ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel)) continue;
    task(context, index);
    done_.fetch_add(1, std::memory_order_acq_rel);
    ticket = ticket_.load(std::memory_order_acquire);
  }
  t_inside_task = false;
}

uint32_t Pool::WaitForEpochAfter(uint32_t epoch) {
  const auto deadline = std::chrono::steady_clock::now() + kSpinTime;
  do {
    for (int i = 0; i < kPausesPerClockCheck; ++i) {
      const uint32_t now = EpochOf(ticket_.load(std::memory_order_acquire));
      if (now != epoch) return now;
      Pause();
    }
  } while (std::chrono::steady_clock::now() < deadline);
  std::unique_lock<std::mutex> lock(sleep_);
  sleeping_.fetch_add(1, std::memory_order_seq_cst);
  uint32_t now = epoch;
  wake_.wait(lock, [&] { return (now = EpochOf(ticket_.load(std::memory_order_seq_cst))) != epoch; });
  sleeping_.fetch_sub(1, std::memory_order_relaxed);
  return now;
}

void Pool::WorkerMain(int worker) {
  try {
    Workspace();
  } catch (const std::bad_alloc&) {
    return;  // the other threads take its tasks
  }
  uint32_t epoch = 0;
  while (true) {
    epoch = WaitForEpochAfter(epoch);
    if (worker < threads() - 1) Work(epoch);
  }
}

}  // namespace llm
