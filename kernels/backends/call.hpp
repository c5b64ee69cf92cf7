// One call of a loop: its blocks, and a separate result buffer for each.
#pragma once

#include <cstddef>
#include <exception>
#include <mutex>
#include <span>
#include <vector>

#include "loops/loop.hpp"

namespace backends {

/// The byte that results are overwritten with; no task's result consists of such bytes.
inline constexpr std::byte overwritten{0xa5};

/// Lives from start() to stop(), so that memory is allocated once for many calls.
class Call {
 public:
  Call(loops::Loop loop, int workers);

  /// Makes the data of these tasks if the loop makes its data in parts. Throws what Loop::make throws.
  void make_data(loops::Range tasks);

  /// Number of blocks; a backend runs each of them once.
  [[nodiscard]] std::size_t size() const { return blocks_.size(); }
  [[nodiscard]] const loops::Blocks& blocks() const { return blocks_; }
  [[nodiscard]] const loops::Loop& loop() const { return loop_; }
  [[nodiscard]] const loops::Input& input() const { return input_; }

  /// Computes the results of a block. Threads may run different blocks at the same time. finish() throws a task's
  /// exception.
  void execute(std::size_t block) noexcept;
  /// Reports the exception of a block that ran in another process.
  void fail(std::exception_ptr error) noexcept;
  /// The first exception of this call; null if there is none.
  [[nodiscard]] std::exception_ptr error();

  /// The result buffer of one block, and of all blocks in order.
  [[nodiscard]] std::span<std::byte> results(std::size_t block);
  [[nodiscard]] std::span<std::byte> results() { return results_; }

  /// Sets the parameters and the answer buffer; both must live until finish().
  void begin(std::span<const std::byte> parameters, std::span<std::byte> answer);
  /// Merges the results into the answer. Throws the first exception of a task.
  void finish();
  /// Overwrites the results of earlier calls, so that none of them can pass for a new one.
  void overwrite_results();

 private:
  loops::Loop loop_;
  loops::Blocks blocks_;
  loops::Input input_;
  std::int64_t first_task_ = 0;
  std::vector<std::byte> prepared_;
  std::vector<std::byte> unmerged_;  // results of blocks that are merged; else results are written to the answer
  std::span<std::byte> results_;
  std::span<std::byte> answer_;
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace backends
