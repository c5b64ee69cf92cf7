#include "processes/transport/channel.hpp"

#include <unistd.h>

#include <new>

#include "host/huge_pages.hpp"
#include "processes/os/step.hpp"
#include "processes/transport/pipe_transport.hpp"
#include "processes/transport/shared_transport.hpp"

namespace processes {

std::size_t system_page() { return host::page_size(); }

Channel::Channel(SharedMemory memory) : memory_(std::move(memory)), control_(new (memory_.data()) WorkerControl) {
  memory_.leave_out_of_core_dumps();
  // Another pool's processes, as copies of this program, could otherwise write to it, and keep it after this pool.
  memory_.leave_out_of_forks();
}

std::unique_ptr<Channel> Channel::open(const TransportOptions& options) {
  if (options.transport == Transport::pipe) return std::make_unique<PipeChannel>(options);
  return std::make_unique<SharedChannel>(options);
}

std::unique_ptr<Port> Port::open(const TransportOptions& options, std::vector<Descriptor> descriptors,
                                 std::size_t memory_size, const CallBoard& board) {
  SharedMemory memory = SharedMemory::attach(descriptors.at(0), memory_size, SharedMemory::Others::write);
  if (options.transport == Transport::pipe) {
    return std::make_unique<PipePort>(options, std::move(memory), std::move(descriptors.at(1)),
                                      std::move(descriptors.at(2)), board);
  }
  return std::make_unique<SharedPort>(options, std::move(memory), descriptors.at(0), board);
}

Port::Port(SharedMemory memory, const CallBoard& board)
    : memory_(std::move(memory)),
      control_(reinterpret_cast<WorkerControl*>(memory_.data())),
      program_(board.memory()),
      parent_(::getppid()) {
  memory_.leave_out_of_core_dumps();
}

void Port::wake_program() const {
  if (!program_.needed()) return;
  reach(Step::before_ring);
  program_.ring();
}

void Port::require_parent() const {
  if (::getppid() != parent_) throw PoolEnded("a worker's supervisor has ended");
}

}  // namespace processes
