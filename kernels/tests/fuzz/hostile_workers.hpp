// A pool's workers without processes: memory that a pool reads, and that tests fill with wrong values.
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

/// A worker's memory, and its end of the board.
struct HostileWorker {
  HostileWorker(std::uint64_t number, const processes::Channel& channel, const processes::CallBoard& board);

  /// Writes a frame to its response ring at the current tail, unless it would cross the ring's end.
  void respond(processes::Frame::Kind kind, std::string_view bytes) const;

  std::uint64_t id;
  processes::WorkerControl& control;
  processes::CallResults& results;
  std::span<char> responses;
  processes::CallTaker taker;
  std::optional<processes::CallTaker::Chunk> chunk;  ///< its current chunk
  std::size_t task = 0;                              ///< the next one of the chunk
  bool in_task = false;
};

/// The state of the only pool's supervisor. hostile_workers.cpp has the matching class Supervisor.
struct HostileWorkers {
  std::list<HostileWorker> living;
  std::vector<processes::SupervisorEvent> events;  ///< not read by the pool yet
  std::optional<processes::CallBoard> board;
  int may_begin = 0;  ///< how many workers may start before the system denies one
  int killed = 0;     ///< by the pool

  [[nodiscard]] HostileWorker* find(std::size_t position);
  void end(std::uint64_t id, processes::ExitStatus status);
};

HostileWorkers& hostile_workers();

}  // namespace fuzz
