// Family io_bound: loops whose tasks wait. The article limits its gain to CPU-bound work.
//
//   io_bound/<backend>/operation:<operation>/tasks:16/workers:/start:
//
//   timer   a task sleeps for a millisecond
//   pipe    a task sends a request, and reads a reply from a pipe a millisecond later
//   file_direct, file_dropped
//           each task reads its own block of a file without the page cache: by O_DIRECT, or, if that is not
//           available, after the block was dropped from the cache
//
// A task's result shows that it got what it waited for. Parameters name the program's process and descriptors. A task
// reopens these: a worker of a pool was forked before they existed.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cases/case.hpp"
#include "loops/typed.hpp"
#include "processes/os/descriptor.hpp"

namespace bench::io_bound {

inline constexpr std::int64_t tasks = 16;

/// One clock for all processes of the machine: CLOCK_MONOTONIC in the standard libraries of Linux.
using Clock = std::chrono::steady_clock;
inline constexpr std::chrono::milliseconds wait{1};

/// A descriptor of the program.
struct Remote {
  std::int32_t program = 0;
  std::int32_t descriptor = -1;
};

/// The operations as cases. The caller sets backend, workers and start.
CaseSettings timer();
CaseSettings pipe();

/// Uses the first folder that allows it. Throws std::runtime_error with the reasons if none does.
CaseSettings file(const std::vector<std::filesystem::path>& folders);

/// The pipe for requests, and a pipe for each task's replies.
struct Pipes {
  Remote questions;
  std::array<Remote, tasks> answers;
};

/// Sends a request and waits. Returns the bytes of the reply, or 0 for the reply to another task. Throws
/// std::system_error.
std::int64_t ask(const Pipes& where, std::int64_t task);

/// The loop, with a thread of the program that replies during the loop's lifetime.
LoopCall pipe_call();

/// A way to read the block of a task. Returns the number of correct bytes.
struct Way {
  std::string name;
  std::int64_t (*read)(const Remote& file, std::int64_t task);
  loops::Loop (*loop)(const loops::Shape& shape);
};

template <std::int64_t (*read)(const Remote& file, std::int64_t task)>
Way way(const char* name) {
  return {name, read, loops::map<read>};
}

/// Two ways to bypass the page cache; file() takes the first that works.
extern const Way read_direct;   ///< O_DIRECT: from the block layer into the task's memory
extern const Way read_dropped;  ///< the block is dropped from the cache before the read

/// Chooses the way for files in this folder: `direct`, or `dropped` if the system rejects O_DIRECT (EINVAL, EOPNOTSUPP)
/// or ignores it and caches pages. Throws std::runtime_error if `dropped` reads wrong bytes, and what make_file()
/// throws.
const Way& way_past_cache(const std::filesystem::path& folder, const Way& direct = read_direct,
                          const Way& dropped = read_dropped);

/// Makes a file of `blocks` blocks of 256 KiB in the folder. It is unlinked, and is freed with its descriptor. Throws
/// std::runtime_error if the folder is in memory, where there is no page cache to bypass, and std::system_error.
std::shared_ptr<const processes::Descriptor> make_file(const std::filesystem::path& folder,
                                                       std::int64_t blocks = tasks);

/// The loop that reads the file, and keeps it open.
LoopCall file_call(const Way& way, const std::shared_ptr<const processes::Descriptor>& file);

/// Makes the call of an operation; `expected` is the result of each task.
LoopCall call_of(loops::Loop loop, std::vector<std::byte> parameters, std::int64_t expected);

/// Makes the case of an operation. Its call is made once, and all its cases share it.
CaseSettings case_of(const std::string& operation, std::function<LoopCall()> call);

/// Reopens a descriptor of the program, as any process of the same user can. Throws std::system_error.
processes::Descriptor reopen(const Remote& remote, int flags);

/// Throws std::runtime_error, which says what is missing, if reopen() cannot work here.
void require_reopening();

/// Throws std::system_error.
void sleep_until(Clock::time_point end);

}  // namespace bench::io_bound

namespace bench {

/// The cases of the family. The file is in the first folder that allows it. If none can be read without the page cache,
/// the file cases are skipped.
Selection select_io_bound(const std::vector<std::filesystem::path>& folders);

}  // namespace bench
