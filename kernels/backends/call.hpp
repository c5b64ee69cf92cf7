// One call of a loop: its blocks, and a place for the results of each, so that no two blocks ever write to the same
// one.
#pragma once

#include <cstddef>
#include <exception>
#include <mutex>
#include <span>
#include <vector>

#include "loops/loop.hpp"

namespace backends {

/// What results are overwritten with: of bytes like these no task's result is made.
inline constexpr std::byte overwritten{0xa5};

/// Lives from start() to stop(), so that memory is made once for many calls.
class Call {
 public:
  Call(loops::Loop loop, int workers);

  /// Blocks; a backend executes each of them once.
  [[nodiscard]] std::size_t size() const { return blocks_.size(); }
  [[nodiscard]] const loops::Blocks& blocks() const { return blocks_; }
  [[nodiscard]] const loops::Loop& loop() const { return loop_; }
  [[nodiscard]] const loops::Input& input() const { return input_; }

  /// Computes the results of a block; different ones may be at once. What a task throws, the call throws in the end.
  void execute(std::size_t block) noexcept;
  /// The same for what a worker elsewhere has executed.
  void fail(std::exception_ptr error) noexcept;

  /// Where the results of the block go, and those of all blocks, one after another.
  [[nodiscard]] std::span<std::byte> results(std::size_t block);
  [[nodiscard]] std::span<std::byte> results() { return results_; }

  /// Takes the parameters, and the place of the answer, until finish().
  void begin(std::span<const std::byte> parameters, std::span<std::byte> answer);
  /// Makes the answer of the results. Throws the first exception of a task.
  void finish();
  /// Overwrites what earlier calls have left, so that none of it can pass for a result.
  void overwrite_results();

 private:
  loops::Loop loop_;
  loops::Blocks blocks_;
  loops::Input input_;
  std::vector<std::byte> prepared_;
  std::vector<std::byte> unmerged_;  // results of blocks, where there is a merge; else they lie in the answer
  std::span<std::byte> results_;
  std::span<std::byte> answer_;
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace backends
