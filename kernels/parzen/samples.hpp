// The samples: a matrix in shared memory.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>

#include "processes/shared_memory.hpp"

namespace parzen {

/// The samples need more memory than is available.
class ShortOfMemory : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// n samples by d dimensions; column-major, so that all samples of one dimension are contiguous.
///
/// They are in shared memory for two reasons. A fork copies no page tables for them, so its cost does not grow with
/// their number. And a worker that was forked before they were generated can map them instead of receiving a copy.
/// Otherwise this behaves like an Eigen matrix: copies are independent.
class Samples : public Eigen::Map<Eigen::MatrixXd> {
 public:
  using Base = Eigen::Map<Eigen::MatrixXd>;

  Samples() : Base(nullptr, 0, 0) {}
  /// Zeros. Before allocating, throws std::invalid_argument for more samples than can be addressed, ShortOfMemory for
  /// more than host::available_memory(). Throws std::system_error if the system denies the memory even so.
  Samples(Eigen::Index n, Eigen::Index d) : Samples(allocate(n, d), n, d) {}
  /// Samples in existing memory, for example of another process, where it is read-only. Requests huge pages for it,
  /// which the system provides if /sys/kernel/mm/transparent_hugepage/shmem_enabled allows.
  Samples(processes::SharedMemory memory, Eigen::Index n, Eigen::Index d);
  /// One row per sample.
  Samples(std::initializer_list<std::initializer_list<double>> rows) : Samples(Eigen::MatrixXd(rows)) {}
  /// Copies any Eigen matrix or expression.
  template <class Derived>
  Samples(const Eigen::MatrixBase<Derived>& values) : Samples(values.rows(), values.cols()) {  // NOLINT(*-explicit-*)
    Base::operator=(values);
  }

  Samples(const Samples& other) : Samples(static_cast<const Eigen::MatrixBase<Base>&>(other)) {}
  Samples(Samples&& other) noexcept : Samples() { swap(other); }
  Samples& operator=(Samples other) noexcept {
    swap(other);
    return *this;
  }
  ~Samples() = default;

  /// Call it before being the first to write samples [begin, end), in the same thread: see host::request_huge_pages().
  void first_touch(Eigen::Index begin, Eigen::Index end);

  /// Empty if there are no samples.
  [[nodiscard]] const processes::SharedMemory& memory() const { return memory_; }

 private:
  static processes::SharedMemory allocate(Eigen::Index n, Eigen::Index d);

  void swap(Samples& other) noexcept;
  /// Refers to other memory, by placement new as Eigen documents for Map.
  void show(double* first, Eigen::Index n, Eigen::Index d) noexcept {
    new (static_cast<Base*>(this)) Base(first, n, d);
  }

  processes::SharedMemory memory_;
};

/// Throws std::invalid_argument unless n and d are positive.
void check_drawable(std::int64_t n, std::int64_t d);

/// Throws std::invalid_argument for more samples than can be addressed, ShortOfMemory for more than the available
/// bytes; no limit without these. n and d are positive.
void check_memory(std::int64_t n, std::int64_t d, std::optional<std::uint64_t> available);

inline void Samples::swap(Samples& other) noexcept {
  double* const first = data();
  const Eigen::Index n = rows();
  const Eigen::Index d = cols();
  show(other.data(), other.rows(), other.cols());
  other.show(first, n, d);
  std::swap(memory_, other.memory_);
}

}  // namespace parzen
