#include "processes/os/descriptor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "processes/os/not_cancelled.hpp"
#include "processes/os/signal_block.hpp"

namespace processes {

namespace {

/// write(2), retried after EINTR. Bytes written, or -1 and errno.
ssize_t write_once(const Descriptor& descriptor, std::string_view bytes) {
  ssize_t written = 0;
  do {
    written = ::write(descriptor.get(), bytes.data(), bytes.size());
  } while (written < 0 && errno == EINTR);
  return written;
}

ssize_t read_once(const Descriptor& descriptor, char* buffer, std::size_t size) {
  ssize_t count = 0;
  do {
    count = ::read(descriptor.get(), buffer, size);
  } while (count < 0 && errno == EINTR);
  return count;
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

void Descriptor::close() noexcept {
  if (descriptor_ < 0) return;
  const NotCancelled not_cancelled;  // close(3) is a cancellation point
  // Not retried on EINTR: Linux has released the descriptor, and another thread may have reused its number.
  ::close(std::exchange(descriptor_, -1));
}

void Descriptor::set_nonblocking() const {
  const int flags = ::fcntl(descriptor_, F_GETFL);
  if (flags < 0 || ::fcntl(descriptor_, F_SETFL, flags | O_NONBLOCK) < 0) throw_system_error("fcntl");
}

Descriptor at_a_rare_number(Descriptor descriptor) noexcept {
  constexpr rlim_t most = 1024;  // a table for larger numbers would take memory
  constexpr rlim_t from_the_end = 64;
  rlimit limit{};
  if (!descriptor || ::getrlimit(RLIMIT_NOFILE, &limit) != 0) return descriptor;
  const rlim_t end = std::min(limit.rlim_cur, most);
  const int lowest = static_cast<int>(end > 2 * from_the_end ? end - from_the_end : end / 2);
  Descriptor moved(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, lowest));
  return moved ? std::move(moved) : std::move(descriptor);
}

Descriptor above_standard(Descriptor descriptor) noexcept {
  if (!descriptor || descriptor.get() > STDERR_FILENO) return descriptor;
  return Descriptor(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

Pipe Pipe::open() {
  std::array<int, 2> ends{-1, -1};
  const bool opened = ::pipe2(ends.data(), O_CLOEXEC) == 0;
  Pipe pipe{above_standard(Descriptor(ends[0])), above_standard(Descriptor(ends[1]))};
  if (!opened || !pipe.reader || !pipe.writer) throw_system_error("pipe2");
  return pipe;
}

void write_all(const Descriptor& descriptor, std::string_view bytes) {
  SignalBlock block(SIGPIPE);
  while (!bytes.empty()) {
    const ssize_t written = write_once(descriptor, bytes);
    if (written < 0 && errno == EPIPE) block.note_raised();
    if (written < 0) throw_system_error("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::size_t write_some(const Descriptor& descriptor, std::string_view bytes) {
  const ssize_t written = write_once(descriptor, bytes);
  if (written < 0 && errno != EAGAIN) throw_system_error("write");
  return written < 0 ? 0 : static_cast<std::size_t>(written);
}

bool read_all(const Descriptor& descriptor, char* buffer, std::size_t size) {
  std::size_t have = 0;
  while (have < size) {
    const ssize_t count = read_once(descriptor, buffer + have, size - have);
    if (count < 0) throw_system_error("read");
    if (count == 0 && have == 0) return false;
    if (count == 0) {
      throw std::runtime_error(fmt::format("the stream ended after {} of {} bytes: its writer has ended", have, size));
    }
    have += static_cast<std::size_t>(count);
  }
  return true;
}

std::optional<std::size_t> read_some(const Descriptor& descriptor, std::string& buffer, std::span<char> block) {
  buffer.reserve(buffer.size() + block.size());  // first, so that no memory error loses bytes that were read
  const ssize_t count = read_once(descriptor, block.data(), block.size());
  if (count < 0 && errno == EAGAIN) return std::nullopt;
  if (count < 0) throw_system_error("read");
  buffer.append(block.data(), static_cast<std::size_t>(count));
  return static_cast<std::size_t>(count);
}

int poll_readable(const Descriptor& descriptor, std::chrono::milliseconds longest) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds none{0};
  const auto end = Clock::now() + longest;
  pollfd polled{descriptor.get(), POLLIN, 0};
  while (true) {
    const auto rest = std::max(std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()), none);
    const int found = ::poll(&polled, 1, longest < none ? -1 : static_cast<int>(rest.count()));
    if (found >= 0 || errno != EINTR) return found;
    if (longest >= none && rest == none) return 0;
  }
}

}  // namespace processes
