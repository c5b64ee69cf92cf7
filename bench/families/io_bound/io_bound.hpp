// Family io_bound: loops whose tasks wait. The article says that its gain is for work that keeps a processor busy.
//
//   io_bound/<backend>/operation:<operation>/tasks:16/workers:/start:
//
//   timer   a task sleeps for a millisecond
//   pipe    a task asks, and reads from a pipe an answer that is written a millisecond later
//   file_direct, file_dropped
//           a task reads a block of a file, another one than the other tasks, past the page cache: by O_DIRECT, or
//           where that is not to be had, once it is dropped from there
//
// The result of a task shows that it got what it waited for. Parameters name the program and its descriptors, which a
// task opens once more: a worker of a pool was forked before they were there.
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

/// The clock of all processes of the machine: of the Linux libraries, CLOCK_MONOTONIC.
using Clock = std::chrono::steady_clock;
inline constexpr std::chrono::milliseconds wait{1};

/// A descriptor of the program.
struct Remote {
  std::int32_t program = 0;
  std::int32_t descriptor = -1;
};

/// The operations as cases. The backend, its workers and the start are left open.
CaseSettings timer();
CaseSettings pipe();

/// In the first of the folders where it can be. Throws std::runtime_error, which says why, if it can be in none.
CaseSettings file(const std::vector<std::filesystem::path>& folders);

/// Where the tasks of `pipe` ask, and where each finds its answer.
struct Pipes {
  Remote questions;
  std::array<Remote, tasks> answers;
};

/// Bytes of the answer to a task; 0 if what it reads is the answer to another task. Throws std::system_error.
std::int64_t ask(const Pipes& where, std::int64_t task);

/// The loop with a thread of the program that answers for as long as the loop lives.
LoopCall pipe_call();

/// A way to read the block of a task: gives how many bytes of it are right.
struct Way {
  std::string name;
  std::int64_t (*read)(const Remote& file, std::int64_t task);
  loops::Loop (*loop)(const loops::Shape& shape);
};

template <std::int64_t (*read)(const Remote& file, std::int64_t task)>
Way way(const char* name) {
  return {name, read, loops::map<read>};
}

/// The two ways past the page cache, of which file() takes the first that works.
extern const Way read_direct;   ///< O_DIRECT: from the block layer into the memory of the task
extern const Way read_dropped;  ///< the block is dropped from the cache just before it is read

/// Which of the two reads a file in the folder past the page cache. `dropped` does where `direct` is rejected (EINVAL,
/// EOPNOTSUPP) or leaves pages in the cache, as on file systems that take O_DIRECT and do not heed it. Throws
/// std::runtime_error if that one does not give the block, or what make_file() throws.
const Way& way_past_cache(const std::filesystem::path& folder, const Way& direct = read_direct,
                          const Way& dropped = read_dropped);

/// A file in the folder, of `blocks` blocks of 256 KiB. It has no name any more, and goes with its descriptor. Throws
/// std::runtime_error if the folder is in memory, where no page cache is to be got past, and std::system_error.
std::shared_ptr<const processes::Descriptor> make_file(const std::filesystem::path& folder,
                                                       std::int64_t blocks = tasks);

/// The loop that reads such a file, which lives as long as the loop.
LoopCall file_call(const Way& way, const std::shared_ptr<const processes::Descriptor>& file);

/// The same for every operation: a call that must give this result of each task.
LoopCall call_of(loops::Loop loop, std::vector<std::byte> parameters, std::int64_t expected);

/// An operation as a case; its call is made once for all cases of it.
CaseSettings case_of(const std::string& operation, std::function<LoopCall()> call);

/// Opens a descriptor of the program once more, which any process of the same user can do. Throws std::system_error.
processes::Descriptor reopen(const Remote& remote, int flags);

/// Throws std::runtime_error, which says what is missing, where reopen() works for no descriptor.
void require_reopening();

/// Throws std::system_error.
void sleep_until(Clock::time_point end);

}  // namespace bench::io_bound

namespace bench {

/// The cases of the family, with a file in the first of these folders where it can be. If no file there can be read
/// past the page cache, those of a file are skipped.
Selection select_io_bound(const std::vector<std::filesystem::path>& folders);

}  // namespace bench
