// Distinguishes a process from its forked copies without a system call.
#pragma once

#include <sys/types.h>

#include <atomic>

namespace processes {

/// here() is true in the process that made it and false in every process forked from that. It reads a byte of a page
/// that the kernel clears in a child (madvise(2), MADV_WIPEONFORK); getpid() would be a system call.
class ProcessMark {
 public:
  /// Throws std::system_error.
  ProcessMark();
  ProcessMark(const ProcessMark&) = delete;
  ProcessMark& operator=(const ProcessMark&) = delete;
  ~ProcessMark();

  [[nodiscard]] bool here() const { return pid_ == 0 ? page_->load(std::memory_order_relaxed) != 0 : is_own_pid(); }

 private:
  [[nodiscard]] bool is_own_pid() const;

  std::atomic<char>* page_;
  pid_t pid_ = 0;  // 0 unless the system cannot clear pages on fork
};

}  // namespace processes
