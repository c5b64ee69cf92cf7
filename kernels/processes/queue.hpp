// A queue from many processes to one: the counterpart of multiprocessing.Queue.
#pragma once

#include <new>
#include <optional>
#include <string>
#include <utility>

#include "processes/transport/message_queue.hpp"
#include "processes/transport/wire.hpp"

namespace processes {

/// Any process that was forked after construction may put(), also from several threads, but no task of a pool: its
/// worker has no descriptor of the program. Only the constructing process may get().
template <class T>
class Queue {
 public:
  void put(const T& value) {
    std::string message;
    Encoder(message).put(value);
    messages_.put(message);
  }

  /// Waits for the next value; returns nothing once every writer has ended. If it throws std::bad_alloc, a later call
  /// returns the value. One that memory never suffices for is not skipped.
  std::optional<T> get() {
    auto message = unread_ ? std::exchange(unread_, std::nullopt) : messages_.get();
    if (!message) return std::nullopt;
    try {
      return Decoder(*message).get<T>();
    } catch (const std::bad_alloc&) {
      unread_ = std::move(message);
      throw;
    }
  }

  void close_writer() { messages_.close_writer(); }

 private:
  MessageQueue messages_;
  std::optional<std::string> unread_;  // a message that there was no memory to decode
};

}  // namespace processes
