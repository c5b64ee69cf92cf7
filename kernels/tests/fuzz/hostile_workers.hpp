// Workers of a pool that are no processes: memory that a pool reads, for whoever writes into it what no worker would.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "processes/transport/channel.hpp"
#include "processes/workers/supervisor.hpp"

namespace fuzz {

/// One worker's memory, and its half of the board.
struct HostileWorker {
  HostileWorker(std::uint64_t number, const processes::Channel& channel, const processes::CallBoard& board);

  /// Puts a frame into the ring of its responses, wherever its tail is, if it is not over the ring's end.
  void respond(processes::Frame::Kind kind, std::string_view bytes) const;

  std::uint64_t id;
  processes::WorkerControl& control;
  processes::CallResults& results;
  std::span<char> responses;
  processes::CallTaker taker;
  std::optional<processes::CallTaker::Chunk> chunk;  ///< that it holds
  std::size_t task = 0;                              ///< the next one of it
  bool in_task = false;
};

/// What the supervisor of the one pool that there is knows. hostile_workers.cpp has the Supervisor that goes with it.
struct HostileWorkers {
  std::list<HostileWorker> living;
  std::vector<processes::SupervisorEvent> events;  ///< that the pool does not know yet
  std::optional<processes::CallBoard> board;
  int may_begin = 0;  ///< so many workers; then the system denies one
  int killed = 0;     ///< by the pool

  [[nodiscard]] HostileWorker* find(std::size_t position);
  void end(std::uint64_t id, processes::ExitStatus status);
};

HostileWorkers& hostile_workers();

}  // namespace fuzz
