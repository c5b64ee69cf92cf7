// The cost of a task's argument bytes, compared with one copy. Bytes sent to another process are copied at least once.
#include <fmt/format.h>

#include <array>
#include <cstring>
#include <span>

#include "families/dispatch/dispatch.hpp"
#include "processes/pool.hpp"
#include "processes/shared_memory.hpp"

namespace bench::dispatch::payloads {

namespace {

constexpr std::array<std::size_t, 6> sizes{8, 4096, 65'536, 1'048'576, 16'777'216, 268'435'456};
/// Pipes take longer for one larger message than all other cases together.
constexpr std::size_t largest_by_pipe = 16'777'216;
/// The argument, its copy, and as much again for other programs.
constexpr std::size_t room = 4;

/// What a task reports of its argument, so that a check does not read all bytes.
struct Glimpse {
  std::uint64_t size = 0;
  std::array<char, 3> bytes{};  ///< the first, the middle and the last

  bool operator==(const Glimpse&) const = default;
};

Glimpse glimpse(std::span<const char> bytes) {
  return {bytes.size(), {bytes.front(), bytes[bytes.size() / 2], bytes.back()}};
}

std::vector<char> made(std::size_t size) {
  std::vector<char> bytes(size, 'm');
  bytes.front() = 'f';
  bytes.back() = 'b';
  return bytes;
}

/// The common part of all ways to move the bytes of a group.
class Payload {
 public:
  explicit Payload(std::size_t size) : sent_(held([size] { return made(size); })) {}

  [[nodiscard]] std::int64_t bytes() const { return static_cast<std::int64_t>(sent_.size()); }
  [[nodiscard]] std::optional<std::string> wrong() const {
    if (seen_ == glimpse(sent_)) return std::nullopt;
    return fmt::format("sent {} bytes: {} arrived, or their contents differ", sent_.size(), seen_.size);
  }

 protected:
  [[nodiscard]] std::span<const char> sent() const { return sent_; }
  void see(const Glimpse& glimpse) { seen_ = glimpse; }

 private:
  const std::vector<char>& sent_;
  Glimpse seen_;
};

class ByPool : public Payload {
 public:
  ByPool(const Settings& settings, std::size_t size) : Payload(size), pool_(settings.workers, pool_options(settings)) {}

  void once() { see(pool_.apply(glimpse, sent())); }

 private:
  processes::ProcessPool pool_;
};

/// One copy, as in the pool: from private memory to shared memory that was touched before.
class ByMemcpy : public Payload {
 public:
  explicit ByMemcpy(std::size_t size) : Payload(size), copy_(size) {}

  void once() {
    std::memcpy(copy_.data(), sent().data(), sent().size());
    benchmark::ClobberMemory();
    see(glimpse({reinterpret_cast<const char*>(copy_.data()), copy_.size()}));
  }

 private:
  processes::SharedMemory copy_;
};

std::vector<Candidate> candidates() {
  std::vector<Candidate> all;
  for (const std::size_t size : sizes) {
    const std::string operation = fmt::format("payload/bytes:{}", size);
    const auto add_pool = [&](const char* who, const char* wait) {
      const Settings s{.who = who, .operation = operation, .workers = 1, .wait = wait, .memory = room * size};
      all.push_back(candidate(s, [s, size] { return ByPool(s, size); }));
    };
    add_pool("pool_shared", "spin");
    if (size <= largest_by_pipe) add_pool("pool_pipe", "block");
    all.push_back(candidate({.who = "memcpy", .operation = operation, .memory = room * size, .kind = Kind::limit},
                            [size] { return ByMemcpy(size); }));
  }
  return all;
}

const Part part(candidates);

}  // namespace

}  // namespace bench::dispatch::payloads
