// A loop: many independent tasks whose results are the answer or are merged into it. Backends schedule its blocks and
// know nothing else about it.
//
//   double area(const NoParameters&, Range points) {...}             computes a task, or a range of them
//   loops::Loop pi = loops::reduce<area, std::plus<>>({.tasks = 1'000'000});
//
// typed.hpp makes loops of such functions. This header has their type-erased form: results are bytes, and functions are
// pointers, which a worker process forked from the program can call as well.
//
// A result may depend only on the task's index and on the input. A loop must not read a variable that main() sets: a
// pool's workers have the program's memory as it was when the fork server was made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "loops/range.hpp"
#include "processes/shared_memory.hpp"

namespace loops {

/// What tasks read.
struct Input {
  const std::byte* parameters = nullptr;  ///< of this call
  const std::byte* prepared = nullptr;    ///< computed by prepare() once a call, for all tasks
  std::span<const std::byte> data = {};   ///< the same in every call
  std::size_t result_bytes = 0;           ///< the loop's
  std::int64_t first_task = 0;            ///< the one at which the data begins, if the loop makes its data in parts
};

inline constexpr std::int64_t most_blocks = 4096;
/// The size limit of a typed loop's parameters: they are sent with every call. Large input should be data.
inline constexpr std::size_t most_parameter_bytes = std::size_t{64} << 10U;

/// How tasks are divided into blocks, which a backend runs one at a time.
enum class Cut {
  by_loop,     ///< a fixed number of blocks, whatever the workers: merges in block order are equal to the bit
  by_workers,  ///< four a worker, or one for one worker: for merges that are exact in any order
};

struct Loop {
  std::int64_t tasks = 0;
  Cut cut = Cut::by_loop;
  std::int64_t blocks = most_blocks;  ///< at most; for Cut::by_loop
  std::size_t parameter_bytes = 0;    ///< of every call
  std::size_t prepared_bytes = 0;
  std::size_t result_bytes = 0;           ///< of a task; with a merge, of a block and of the answer
  bool exact = true;                      ///< whether the answer is the same to the bit with every machine and compiler
  processes::SharedMemory data = {};      ///< made before start(), and unchanged until stop()
  std::shared_ptr<const void> kept = {};  ///< lives as long as the loop
  /// Makes or reads the data of a range of tasks, without the rest: start() calls it, instead of `data`, for the tasks
  /// that this process runs, unless it runs none. Needs a merge: without one, all tasks share the data.
  std::function<processes::SharedMemory(Range tasks)> make = {};

  /// A deterministic function of the parameters; null: no preparation.
  void (*prepare)(std::span<const std::byte> parameters, std::span<std::byte> prepared) = nullptr;
  /// Computes the results of a range of tasks: one each or, with a merge, one for the range. Ranges may be computed in
  /// parallel, in any process.
  void (*run)(const Input& input, Range tasks, std::byte* results) = nullptr;
  /// Merges a block's result into the answer, which starts as the first block's. Null: the results are the answer.
  void (*merge)(std::span<std::byte> answer, std::span<const std::byte> result) = nullptr;
  bool sums_integers = false;  ///< whether the merge adds std::int64_t, one by one: exact in any order

  /// Whether two results are equal; null: compares bytes.
  bool (*same)(std::span<const std::byte> one, std::span<const std::byte> other) = nullptr;
  /// Formats a result for messages; null: hexadecimal.
  std::string (*shown)(std::span<const std::byte> result) = nullptr;
};

/// Size of the answer of one call, in bytes.
std::size_t answer_bytes(const Loop& loop);

/// Throws std::invalid_argument for a loop without a function, with negative tasks, with less than one block, with more
/// results than can be addressed, or that makes its data in parts without a merge or with other data.
void check(const Loop& loop);

/// The same loop with only the tasks of its first block: for a check before anything is timed.
Loop first_block(const Loop& loop);

/// "task 3: found 4, expected 5" for the first tasks that differ, and how many differ; empty if none does. Without the
/// task for a merged answer. Both arguments have answer_bytes(loop) bytes.
std::string difference(const Loop& loop, std::span<const std::byte> expected, std::span<const std::byte> found);

/// Which tasks are in which block, and the offsets of their results. A plain value that is sent to workers.
class Blocks {
 public:
  Blocks() = default;
  Blocks(const Loop& loop, int workers);

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(blocks_); }
  /// Of all blocks.
  [[nodiscard]] std::size_t result_bytes() const { return offset(size()); }

  [[nodiscard]] Range tasks(std::size_t block) const { return {first(block), first(block + 1)}; }
  /// Offset of a block's results.
  [[nodiscard]] std::size_t offset(std::size_t block) const {
    return bytes_ * (merged_ ? block : static_cast<std::size_t>(first(block)));
  }

 private:
  /// Block sizes differ by at most one task. At most 16,384 blocks, so the product does not overflow.
  [[nodiscard]] std::int64_t first(std::size_t block) const {
    const auto position = static_cast<std::int64_t>(block);
    const std::int64_t larger = tasks_ % blocks_;
    return tasks_ / blocks_ * position + (position < larger ? position : larger);
  }

  std::int64_t tasks_ = 0;
  std::int64_t blocks_ = 1;
  std::size_t bytes_ = 0;
  bool merged_ = false;
};

}  // namespace loops
