#include "processes/transport/call_board.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "host/huge_pages.hpp"
#include "processes/os/step.hpp"
#include "processes/transport/doorbell.hpp"

namespace processes {

namespace {

// States of a claim.
constexpr std::uint64_t free_chunk = 0;
constexpr std::uint64_t claimed_chunk = 1;
constexpr std::uint64_t taken_back_chunk = 2;

/// The number of a call, its chunk count and its next unclaimed chunk, packed into one word. A worker that increments
/// it thus learns atomically which call its chunk belongs to. The position exceeds the count by at most one per worker.
/// At a million calls a second the call number wraps after 19 hours; to do harm, a worker would have to stop between
/// two instructions for exactly that long.
class Next {
 public:
  Next(std::uint64_t call, std::uint64_t chunks) : value_((call << bits << bits) + (chunks << bits)) {}
  explicit Next(std::uint64_t value) : value_(value) {}

  [[nodiscard]] std::uint64_t call() const { return value_ >> bits >> bits; }
  [[nodiscard]] std::uint64_t chunks() const { return (value_ >> bits) % (1U << bits); }
  [[nodiscard]] std::uint64_t chunk() const { return value_ % (1U << bits); }
  [[nodiscard]] std::uint64_t value() const { return value_; }

  static constexpr std::uint64_t most_calls = std::uint64_t{1} << 36U;

 private:
  static constexpr unsigned bits = 14;
  std::uint64_t value_;
};

}  // namespace

/// Written by all processes. It begins with the doorbell's page.
struct CallBoard::Shared {
  std::array<std::byte, Doorbell::bytes> doorbell;
  alignas(cache_line) std::atomic<std::uint64_t> next;   // Next
  alignas(cache_line) std::atomic<std::uint64_t> ended;  // CallWord: count of ended chunks
  std::atomic<std::int64_t> work;
  alignas(cache_line) std::array<std::atomic<std::uint64_t>, most_chunks> claims;  // CallWord: the claim's state
};

/// Written by the program while no worker has a chunk. A worker without a chunk may read a mix of two calls.
struct CallBoard::Described {
  std::atomic<InPlace> run;
  std::atomic<void (*)()> function;
  std::atomic<std::uint64_t> tasks;
  std::atomic<std::uint64_t> chunk;
  std::atomic<std::uint64_t> argument_bytes;
  std::atomic<std::uint64_t> result_bytes;
  std::atomic<std::uint64_t> call;
  std::atomic<bool> may_be_cancelled;
  std::atomic<bool> each_count_rings;
  alignas(cache_line) std::array<std::byte, most_bytes> arguments;

