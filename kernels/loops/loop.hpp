// A loop: many independent tasks, and what becomes of their results. Backends schedule its blocks and know nothing else
// of it.
//
//   double area(const NoParameters&, Range points) {...}             what a task, or a range of them, computes
//   loops::Loop pi = loops::reduce<area, std::plus<>>({.tasks = 1'000'000});
//
// typed.hpp makes loops of functions like this one. What stands here is their erased form: results are bytes, and the
// functions are pointers, which a worker process that was forked from the program can call as well.
//
// A result depends on the task's position and on the input alone. Workers of a pool hold the program as it was when its
// fork server was made, so a loop must not read a variable that main() sets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "loops/range.hpp"
#include "processes/shared_memory.hpp"

namespace loops {

/// What tasks read.
struct Input {
  const std::byte* parameters = nullptr;  ///< of this call
  const std::byte* prepared = nullptr;    ///< what prepare() made of them, once for all tasks of the call
  std::span<const std::byte> data = {};   ///< the same in every call
  std::size_t result_bytes = 0;           ///< the loop's
};

inline constexpr std::int64_t most_blocks = 4096;
/// What a typed loop's parameters take at most: they are handed over in every call, and large input is data.
inline constexpr std::size_t most_parameter_bytes = std::size_t{64} << 10U;

/// What the tasks are cut into, which a backend executes one at a time.
enum class Cut {
  by_loop,     ///< so many blocks, whatever the workers: what is merged in their order is the same to the bit
  by_workers,  ///< four a worker, and one for one worker; for a merge that is exact in any order
};

struct Loop {
  std::int64_t tasks = 0;
  Cut cut = Cut::by_loop;
  std::int64_t blocks = most_blocks;  ///< at most; of Cut::by_loop
  std::size_t parameter_bytes = 0;    ///< of every call
  std::size_t prepared_bytes = 0;
  std::size_t result_bytes = 0;           ///< of a task; where there is a merge, of a block, and of the answer
  bool exact = true;                      ///< whether every machine and compiler gives the same answer, to the bit
  processes::SharedMemory data = {};      ///< made before start(), and not changed until stop()
  std::shared_ptr<const void> kept = {};  ///< lives as long as the loop

  /// All parameters of a call give the same prepared bytes. No function, no preparation.
  void (*prepare)(std::span<const std::byte> parameters, std::span<std::byte> prepared) = nullptr;
  /// Computes the results of some tasks that follow one another: one after another, or, where there is a merge, one for
  /// all. Different ranges may be computed at once, in any process.
  void (*run)(const Input& input, Range tasks, std::byte* results) = nullptr;
  /// Adds a block's result to the answer, which begins as the first block's. No function: the results are the answer.
  void (*merge)(std::span<std::byte> answer, std::span<const std::byte> result) = nullptr;

  /// Whether two results are the same value; to the byte where there is no function.
  bool (*same)(std::span<const std::byte> one, std::span<const std::byte> other) = nullptr;
  /// A result for people; in hexadecimal where there is no function.
  std::string (*shown)(std::span<const std::byte> result) = nullptr;
};

/// Bytes of the answer of one call.
std::size_t answer_bytes(const Loop& loop);

/// Throws std::invalid_argument for a loop without tasks' function, with negative tasks, with less than one block, or
/// with more results than can be addressed.
void check(const Loop& loop);

/// The same loop with the tasks of its first block alone: what is asked before anything is timed.
Loop first_block(const Loop& loop);

/// "task 3: found 4, expected 5" of the first tasks that differ and how many they are; nothing if none does. Of a
/// merged answer without the task. Both have answer_bytes(loop).
std::string difference(const Loop& loop, std::span<const std::byte> expected, std::span<const std::byte> found);

/// How the tasks of a loop lie in blocks, and the results of these one after another in memory. A plain value, which
/// workers are sent.
class Blocks {
 public:
  Blocks() = default;
  Blocks(const Loop& loop, int workers);

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(blocks_); }
  /// Of all blocks.
  [[nodiscard]] std::size_t result_bytes() const { return offset(size()); }

  [[nodiscard]] Range tasks(std::size_t block) const { return {first(block), first(block + 1)}; }
  /// Where the results of a block begin.
  [[nodiscard]] std::size_t offset(std::size_t block) const {
    return bytes_ * (merged_ ? block : static_cast<std::size_t>(first(block)));
  }

 private:
  /// Sizes differ by at most one. There are at most 16,384 blocks, so the products fit.
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
