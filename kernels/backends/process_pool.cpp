#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>
#include <vector>

#include "backends/backend.hpp"
#include "processes/pool.hpp"

namespace backends {

namespace {

/// Offsets in the shared memory of a call: parameters and prepared bytes, which the program writes once a call, then
/// the results. Sent to workers as it is.
struct Layout {
  static constexpr std::size_t alignment = 64;  // sufficient for any type; the size of a cache line

  explicit Layout(const Call& call)
      : parameters(call.loop().parameter_bytes),
        prepared(call.loop().prepared_bytes),
        results(call.blocks().result_bytes()) {}
  Layout() = default;

  [[nodiscard]] std::size_t prepared_at() const { return rounded_up(parameters); }
  [[nodiscard]] std::size_t results_at() const { return prepared_at() + rounded_up(prepared); }
  [[nodiscard]] std::size_t size() const { return results_at() + rounded_up(std::max<std::size_t>(results, 1)); }

  static std::size_t rounded_up(std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

  std::uint64_t parameters = 0;
  std::uint64_t prepared = 0;
  std::uint64_t results = 0;
};

/// A worker's state for all its tasks. The loop's data is in shared memory.
struct Held {
  decltype(loops::Loop::run) run = nullptr;
  loops::Blocks blocks;
  loops::Input input;
  std::byte* results = nullptr;
};

Held& held() {
  static Held here;
  return here;
}

/// Workers get the loop's function pointer, not its name: it may not be in the registry.
void hold(decltype(loops::Loop::run) run, loops::Blocks blocks, Layout layout, std::size_t result_bytes,
          bool has_data) {
  std::byte* const call = processes::shared_memory(0).data();
  const auto data = has_data ? processes::shared_memory(1).bytes() : std::span<std::byte>();
  held() = {run, blocks, {call, call + layout.prepared_at(), data, result_bytes}, call + layout.results_at()};
}

/// Only the block's index is sent.
bool execute_block(std::size_t block) {
  const auto& [run, blocks, input, results] = held();
  run(input, blocks.tasks(block), results + blocks.offset(block));
  return true;
}

class ProcessPool : public Backend {
 public:
  ~ProcessPool() override { stop(); }

 private:
  void begin() override {
    const loops::Loop& loop = call().loop();
    layout_ = Layout(call());
    memory_ = processes::SharedMemory(layout_.size(), processes::SharedMemory::Others::write);
    blocks_.resize(call().size());
    std::iota(blocks_.begin(), blocks_.end(), 0);
    const bool has_data = loop.data.size() > 0;
    processes::PoolOptions options{
        .initialiser = processes::call(hold, loop.run, call().blocks(), layout_, loop.result_bytes, has_data),
        .shared = {memory_}};
    if (has_data) options.shared.push_back(loop.data);
    pool_.emplace(workers(), std::move(options));
  }

  void schedule(Call& call) override {
    put(0, call.input().parameters, layout_.parameters);
    put(layout_.prepared_at(), call.input().prepared, layout_.prepared);
    pool_->map(execute_block, blocks_);
    // The results are correct, but the time would be that of fewer workers.
    if (const auto status = pool_->lost()) throw processes::WorkerLost(0, *status);
    std::ranges::copy(results(), call.results().begin());
  }

  void end() override {
    pool_->close();
    pool_->join();
    pool_.reset();
    memory_ = {};
  }

  void overwrite_own_results() override { std::ranges::fill(results(), overwritten); }

  void put(std::size_t place, const std::byte* from, std::size_t bytes) {
    if (bytes > 0) std::memcpy(memory_.data() + place, from, bytes);
  }

  [[nodiscard]] std::span<std::byte> results() const {
    return memory_.bytes().subspan(layout_.results_at(), layout_.results);
  }

  Layout layout_;
  processes::SharedMemory memory_;
  std::vector<std::size_t> blocks_;
  std::optional<processes::ProcessPool> pool_;
};

const Registration process_pool_registration({
    .name = "process_pool",
    .summary = "a pool of worker processes, map over the tasks",
    .mechanism = Mechanism::processes,
    .warms_up = true,
    .make = [] { return std::make_unique<ProcessPool>(); },
});

}  // namespace

}  // namespace backends
