// Both ends of a transport without a pool, shared by the transport tests.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "faults/watchdog.hpp"
#include "leaves_nothing.hpp"
#include "processes/process.hpp"
#include "processes/transport/channel.hpp"
#include "processes/transport/spin.hpp"

/// Encodes exactly these bytes.
inline auto raw(std::string_view bytes) {
  return [bytes](processes::Encoder& encoder) {
    std::size_t at = 0;
    for (std::array<char, 64> block{}; bytes.size() - at >= block.size(); at += block.size()) {
      bytes.copy(block.data(), block.size(), at);
      encoder.put(block);
    }
    for (; at < bytes.size(); ++at) encoder.put(bytes[at]);
  };
}

/// Text of that size that differs from seed to seed.
inline std::string text_of(std::size_t size, unsigned seed) {
  std::minstd_rand random(seed + 1);
  std::string text(size, ' ');
  for (char& letter : text) letter = static_cast<char>(random());
  return text;
}

/// Spins for a random time, so that the two sides meet in every order.
inline void dawdle(std::minstd_rand& random) {
  const auto looks = random() % 4 == 0 ? random() % 4000 : random() % 40;
  for (auto look = looks; look > 0; --look) processes::relax();
}

inline constexpr std::size_t small_ring = 4096;
inline constexpr std::size_t small_limit = 50'000;  // less than a pipe's capacity, so that one process can be both ends

inline processes::TransportOptions small(processes::Transport transport) {
  return {.transport = transport, .ring_bytes = small_ring, .message_limit = small_limit};
}

/// A channel, with ports in this process or in a forked one.
class Connection {
 public:
  explicit Connection(const processes::TransportOptions& options)
      : options_(options), channel_(processes::Channel::open(options)) {}

  [[nodiscard]] processes::Channel& channel() const { return *channel_; }
  [[nodiscard]] processes::WorkerControl& control() const { return channel_->control(); }
  [[nodiscard]] const processes::Doorbell& parent() const { return parent_; }
  [[nodiscard]] processes::CallBoard& board() { return board_; }

  [[nodiscard]] std::unique_ptr<processes::Port> open_port() const {
    std::vector<processes::Descriptor> descriptors;
    for (const int descriptor : channel_->worker_descriptors()) descriptors.emplace_back(::dup(descriptor));
    return processes::Port::open(options_, std::move(descriptors), channel_->memory_size(), board_);
  }

  /// Forks a worker that runs this with its port; closes the descriptors that only the worker needs.
  processes::Process start_worker(const std::function<void(processes::Port&)>& work) const {
    processes::Process worker([this, work] {
      const auto port = open_port();
      channel_->close_worker_descriptors();  // as in a pool's worker, which never had them
      work(*port);
      return 0;
    });
    worker.start();
    channel_->close_worker_descriptors();
    return worker;
  }

  /// The next response; nothing if there is none now. Damage fails the test.
  [[nodiscard]] std::optional<std::string> take_response() const {
    processes::Frame frame;
    const auto found = channel_->receive(frame);
    EXPECT_NE(found, processes::RingReader::Found::damage);
    if (found != processes::RingReader::Found::frame) {
      channel_->drained();
      return std::nullopt;
    }
    std::string bytes(frame.bytes);
    channel_->done();
    return bytes;
  }

  /// Sleeps like a pool until there may be news, or until `there_is_news` returns true after the worker knows of the
  /// sleep. False without a ring in ten seconds.
  template <class News>
  [[nodiscard]] bool sleep(const News& there_is_news) const {
    parent_.about_to_sleep();
    channel_->flush();
    const bool woken = there_is_news() || parent_.sleep(std::chrono::seconds(10));
    parent_.awake();
    return woken;
  }

  /// Waits for the next response.
  [[nodiscard]] std::optional<std::string> wait_for_response() const {
    while (true) {
      if (auto response = take_response()) return response;
      if (!sleep([this] { return channel_->has_response(); })) return std::nullopt;
    }
  }

 private:
  processes::TransportOptions options_;
  processes::CallBoard board_;
  processes::Doorbell parent_{board_.memory()};
  std::unique_ptr<processes::Channel> channel_;
};

inline std::string transport_name(const testing::TestParamInfo<processes::Transport>& parameter) {
  return parameter.param == processes::Transport::shared ? "shared" : "pipe";
}

/// Every test has a time limit.
class ConnectionTest : public LeavesNothing {
 private:
  faults::Watchdog watchdog_;
};
