// Packets that the system does not take. The program's sendmsg asks here (workers/fork_servers.cpp).
#pragma once

#include <sys/socket.h>

#include <atomic>

namespace faults {

/// How many packets without descriptors are still rejected for want of memory (ENOBUFS). Once a pool is made, the
/// program sends such a packet to kill a worker.
inline std::atomic<int> packets_to_reject = 0;

inline bool is_rejected(const msghdr& message) {
  if (packets_to_reject == 0 || message.msg_controllen > 0) return false;
  --packets_to_reject;
  return true;
}

}  // namespace faults
