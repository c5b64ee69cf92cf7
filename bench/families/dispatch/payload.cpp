// What bytes cost that a task takes, compared with one copy of them: what is sent to another process is copied at least
// once.
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
/// Pipes take longer for one message of that size than all other cases together.
constexpr std::size_t largest_by_pipe = 16'777'216;
/// The argument, its copy, and as much again for everybody else.
constexpr std::size_t room = 4;

/// What a task tells of the bytes that it was shown, so that it can be checked without reading all of them.
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

/// What is the same for all who move the bytes of a group.
class Payload {
 public:
  explicit Payload(std::size_t size) : sent_(held([size] { return made(size); })) {}

  [[nodiscard]] std::int64_t bytes() const { return static_cast<std::int64_t>(sent_.size()); }
  [[nodiscard]] std::optional<std::string> wrong() const {
    if (seen_ == glimpse(sent_)) return std::nullopt;
    return fmt::format("of {} bytes {} arrived, or others than were sent", sent_.size(), seen_.size);
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

/// The same copy as the pool's: from private to shared memory that was used before.
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
