// A queue of messages from many processes to one, over a pipe.
//
//   child   put(value) ─ packets of at most PIPE_BUF bytes ─┐
//   child   put(value) ─ packets ───────────────────────────┼─ pipe ─▶ get()   parent
//   parent  put(value) ─ packets ───────────────────────────┘
//
// A write of at most PIPE_BUF bytes to a pipe is atomic (POSIX, write). So packets of several writers never mix, and no
// lock is needed that a dying writer could keep. Each packet names its writer and its offset in the message; the reader
// joins them. The incomplete message of a dead writer is dropped.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "processes/os/descriptor.hpp"

namespace processes {

/// The byte messages behind Queue<T>.
class MessageQueue {
 public:
  /// Throws std::system_error.
  MessageQueue();

  /// Blocks while the pipe is full. Throws std::system_error (EPIPE if the reader has ended), std::logic_error after
  /// close_writer().
  void put(std::string_view message);

  /// Waits for the next whole message; messages come in the order of their last packets. Returns nothing once every
  /// writer has ended. Throws std::runtime_error if the pipe has malformed data, and on every later call;
  /// std::bad_alloc if there is no memory for the message, which a later call returns.
  std::optional<std::string> get();

  /// Closes this process's write end. Call it in the parent once all children have started: until then the parent
  /// counts as a writer, and get() does not return nothing.
  void close_writer() { pipe_.writer.close(); }

 private:
  struct PacketHeader {
    std::uint32_t writer = 0;  // the writer's thread id, unique on the system while the thread lives
    std::uint32_t size = 0;    // bytes of this packet
    std::uint64_t offset = 0;  // of these bytes in the message
    std::uint64_t total = 0;   // bytes of the message
  };
  static constexpr std::size_t most_bytes = PIPE_BUF - sizeof(PacketHeader);

  Pipe pipe_;
  pid_t reader_;
  std::atomic<bool> reader_left_ = false;       // this writer has closed its copy of the read end
  std::map<std::uint32_t, std::string> parts_;  // by thread id
  std::optional<PacketHeader> header_;          // of a packet whose bytes are still in the pipe
  bool damaged_ = false;
};

}  // namespace processes
