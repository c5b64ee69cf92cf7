// Data that a test shares with all of its processes.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <new>
#include <system_error>

namespace faults {

/// A T in memory shared with every process that is forked from now on. Its members are atomics, or written before the
/// fork.
template <class T>
class SharedPage {
 public:
  SharedPage() : page_(::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (page_ == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    value_ = new (page_) T;
  }
  SharedPage(const SharedPage&) = delete;
  SharedPage& operator=(const SharedPage&) = delete;
  ~SharedPage() { ::munmap(page_, sizeof(T)); }

  T& operator*() const { return *value_; }
  T* operator->() const { return value_; }
  [[nodiscard]] T* get() const { return value_; }

 private:
  void* page_;
  T* value_;
};

}  // namespace faults
