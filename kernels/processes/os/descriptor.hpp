// File descriptors that close themselves, and reads and writes that are full.
// A signal that interrupts a call is no error here: every call that it ends early is made again.
#pragma once

#include <cstddef>
#include <optional>
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

  /// Reads and writes return at once from now on. Throws std::system_error.
  void set_nonblocking() const;

 private:
  int descriptor_ = -1;
};

/// The same file under a number that no standard stream can have: in a program that has closed its own, what it prints
/// would go there. Empty, with errno, if there is no room for another number; what is empty stays as it is.
[[nodiscard]] Descriptor above_standard(Descriptor descriptor) noexcept;

/// A pipe; both ends close on exec, so that no program started by the host inherits them.
struct Pipe {
  Descriptor reader;
  Descriptor writer;

  /// Throws std::system_error.
  static Pipe open();
};

/// Writes all bytes to a blocking descriptor. Throws std::system_error; EPIPE where nobody is left to read, without the
/// signal SIGPIPE, whose disposition belongs to the host program.
void write_all(const Descriptor& descriptor, std::string_view bytes);

/// Writes as many bytes as one write takes, and returns how many: 0 if a non-blocking descriptor has no room now.
/// Throws std::system_error. Where nobody reads, SIGPIPE is raised: to keep it away takes three system calls, so this
/// is for who holds the read end too, or has to end with its reader.
std::size_t write_some(const Descriptor& descriptor, std::string_view bytes);

/// Fills the buffer from a blocking descriptor. False at the end of the stream before the first byte;
/// throws std::runtime_error where the stream ends within the buffer, std::system_error where reading fails.
bool read_all(const Descriptor& descriptor, char* buffer, std::size_t size);

/// Appends what one read gives, at most 64 KiB: the number of its bytes, 0 once the stream has ended, nothing if a
/// non-blocking descriptor has none now. Throws std::system_error.
std::optional<std::size_t> read_some(const Descriptor& descriptor, std::string& buffer);

}  // namespace processes
