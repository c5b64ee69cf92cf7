#include "processes/transport/channel.hpp"

#include <new>

#include "processes/transport/pipe_transport.hpp"
#include "processes/transport/shared_transport.hpp"

namespace processes {

Channel::Channel(SharedMemory memory) : memory_(std::move(memory)), control_(new (memory_.data()) WorkerControl) {}

std::unique_ptr<Channel> Channel::open(const TransportOptions& options) {
  if (options.transport == Transport::pipe) return std::make_unique<PipeChannel>(options);
  return std::make_unique<SharedChannel>(options);
}

std::unique_ptr<Port> Port::open(const TransportOptions& options, std::vector<Descriptor> descriptors,
                                 std::size_t memory_size, Doorbell parent) {
  SharedMemory memory = SharedMemory::attach(descriptors.at(0), memory_size, SharedMemory::Others::write);
  if (options.transport == Transport::pipe) {
    return std::make_unique<PipePort>(options, std::move(memory), std::move(descriptors.at(1)),
                                      std::move(descriptors.at(2)));
  }
  return std::make_unique<SharedPort>(options, std::move(memory), Doorbell(std::move(descriptors.at(1))),
                                      std::move(parent));
}

}  // namespace processes
