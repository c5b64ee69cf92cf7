// Functions that read another process's bytes, as fuzz targets. Each returns for every input, and aborts if a property
// is violated; sanitizers find other errors. libFuzzer runs them (`make fuzz`, libfuzzer.cpp), and so do the tests of
// every build (hostile_test.cpp). Each definition documents its input's layout; corpus.py makes the initial inputs.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace fuzz {

/// What workers write during a call on the board, read by the pool and by other workers.
void read_board(std::string_view input);

/// A ring in shared memory, including its positions, and its large area.
void read_ring(std::string_view input);

/// A pipe's stream, read by the parent and by a worker.
void read_pipe(std::string_view input);

/// A message, decoded as values of any type.
void read_wire(std::string_view input);

/// Aborts if the property is violated, also in a build without assertions.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "hostile input violates: %s\n", what);
  std::abort();
}

/// Takes a T from the beginning of the input, padded with zeros.
template <class T>
T take(std::string_view& input) {
  T value{};
  const std::size_t size = input.copy(reinterpret_cast<char*>(&value), sizeof value);
  input.remove_prefix(size);
  return value;
}

/// Reads every byte, as a task would.
inline void touch(std::string_view bytes) {
  volatile char sum = 0;
  for (const char byte : bytes) sum = static_cast<char>(sum ^ byte);
}

/// Whether the bytes are within the memory.
inline bool within(std::string_view bytes, std::span<const char> memory) {
  const auto first = reinterpret_cast<std::uintptr_t>(bytes.data());
  const auto begin = reinterpret_cast<std::uintptr_t>(memory.data());
  return first >= begin && first - begin <= memory.size() && bytes.size() <= memory.size() - (first - begin);
}

}  // namespace fuzz
