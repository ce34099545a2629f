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
uint32_t LeftOf(uint64_t ticket) { return static_cast<uint32_t>(ticket); }
uint64_t Ticket(uint32_t epoch, size_t left) { return static_cast<uint64_t>(epoch) << 32 | left; }

// The first task of thread `i`, of `threads`.
size_t RangeStart(size_t tasks, size_t threads, size_t i) {
  const size_t rest = tasks % threads;
  return tasks / threads * i + (rest < i ? rest : i);
}

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

void Pool::RunErased(size_t tasks, ErasedTask task, const void* context, size_t most_threads) {
  std::unique_lock<std::mutex> lock(owner_, std::defer_lock);
  const bool is_small = tasks <= 1 || most_threads <= 1 || threads() == 1;
  const bool alone = is_small || tasks >= UINT32_MAX || t_inside_task || !lock.try_lock();
  if (alone) {
    for (size_t i = 0; i < tasks; ++i) task(context, i, 0);
    return;
  }
  const size_t threads = static_cast<size_t>(threads_.load(std::memory_order_relaxed));
  const uint32_t epoch = Publish(tasks, task, context, threads < most_threads ? threads : most_threads);
  if (sleeping_.load(std::memory_order_seq_cst) > 0) {
    { std::lock_guard<std::mutex> guard(sleep_); }
    wake_.notify_all();
  }
  Work(epoch, 0);
  for (int spins = 0; done_.load(std::memory_order_acquire) != tasks; ++spins) {
    spins < kSpinsBeforeYield ? Pause() : std::this_thread::yield();
  }
}

// A worker may still be looking for a task of the last job. All of those are taken, so no ticket of that job has any
// left until it is replaced, and a ticket with the new epoch shows its reader the new job (release, acquire).
uint32_t Pool::Publish(size_t tasks, ErasedTask task, const void* context, size_t threads) {
  const uint32_t epoch = epoch_.load(std::memory_order_relaxed) + 1;
  job_threads_.store(threads, std::memory_order_release);
  tasks_.store(tasks, std::memory_order_release);
  task_.store(task, std::memory_order_release);
  context_.store(context, std::memory_order_release);
  done_.store(0, std::memory_order_release);
  for (size_t i = 0; i < threads; ++i) {
    const size_t size = RangeStart(tasks, threads, i + 1) - RangeStart(tasks, threads, i);
    ranges_[i].ticket.store(Ticket(epoch, size), std::memory_order_release);
  }
  epoch_.store(epoch, std::memory_order_seq_cst);
  return epoch;
}

// The thread's own range, then what is left of the others'.
void Pool::Work(uint32_t epoch, size_t thread) {
  const size_t threads = job_threads_.load(std::memory_order_acquire);
  if (thread >= threads) return;
  t_inside_task = true;
  size_t done = 0;
  for (size_t i = 0; i < threads; ++i) done += WorkOnRange(epoch, (thread + i) % threads, thread);
  if (done > 0) done_.fetch_add(done, std::memory_order_acq_rel);
  t_inside_task = false;
}

// Takes tasks of a range until none is left, or another job has begun. Returns how many it ran.
size_t Pool::WorkOnRange(uint32_t epoch, size_t range, size_t thread) {
  size_t done = 0;
  std::atomic<uint64_t>& shared_ticket = ranges_[range].ticket;
  uint64_t ticket = shared_ticket.load(std::memory_order_acquire);
  while (EpochOf(ticket) == epoch && LeftOf(ticket) > 0) {
    // The job cannot end before this ticket's tasks are taken: if the exchange succeeds, these were its values.
    const ErasedTask task = task_.load(std::memory_order_acquire);
    const void* context = context_.load(std::memory_order_acquire);
    const size_t tasks = tasks_.load(std::memory_order_acquire), threads = job_threads_.load(std::memory_order_acquire);
    const size_t index = RangeStart(tasks, threads, range + 1) - LeftOf(ticket);
    if (!shared_ticket.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acq_rel)) continue;
    task(context, index, thread);
    ++done;
    ticket = shared_ticket.load(std::memory_order_acquire);
  }
  return done;
}

uint32_t Pool::WaitForEpochAfter(uint32_t epoch) {
  const auto deadline = std::chrono::steady_clock::now() + kSpinTime;
  do {
    for (int i = 0; i < kPausesPerClockCheck; ++i) {
      const uint32_t now = epoch_.load(std::memory_order_acquire);
      if (now != epoch) return now;
      Pause();
    }
  } while (std::chrono::steady_clock::now() < deadline);
  std::unique_lock<std::mutex> lock(sleep_);
  sleeping_.fetch_add(1, std::memory_order_seq_cst);
  uint32_t now = epoch;
  wake_.wait(lock, [&] { return (now = epoch_.load(std::memory_order_seq_cst)) != epoch; });
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
    Work(epoch, static_cast<size_t>(worker) + 1);
  }
}

}  // namespace llm
