// A queue from many processes to one: the counterpart of multiprocessing.Queue.
#pragma once

#include <optional>
#include <string>

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

  std::optional<T> get() {
    const auto message = messages_.get();
    if (!message) return std::nullopt;
    return Decoder(*message).get<T>();
  }

  void close_writer() { messages_.close_writer(); }

 private:
  MessageQueue messages_;
};

}  // namespace processes
