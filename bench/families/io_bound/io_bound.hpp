// Family io_bound: tasks that wait. The article says that its gain is for work that keeps a processor busy.
//
//   io_bound/<backend>/operation:<operation>/tasks:16/workers:/start:
//
//   timer   a task sleeps for a millisecond
//   pipe    a task asks, and reads from a pipe an answer that is written a millisecond later
//   file_direct, file_dropped
//           a task reads a block of a file, another one than the other tasks, past the page cache: by O_DIRECT, or
//           where that is not to be had, once it is dropped from there
//
// An operation runs under every backend by the contract that counting has: it is a kernel, a task is a width, and the
// count that a task gives shows that it got what it waited for. Widths are the numbers of the tasks, from 1 on; what
// else a task has to know is in the problem's query, which reaches the workers of every backend. Where something fails
// the count is the negative number of the system's error, EIO if it is none of the system's: no exception may leave a
// thread of OpenMP's.
#pragma once

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <system_error>
#include <vector>

#include "cases/case.hpp"
#include "processes/os/descriptor.hpp"

namespace bench::io_bound {

inline constexpr std::int64_t tasks = 16;

/// The clock of all processes of the machine: of the Linux libraries, CLOCK_MONOTONIC.
using Clock = std::chrono::steady_clock;
inline constexpr std::chrono::milliseconds wait{1};

/// The operations as cases. The backend, its workers and the start are left open.
CaseSettings timer();
CaseSettings pipe();

/// In the first of the folders where it can be. Throws std::runtime_error, which says why, if it can be in none.
CaseSettings file(const std::vector<std::filesystem::path>& folders);

/// The two ways past the page cache, of which file() takes the first that works. Both give how many bytes of the task's
/// block are right, and take a problem of file_question().
extern const parzen::Kernel read_direct;   ///< O_DIRECT: from the block layer into the memory of the task
extern const parzen::Kernel read_dropped;  ///< the block is dropped from the cache just before it is read

/// Which of the two reads a file in the folder past the page cache. `dropped` does where `direct` is refused (EINVAL,
/// EOPNOTSUPP) or leaves pages in the cache, as on file systems that take O_DIRECT and do not heed it. Throws
/// std::runtime_error if that one does not give the block, or what file_question() throws.
const parzen::Kernel& way_past_cache(const std::filesystem::path& folder, const parzen::Kernel& direct = read_direct,
                                     const parzen::Kernel& dropped = read_dropped);

/// A file in the folder, of `blocks` blocks of 256 KiB. It has no name any more, and goes when the question does. The
/// problem's query is this process and the descriptor. Throws std::runtime_error if the folder is in memory, where no
/// page cache is to be got past, and std::system_error.
Question file_question(const std::filesystem::path& folder, std::int64_t blocks = tasks);

/// What is the same for every operation.
CaseSettings operation(const parzen::Kernel& kernel, std::function<Question()> question);

/// One that asks for every task by its number, and expects the same count of each.
Question ask_all(std::vector<double> query, parzen::Count expected, std::int64_t asked = tasks);

/// A descriptor that the process `program` has, opened once more, which any process of the same user can do: workers of
/// a pool have none of the program's. Both numbers are coordinates of a query. Throws std::system_error.
processes::Descriptor reopen(double program, double descriptor, int flags);

/// Throws std::runtime_error, which says what is missing, where reopen() works for no descriptor.
void require_reopening();

/// Throws std::system_error.
void sleep_until(Clock::time_point end);

/// What a task does, as a kernel's function; tasks are numbered from 0 here.
template <parzen::Count (*act)(const parzen::Problem& problem, std::int64_t task)>
void do_tasks(const parzen::Problem& problem, parzen::Range /*samples*/, std::span<const double> widths,
              std::span<parzen::Count> counts) {
  for (std::size_t j = 0; j < widths.size(); ++j) {
    try {
      counts[j] = act(problem, static_cast<std::int64_t>(widths[j]) - 1);
    } catch (const std::system_error& error) {
      counts[j] = -error.code().value();
    } catch (...) {
      counts[j] = -EIO;
    }
  }
}

}  // namespace bench::io_bound

namespace bench {

/// The cases of the family, with a file in the first of these folders where it can be. If no file there can be read
/// past the page cache, those of a file are skipped.
Selection select_io_bound(const std::vector<std::filesystem::path>& folders);

}  // namespace bench
