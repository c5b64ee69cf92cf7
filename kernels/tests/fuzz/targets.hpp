// What reads bytes that another process wrote, as functions of hostile input. Each ends for every input, and aborts if
// what is promised does not hold; a sanitizer sees the rest. libFuzzer calls them (`make fuzz`, libfuzzer.cpp), and so
// do the tests of every build (hostile_test.cpp). How an input is laid out is documented where each is defined;
// corpus.py makes the inputs to begin with.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace fuzz {

/// What a pool's workers write of a call on the board, as the pool reads it, and as other workers do.
void read_board(std::string_view input);

/// A ring in shared memory, its positions included, and the large area next to it.
void read_ring(std::string_view input);

/// A pipe's stream, as the parent reads it and as a worker does.
void read_pipe(std::string_view input);

/// A message, as values of any type.
void read_wire(std::string_view input);

/// Holds whatever the compiler leaves out otherwise, in a build without assertions too.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "hostile input: this does not hold: %s\n", what);
  std::abort();
}

/// Takes a T from the beginning of the input, zeros where there is no more.
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

/// Whether the bytes lie within the memory.
inline bool within(std::string_view bytes, std::span<const char> memory) {
  const auto first = reinterpret_cast<std::uintptr_t>(bytes.data());
  const auto begin = reinterpret_cast<std::uintptr_t>(memory.data());
  return first >= begin && first - begin <= memory.size() && bytes.size() <= memory.size() - (first - begin);
}

}  // namespace fuzz
