#include "families/io_bound/io_bound.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <functional>
#include <iterator>
#include <span>
#include <stdexcept>
#include <utility>

#include "families/every_backend.hpp"
#include "families/families.hpp"
#include "processes/os/system_error.hpp"

namespace bench {

namespace io_bound {

namespace {

constexpr std::array several_workers{1, 2, 4, 8, 16};

/// Folders for temporary files: the user's choice or the system's default, then /var/tmp. Files there outlast a reboot,
/// so they are not in memory (Filesystem Hierarchy Standard, 5.15).
std::vector<std::filesystem::path> temporary_folders() {
  std::vector<std::filesystem::path> folders{"/var/tmp"};
  std::error_code missing;
  const std::filesystem::path first = std::filesystem::temp_directory_path(missing);
  if (!missing) folders.insert(folders.begin(), first);
  return folders;
}

}  // namespace

LoopCall call_of(loops::Loop loop, std::vector<std::byte> parameters, std::int64_t expected) {
  const std::vector<std::int64_t> results(static_cast<std::size_t>(loop.tasks), expected);
  const auto bytes = std::as_bytes(std::span(results));
  return {.loop = std::move(loop),
          .parameters = std::move(parameters),
          .expected = {bytes.begin(), bytes.end()},
          .digest = ""};
}

CaseSettings case_of(const std::string& operation, std::function<LoopCall()> call) {
  const std::string named = "operation:" + operation;
  return {.family = "io_bound",
          .group = "io_bound/" + named,
          .work = fmt::format("{}/tasks:{}", named, tasks),
          .call = [call = std::move(call)] { return held(call); }};
}

processes::Descriptor reopen(const Remote& remote, int flags) {
  const std::string path = fmt::format("/proc/{}/fd/{}", remote.program, remote.descriptor);
  processes::Descriptor opened(::open(path.c_str(), flags | O_CLOEXEC));
  if (!opened) processes::throw_system_error("open");
  return opened;
}

void require_reopening() {
  const processes::Pipe pipe = processes::Pipe::open();
  try {
    reopen({::getpid(), pipe.reader.get()}, O_RDONLY);
  } catch (const std::system_error& error) {
    const std::string_view advice = processes::advice(error.code().value(), "open");
    throw std::runtime_error(
        fmt::format("cannot open descriptors of the program by /proc/PID/fd, as workers do ({}): {}",
                    error.code().message(), advice.empty() ? "mount /proc" : advice));
  }
}

void sleep_until(Clock::time_point end) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(end.time_since_epoch());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
  const timespec time{seconds.count(), (since - seconds).count()};
  int error = EINTR;
  while (error == EINTR) error = ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
  if (error != 0) throw std::system_error(error, std::generic_category(), "clock_nanosleep");
}

}  // namespace io_bound

Selection select_io_bound(const std::vector<std::filesystem::path>& folders) {
  Selection selection;
  const auto add = [&selection](const CaseSettings& settings) {
    // Start-up does not show how workers wait, so backends start warm if they can.
    std::ranges::move(warm_where_it_can_be(settings, io_bound::several_workers), std::back_inserter(selection.cases));
  };
  add(io_bound::timer());
  const std::size_t cases_an_operation = selection.cases.size();
  const auto add_if_possible = [&](std::string_view operation, const auto& settings) {
    try {
      io_bound::require_reopening();
      add(settings());
    } catch (const std::runtime_error& error) {
      selection.skipped.push_back(fmt::format("{} cases of family io_bound are skipped, operation {}: {}",
                                              cases_an_operation, operation, error.what()));
    }
  };
  add_if_possible("pipe", io_bound::pipe);
  add_if_possible("file", [&folders] { return io_bound::file(folders); });
  return selection;
}

namespace {

const Family io_bound_family("io_bound", [](const Limits&) { return select_io_bound(io_bound::temporary_folders()); });

}  // namespace

}  // namespace bench
