// Calls a kernel on the article's problem once, or one step of sending a message, under a name that instructions.py
// finds in a profile. Valgrind runs it, so nothing here forks, waits or creates a thread.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "cases/verify.hpp"
#include "command_line/command.hpp"
#include "host/program.hpp"
#include "parzen/counting/kernel.hpp"
#include "parzen/random/legacy.hpp"
#include "parzen/widths.hpp"
#include "processes/transport/ring.hpp"
#include "processes/transport/wire.hpp"
#include "text/shown.hpp"

namespace {

constexpr std::uint32_t seed = 123;
constexpr std::int64_t article_n = 10'000;
constexpr std::int64_t d = 2;
constexpr std::size_t m = 100;

}  // namespace

/// The function has C linkage, is never inlined and makes no tail call. So its name and its single call do not depend
/// on the compiler's treatment of the counted code.
extern "C" [[gnu::noinline]] void counted_call(void (*call)(void*), void* of, volatile bool& done) {
  call(of);
  done = true;
}

namespace {

/// Makes an uncounted call first, which chooses the instruction set and binds functions of shared libraries. It
/// allocates nothing: the address of memory changes some counts.
template <class Call, class Forget>
void count(Call call, Forget forget) {
  call();
  forget();  // clears the result, so that the counted call must produce it again
  volatile bool done = false;
  counted_call([](void* of) { (*static_cast<Call*>(of))(); }, &call, done);
}

/// Throws std::invalid_argument for a number of samples that cannot be drawn.
std::string count_kernel(const parzen::Kernel& kernel, std::int64_t n) {
  const parzen::Problem problem{parzen::legacy_samples(seed, n, d), parzen::Query::Zero(d)};
  const std::vector<double> widths = parzen::linspace(1.0, 1.2, m);
  parzen::Counts counts(m);
  count([&] { kernel.count(problem, {0, n}, widths, counts); }, [&] { std::ranges::fill(counts, -1); });
  if (const auto wrong = bench::mismatch(widths, bench::literal_counts(problem, widths), counts)) {
    throw std::runtime_error(fmt::format("{}: {}", kernel.name, *wrong));
  }
  return fmt::format("n:{}/d:{}/m:{}/widths:1.0-1.2/seed:{}", n, d, m, seed);
}

// The cost of a message in a pool, with both ends in one thread.

constexpr std::int64_t tasks = 100;

/// A request with 100 tasks; each takes one number.
void encode(processes::Encoder& message) {
  for (std::int64_t task = 0; task < tasks; ++task) {
    message.nested([task](processes::Encoder& arguments) { arguments.put(task); });
  }
}

std::int64_t decoded_sum(std::string_view bytes) {
  processes::Decoder message(bytes);
  std::int64_t sum = 0;
  for (std::int64_t task = 0; task < tasks; ++task) sum += message.nested().get<std::int64_t>();
  return sum;
}

void check_sum(std::int64_t sum) {
  if (sum != tasks * (tasks - 1) / 2) throw std::runtime_error("received other values than were sent");
}

void count_encode() {
  std::vector<char> place(std::size_t{1} << 16U);
  std::size_t size = 0;
  count(
      [&] {
        processes::Encoder encoder{std::span(place)};
        encode(encoder);
        size = encoder.size();
      },
      [&] { size = 0; });
  check_sum(decoded_sum({place.data(), size}));
}

void count_decode() {
  std::string message;
  processes::Encoder encoder(message);
  encode(encoder);
  std::int64_t sum = 0;
  count([&] { sum = decoded_sum(message); }, [&] { sum = 0; });
  check_sum(sum);
}

/// Sends one frame per task through a ring.
void count_ring() {
  processes::RingPositions positions;
  std::vector<char> memory(std::size_t{1} << 16U);
  processes::RingWriter writer(positions, memory);
  processes::RingReader reader(positions, memory);
  std::int64_t sum = 0;
  count(
      [&] {
        for (std::int64_t task = 0; task < tasks; ++task) {
          std::memcpy(writer.room_for(sizeof task).data(), &task, sizeof task);
          writer.publish(processes::Frame::Kind::request, sizeof task);
          processes::Frame frame;
          if (reader.peek(frame) != processes::RingReader::Found::frame) return;
          std::int64_t received = 0;
          std::memcpy(&received, frame.bytes.data(), sizeof received);
          sum += received;
          reader.pop();
        }
      },
      [&] { sum = 0; });
  check_sum(sum);
}

struct Part {
  std::string_view name;
  void (*count)();
};
constexpr std::array parts{Part{"encode", count_encode}, Part{"ring", count_ring}, Part{"decode", count_decode}};

template <class Named>
std::string names(const Named& all) {
  std::string text;
  for (const auto& each : all) text += fmt::format("{}{}", text.empty() ? "" : "\n", each.name);
  return text;
}

/// Returns a description of what was counted. Throws std::invalid_argument for an unknown name.
std::string count_once(const std::string& name, std::int64_t n) {
  for (const Part& part : parts) {
    if (part.name != name) continue;
    part.count();
    return fmt::format("tasks:{}", tasks);
  }
  return count_kernel(parzen::kernel(name), n);
}

int run(int argc, char** argv) {
  command_line::Command command(
      "count_once", "Calls a kernel on the article's problem once, or a part of a message; for make instructions.");
  std::string name;
  std::int64_t n = article_n;
  command.required("KERNEL", name, "one that --kernels or --parts lists");
  command.option("SAMPLES", n, "how many");
  command.flag_that_prints("--kernels", names(parzen::kernels()), "list the names of kernels, and end");
  command.flag_that_prints("--parts", names(parts), "list the parts of a message, and end");
  if (const auto status = command.parse(argc, argv)) return *status;
  std::string counted;
  try {
    counted = count_once(name, n);
  } catch (const std::invalid_argument& error) {
    return command.refuse(text::escaped(error.what()));
  }
  fmt::print("{}\n", counted);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return host::run_program("count_once", [&] { return run(argc, argv); });
}
