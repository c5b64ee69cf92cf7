// Hostile input for all code that reads another process's bytes: the corpus, and many mutations of it.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <random>
#include <string>

#include "faults/scale.hpp"
#include "faults/watchdog.hpp"
#include "host/huge_pages.hpp"
#include "processes/process.hpp"
#include "processes/transport/shared_transport.hpp"
#include "targets.hpp"

namespace {

struct Target {
  const char* name;
  void (*run)(std::string_view input);
  int inputs;       ///< in a short run
  int inputs_full;  ///< with FAULTS=full
};

std::map<std::string, std::string> corpus_of(const Target& target) {
  std::map<std::string, std::string> inputs;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(FUZZ_CORPUS) + "/" + target.name)) {
    std::ifstream file(entry.path(), std::ios::binary);
    inputs[entry.path().filename()] = {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  return inputs;
}

/// Mutates inputs, aware that they contain sizes and positions.
class Mutator {
 public:
  explicit Mutator(const Target& target) {
    for (const auto& [name, input] : corpus_of(target)) corpus_.push_back(input);
  }

  std::string next() {
    if (below(8) == 0) return random_bytes(below(512));
    std::string input = corpus_[below(corpus_.size())];
    for (auto changes = 1 + below(6); changes > 0; --changes) change(input);
    return input;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::string random_bytes(std::size_t size) {
    std::string bytes(size, ' ');
    for (char& byte : bytes) byte = static_cast<char>(random_());
    return bytes;
  }

  /// Numbers near limits.
  std::uint64_t edge() {
    constexpr std::array<std::uint64_t, 12> edges{0,     8,         16,          64,          256,         4096,
                                                  65536, 1U << 31U, 1ULL << 32U, 1ULL << 40U, 1ULL << 62U, 1ULL << 63U};
    return edges[below(edges.size())] + below(35) - 17;  // wraps around below 0
  }

  void change(std::string& input) {
    constexpr std::size_t most_bytes = 4096;
    const std::size_t place = below(input.size() + 1);
    switch (below(6)) {
      case 0:
        if (place < input.size()) input[place] = static_cast<char>(input[place] ^ (1 << below(8)));
        break;
      case 1:
        if (place < input.size()) input[place] = static_cast<char>(random_());
        break;
      case 2: {
        const std::uint64_t number = edge();
        const std::size_t size = std::min<std::size_t>(std::size_t{1} << below(4), input.size() - place);
        std::memcpy(input.data() + place, &number, size);
        break;
      }
      case 3:
        input.resize(place);
        break;
      case 4:
        input.insert(place, random_bytes(below(40)));
        break;
      default: {
        const std::string& other = corpus_[below(corpus_.size())];
        if (input.size() < most_bytes) input.replace(place, below(64), other, below(other.size() + 1), below(128));
      }
    }
  }

  std::vector<std::string> corpus_;
  std::mt19937_64 random_{1};
};

class HostileInput : public testing::TestWithParam<Target> {
 private:
  faults::Watchdog watchdog_;
};

TEST_P(HostileInput, OfTheCorpusDoesNoHarm) {
  const auto corpus = corpus_of(GetParam());
  EXPECT_GT(corpus.size(), 10U);
  for (const auto& [name, input] : corpus) {
    SCOPED_TRACE(name);
    GetParam().run(input);
    for (std::size_t size = 0; size < std::min<std::size_t>(input.size(), 300); ++size) {
      GetParam().run(std::string_view(input).substr(0, size));
    }
  }
}

TEST_P(HostileInput, MadeAtRandomDoesNoHarm) {
  Mutator mutator(GetParam());
  std::string input;
  for (auto inputs = faults::scaled(GetParam().inputs, GetParam().inputs_full); inputs > 0; --inputs) {
    input = mutator.next();
    GetParam().run(input);
  }
}

INSTANTIATE_TEST_SUITE_P(, HostileInput,
                         testing::Values(Target{"board", fuzz::read_board, 3'000, 100'000},
                                         Target{"ring", fuzz::read_ring, 25'000, 500'000},
                                         Target{"pipe", fuzz::read_pipe, 3'000, 100'000},
                                         Target{"wire", fuzz::read_wire, 25'000, 400'000}),
                         [](const testing::TestParamInfo<Target>& target) { return std::string(target.param.name); });

/// Shared memory between two inaccessible pages, so that an access outside of it ends the test.
class GuardedMemory {
 public:
  explicit GuardedMemory(std::size_t size)
      : whole_((size + page_ - 1) / page_ * page_),
        all_(::mmap(nullptr, whole_ + 2 * page_, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)),
        size_(size) {
    if (all_ == MAP_FAILED || ::mprotect(first_page(), whole_, PROT_READ | PROT_WRITE) != 0) std::abort();
  }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;
  ~GuardedMemory() { ::munmap(all_, whole_ + 2 * page_); }

  [[nodiscard]] char* data() const { return first_page() + whole_ - size_; }
  [[nodiscard]] std::span<char> bytes() const { return {data(), size_}; }

 private:
  [[nodiscard]] char* first_page() const { return static_cast<char*>(all_) + page_; }

  std::size_t page_ = host::page_size();
  std::size_t whole_;
  void* all_;
  std::size_t size_;
};

TEST(HostileWriter, MayChangeTheMemoryWhileItIsRead) {
  using processes::Frame;
  constexpr std::size_t capacity = 4096;
  const faults::Watchdog watchdog;
  const GuardedMemory control(4096);
  const GuardedMemory memory(capacity);
  const processes::SharedMemory large(4096, processes::SharedMemory::Others::write);
  auto& positions = *new (control.data()) processes::RingPositions;
  processes::Process writer([&]() -> int {
    std::minstd_rand random(1);
    while (true) {
      const std::uint64_t head = positions.head.load(std::memory_order_relaxed);
      const std::size_t place = random() % 2 == 0 ? head % capacity : random() % (capacity / 16) * 16;
      const auto kind = static_cast<Frame::Kind>(random() % 4);
      const std::uint32_t outside = random() % 2 == 0 ? 1 : 0;
      const processes::ring::Header header{kind, outside, random() % 16 == 0 ? random() : random() % 64};
      std::memcpy(memory.data() + place, &header, sizeof header);
      const std::uint64_t number = random() % 5000;
      if (random() % 2 == 0) std::memcpy(memory.data() + (place + 16) % capacity, &number, sizeof number);
      positions.tail.store(head + random() % (capacity / 16 + 2) * 16, std::memory_order_relaxed);
    }
  });
  writer.start();
  processes::SharedReader reader(positions, memory.bytes(), processes::Window(large.file(), 0, large.size()));
  // Counts frames instead of time: on a busy machine the writer may rarely run. The test's own time limit is the last
  // resort.
  const int enough = faults::scaled(200, 1'000'000);
  for (int frames = 0; frames < enough;) {
    Frame frame;
    if (reader.read(frame) != processes::RingReader::Found::frame) {
      ::sched_yield();
      continue;
    }
    ASSERT_TRUE(frame.outside ? frame.bytes.size() <= large.size() : fuzz::within(frame.bytes, memory.bytes()));
    fuzz::touch(frame.bytes);
    reader.pop();
    ++frames;
  }
}

}  // namespace