  [[nodiscard]] CallShape shape() const {
    return {run.load(std::memory_order_relaxed),
            function.load(std::memory_order_relaxed),
            tasks.load(std::memory_order_relaxed),
            std::max<std::uint64_t>(chunk.load(std::memory_order_relaxed), 1),
            argument_bytes.load(std::memory_order_relaxed),
            result_bytes.load(std::memory_order_relaxed),
            may_be_cancelled.load(std::memory_order_relaxed)};
  }
};

namespace {

/// Offset of the part that workers may not write to: page-aligned.
template <class Shared>
std::size_t described_at() {
  return (sizeof(Shared) + host::page_size() - 1) / host::page_size() * host::page_size();
}

}  // namespace

// The memory is zeroed, which is the initial state. Writing zeros would commit all of its pages.
CallBoard::CallBoard(SharedMemory memory)
    : memory_(std::move(memory)),
      shared_(reinterpret_cast<Shared*>(memory_.data())),
      described_(reinterpret_cast<Described*>(memory_.data() + described_at<Shared>())) {
  memory_.leave_out_of_core_dumps();
}

CallBoard::CallBoard()
    : CallBoard(SharedMemory(described_at<Shared>() + sizeof(Described), SharedMemory::Others::write)) {}

CallBoard::CallBoard(const Descriptor& file)
    : CallBoard(SharedMemory::attach(file, described_at<Shared>() + sizeof(Described), SharedMemory::Others::write)) {
  if (::mprotect(described_, sizeof(Described), PROT_READ) < 0) throw_system_error("mprotect");
}

bool CallBoard::fits(const CallShape& shape) {
  return shape.tasks <= most_tasks && shape.chunks() <= most_chunks &&
         std::max(shape.argument_bytes, shape.result_bytes) * shape.tasks <= most_bytes;
}

std::span<std::byte> CallBoard::arguments() const { return described_->arguments; }

void CallBoard::open(const CallShape& shape) {
  call_ = call_ % (Next::most_calls - 1) + 1;  // never 0, the value in fresh memory
  chunks_ = shape.chunks();
  Described& description = *described_;
  description.call.store(call_, std::memory_order_relaxed);
  description.run.store(shape.run, std::memory_order_relaxed);
  description.function.store(shape.function, std::memory_order_relaxed);
  description.tasks.store(shape.tasks, std::memory_order_relaxed);
  description.chunk.store(shape.chunk, std::memory_order_relaxed);
  description.argument_bytes.store(shape.argument_bytes, std::memory_order_relaxed);
  description.result_bytes.store(shape.result_bytes, std::memory_order_relaxed);
  description.may_be_cancelled.store(shape.may_be_cancelled, std::memory_order_relaxed);
  description.each_count_rings.store(false, std::memory_order_relaxed);
  Shared& all = *shared_;
  for (std::size_t chunk = 0; chunk < chunks_; ++chunk) {
    all.claims[chunk].store(CallWord(call_, free_chunk).value(), std::memory_order_relaxed);
  }
  all.ended.store(CallWord(call_, 0).value(), std::memory_order_relaxed);
  all.work.store(0, std::memory_order_relaxed);
  all.next.store(Next(call_, chunks_).value(), std::memory_order_release);
}

bool CallBoard::all_ended() const {
  return shared_->ended.load(std::memory_order_acquire) == CallWord(call_, chunks_).value();
}

void CallBoard::hear_each_count() const {
  // Either a counting worker sees this flag, or the program sees its count: it reads the records again after
  // about_to_sleep().
  described_->each_count_rings.store(true, std::memory_order_relaxed);
}

std::size_t CallBoard::reached() const {
  const Next next(shared_->next.load(std::memory_order_acquire));
  // If the word is overwritten, no worker claims a further chunk.
  return next.call() == call_ ? std::min<std::size_t>(next.chunk(), chunks_) : chunks_;
}

bool CallBoard::claimed(std::size_t chunk) const {
  return shared_->claims.at(chunk).load(std::memory_order_acquire) == CallWord(call_, claimed_chunk).value();
}

bool CallBoard::take_back(std::size_t chunk) const {
  std::uint64_t found = CallWord(call_, free_chunk).value();
  return shared_->claims.at(chunk).compare_exchange_strong(found, CallWord(call_, taken_back_chunk).value(),
                                                           std::memory_order_acq_rel);
}

bool CallBoard::overwritten(std::size_t chunk) const {
  const std::uint64_t found = shared_->claims.at(chunk).load(std::memory_order_acquire);
  return found != CallWord(call_, free_chunk).value() && found != CallWord(call_, claimed_chunk).value();
}

std::int64_t CallBoard::work() const { return shared_->work.load(std::memory_order_relaxed); }

CallTaker::CallTaker(CallBoard board, CallRecord& record, CallResults& results)
    : board_(std::move(board)), record_(record), results_(results) {}

bool CallTaker::open() const { return Next(board_.shared_->next.load(std::memory_order_acquire)).call() != exhausted_; }

std::optional<CallTaker::Chunk> CallTaker::take() {
  auto& next = board_.shared_->next;
  while (true) {
    Next found(next.load(std::memory_order_acquire));
    if (found.call() == exhausted_) return std::nullopt;
    // The call is closed, or a task has overwritten the word. The record of the current call is kept.
    if (found.call() != board_.described_->call.load(std::memory_order_relaxed)) {
      exhausted_ = found.call();
      return std::nullopt;
    }
    if (found.chunk() < found.chunks()) found = Next(next.fetch_add(1, std::memory_order_acq_rel));
    if (found.chunk() >= std::min<std::uint64_t>(found.chunks(), CallBoard::most_chunks)) {
      exhausted_ = found.call();
      return std::nullopt;
    }
    reach(Step::chunk_found);
    if (call_ != found.call()) {
      taken_ = 0;
      uncounted_ = 0;  // the program has seen by the records that they ended
    }
    call_ = found.call();
    chunks_ = found.chunks();
    // Recorded before it is claimed: from the claim on, the chunk belongs to this worker. Until then the program may
    // take it back and open another call.
    results_.chunks[taken_ % CallBoard::most_chunks].store(static_cast<std::uint16_t>(found.chunk()),
                                                           std::memory_order_relaxed);
    record_.taken.store(CallWord(call_, taken_ + 1).value(), std::memory_order_release);
    reach(Step::chunk_noted);
    std::uint64_t expected = CallWord(call_, free_chunk).value();
    if (!board_.shared_->claims[found.chunk()].compare_exchange_strong(expected, CallWord(call_, claimed_chunk).value(),
                                                                       std::memory_order_seq_cst)) {
      record_.taken.store(CallWord(call_, taken_).value(), std::memory_order_release);
      continue;
    }
    reach(Step::chunk_claimed);
    if (uncounted_ == 0) since_ = steady_now();
    ++taken_;
    ++uncounted_;
    const CallShape shape = board_.described_->shape();
    const std::size_t begin = found.chunk() * shape.chunk;
    return Chunk{shape, call_, begin, std::min(begin + shape.chunk, shape.tasks)};
  }
}

const std::byte* CallTaker::argument(const Chunk& chunk, std::size_t task) const {
  return board_.described_->arguments.data() + task * chunk.shape.argument_bytes;
}

std::byte* CallTaker::result(const Chunk& chunk, std::size_t task) const {
  return results_.bytes.data() + task * chunk.shape.result_bytes;
}

void CallTaker::start(std::size_t task) const {
  record_.started.store(CallWord(call_, task + 1).value(), std::memory_order_release);
}

void CallTaker::end(std::size_t task) const {
  record_.ended.store(CallWord(call_, task + 1).value(), std::memory_order_release);
}

bool CallTaker::count() {
  if (uncounted_ == 0) return false;
  CallBoard::Shared& all = *board_.shared_;
  all.work.fetch_add(steady_now() - since_, std::memory_order_relaxed);
  const std::size_t counted = std::exchange(uncounted_, 0);
  std::uint64_t found = all.ended.load(std::memory_order_relaxed);
  do {
    if (CallWord(found).call() != call_) return false;  // the program has seen by the records that they ended
  } while (!all.ended.compare_exchange_weak(found, found + counted, std::memory_order_seq_cst));
  reach(Step::chunks_counted);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return CallWord(found + counted).count() == chunks_ ||
         board_.described_->each_count_rings.load(std::memory_order_relaxed);
}

}  // namespace processes
