#include "loops/loop.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace loops {

namespace {

/// As many as Python's map makes chunks a worker: it balances workers of unequal speed.
constexpr std::int64_t blocks_a_worker = 4;

std::int64_t count_of_blocks(const Loop& loop, int workers) {
  std::int64_t most = std::min(loop.blocks, most_blocks);
  if (loop.cut == Cut::by_workers) most = workers == 1 ? 1 : blocks_a_worker * workers;
  return std::clamp<std::int64_t>(loop.tasks, 1, most);
}

std::string shown(const Loop& loop, std::span<const std::byte> result) {
  if (loop.shown != nullptr) return loop.shown(result);
  constexpr std::size_t most_shown = 16;
  std::string text = "0x";
  for (const std::byte byte : result.first(std::min(result.size(), most_shown))) {
    text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  }
  return result.size() > most_shown ? text + "..." : text;
}

bool same(const Loop& loop, std::span<const std::byte> one, std::span<const std::byte> other) {
  return loop.same != nullptr ? loop.same(one, other) : std::ranges::equal(one, other);
}

}  // namespace

std::size_t answer_bytes(const Loop& loop) {
  return loop.merge != nullptr ? loop.result_bytes : static_cast<std::size_t>(loop.tasks) * loop.result_bytes;
}

void check(const Loop& loop) {
  if (loop.run == nullptr) throw std::invalid_argument("a loop has no function: set `run`");
  if (loop.tasks < 0) throw std::invalid_argument(fmt::format("a loop has {} tasks: give 0 or more", loop.tasks));
  if (loop.blocks < 1) throw std::invalid_argument(fmt::format("a loop has {} blocks: give 1 or more", loop.blocks));
  if (loop.make != nullptr && loop.merge == nullptr) {
    throw std::invalid_argument("a loop makes its data in parts, and has no merge: give it `data` instead of `make`");
  }
  if (loop.make != nullptr && loop.data.size() > 0) {
    throw std::invalid_argument("a loop has `data` and makes its data in parts: give it one of both");
  }
  constexpr auto most_bytes = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
  if (loop.merge == nullptr && loop.result_bytes > 0 &&
      static_cast<std::size_t>(loop.tasks) > most_bytes / loop.result_bytes) {
    throw std::invalid_argument(
        fmt::format("a loop has {} tasks with a result of {} bytes each, more than can be "
                    "addressed",
                    loop.tasks, loop.result_bytes));
  }
}

Loop first_block(const Loop& loop) {
  Loop first = loop;
  first.tasks = Blocks(loop, 2).tasks(0).size();
  first.blocks = 1;
  first.cut = Cut::by_loop;
  return first;
}

std::string difference(const Loop& loop, std::span<const std::byte> expected, std::span<const std::byte> found) {
  if (loop.result_bytes == 0) return {};
  constexpr int most_shown = 3;
  const std::size_t results = expected.size() / loop.result_bytes;
  std::string differences;
  int different = 0;
  for (std::size_t position = 0; position < results; ++position) {
    const auto wanted = expected.subspan(position * loop.result_bytes, loop.result_bytes);
    const auto there = found.subspan(position * loop.result_bytes, loop.result_bytes);
    if (same(loop, wanted, there)) continue;
    if (++different > most_shown) continue;
    const std::string where = loop.merge == nullptr ? fmt::format("task {}: ", position) : "";
    differences += fmt::format("; {}found {}, expected {}", where, shown(loop, there), shown(loop, wanted));
  }
  if (different == 0) return {};
  if (loop.merge != nullptr) return fmt::format("the answer is wrong{}", differences);
  return fmt::format("{} of {} results are wrong{}", different, results, differences);
}

Blocks::Blocks(const Loop& loop, int workers)
    : tasks_(loop.tasks),
      blocks_(count_of_blocks(loop, workers)),
      bytes_(loop.result_bytes),
      merged_(loop.merge != nullptr) {}

}  // namespace loops
