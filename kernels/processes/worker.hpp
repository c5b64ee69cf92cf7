// What a pool and its workers say to each other, and the loop that a worker runs.
#pragma once

#include <cstdint>
#include <functional>

#include "processes/descriptor.hpp"
#include "processes/wire.hpp"

namespace processes {

/// Any function pointer; the Runner that travels with it knows its type.
using ErasedFunction = void (*)();

/// Takes the arguments of `items` tasks from the decoder, calls the function for each, and puts the results. `at` is
/// the task that it is at, so that an exception can be told with its place. Parent and worker are the same program at
/// the same addresses, since a worker is forked without exec: a function pointer is the same function in both.
using Runner = void (*)(ErasedFunction function, std::uint64_t items, Decoder& arguments, Encoder& results,
                        std::uint64_t& at);

/// Followed by `size` bytes of arguments. Without a runner it tells the worker to end.
struct RequestHeader {
  Runner runner = nullptr;
  ErasedFunction function = nullptr;
  std::uint64_t items = 0;
  std::uint64_t size = 0;
};

/// Followed by `size` bytes: the results, or the exception's type and message. Answers come in the order of requests.
struct ResponseHeader {
  enum class Kind : std::uint64_t { results, exception };

  Kind kind = Kind::results;
  std::uint64_t at = 0;  ///< with an exception: which task of the request threw it
  std::uint64_t size = 0;
};

/// Answers requests until told to end or the parent has gone; returns the worker's exit code.
/// An exception of the initialiser, which runs first, ends the worker.
int run_worker(const Descriptor& requests, const Descriptor& responses, const std::function<void()>& initialiser);

}  // namespace processes
