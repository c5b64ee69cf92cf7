// RAII file descriptors, and complete reads and writes. Calls that a signal interrupts are retried.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "processes/os/system_error.hpp"

namespace processes {

/// Owns a file descriptor and closes it.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { close(); }

  [[nodiscard]] int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }
  void close() noexcept;

  /// Makes reads and writes return at once from now on. Throws std::system_error.
  void set_nonblocking() const;

 private:
  int descriptor_ = -1;
};

/// Moves the descriptor above the numbers of the standard streams. If the program has closed these, its output would go
/// to the descriptor. Empty, with errno, if there is no free number; an empty descriptor stays empty.
[[nodiscard]] Descriptor above_standard(Descriptor descriptor) noexcept;

/// Moves the descriptor to a number that programs rarely use. What a task writes to a descriptor of the program, which
/// its worker does not have, must not go to one of the worker's own. It stays where it is if there is no such number.
[[nodiscard]] Descriptor at_a_rare_number(Descriptor descriptor) noexcept;

/// A pipe. Both ends close on exec, so that programs that the host starts do not inherit them.
struct Pipe {
  Descriptor reader;
  Descriptor writer;

  /// Throws std::system_error.
  static Pipe open();
};

/// Writes all bytes to a blocking descriptor. Throws std::system_error; EPIPE if there is no reader. It does not raise
/// SIGPIPE, whose disposition belongs to the host program.
void write_all(const Descriptor& descriptor, std::string_view bytes);

/// Writes as many bytes as one write takes, and returns how many: 0 if a non-blocking descriptor has no room now.
/// Throws std::system_error. Without a reader it raises SIGPIPE: blocking the signal would take three system calls. So
/// use it if this process also has the read end, or must end with its reader.
std::size_t write_some(const Descriptor& descriptor, std::string_view bytes);

/// Fills the buffer from a blocking descriptor. False if the stream ends before the first byte. Throws
/// std::runtime_error if it ends inside the buffer, std::system_error if reading fails.
bool read_all(const Descriptor& descriptor, char* buffer, std::size_t size);

/// Appends what one read returns, at most the size of the block, which it is read into first. Returns the number of
/// bytes: 0 at the end of the stream, nothing if a non-blocking descriptor has none now. Throws std::system_error.
std::optional<std::size_t> read_some(const Descriptor& descriptor, std::string& buffer, std::span<char> block);

/// Waits until a read would not block, for at most that time, however many signals interrupt the wait. Negative: no
/// limit. Returns what poll(2) does: 0 on timeout, or -1 and errno.
int poll_readable(const Descriptor& descriptor, std::chrono::milliseconds longest);

}  // namespace processes
