// A queue of messages from many processes to one, over a pipe.
//
//   child   put(value) ─ packets of at most PIPE_BUF bytes ─┐
//   child   put(value) ─ packets ───────────────────────────┼─ pipe ─▶ get()   parent
//   parent  put(value) ─ packets ───────────────────────────┘
//
// A write of at most PIPE_BUF bytes to a pipe is atomic (POSIX, write), so packets of several writers never mix, and no
// lock is shared that a dying writer could keep. Each packet names its writer and its place in the message; the reader
// puts the messages together. A message whose writer died within it is dropped.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "processes/os/descriptor.hpp"

namespace processes {

/// The queue of messages that Queue<T> encodes its values to.
class MessageQueue {
 public:
  /// Throws std::system_error.
  MessageQueue();

  /// Blocks while the pipe is full. Throws std::system_error (EPIPE when the reader has gone), std::logic_error after
  /// close_writer().
  void put(std::string_view message);

  /// The next whole message, in the order of their last packets; blocks for it. Nothing once every writer has gone.
  /// Throws std::runtime_error, then and whenever it is called again, where the pipe holds something else.
  std::optional<std::string> get();

  /// Gives up this process's right to put. Call it in the parent once all children have started: until then the parent
  /// is a writer too, and get() cannot know that no message will come.
  void close_writer() { pipe_.writer.close(); }

 private:
  Pipe pipe_;
  pid_t reader_;
  std::atomic<bool> reader_left_ = false;       // by this process, a writer
  std::map<std::uint32_t, std::string> parts_;  // by writer
  bool damaged_ = false;
};

}  // namespace processes
