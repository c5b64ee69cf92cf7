// The samples: a matrix in memory that processes share.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>

#include "processes/shared_memory.hpp"

namespace parzen {

/// Samples take more memory than there is.
class ShortOfMemory : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// n samples by d dimensions; column-major, so that one dimension of all samples is contiguous.
///
/// They lie in shared memory, for two reasons: a fork copies no page tables for them, so that it costs the same however
/// many there are, and a worker forked before they were drawn can map them instead of being sent a copy. In all else
/// this is an Eigen matrix whose copies are copies.
class Samples : public Eigen::Map<Eigen::MatrixXd> {
 public:
  using Base = Eigen::Map<Eigen::MatrixXd>;

  Samples() : Base(nullptr, 0, 0) {}
  /// Zeros. Before anything is allocated: throws std::invalid_argument for more than can be addressed, ShortOfMemory
  /// for more than host::available_memory(). Throws std::system_error when the system gives no memory all the same.
  Samples(Eigen::Index n, Eigen::Index d) : Samples(allocate(n, d), n, d) {}
  /// What the memory holds: of another process, for instance; read-only there. Huge pages are requested for it, which
  /// a system gives where /sys/kernel/mm/transparent_hugepage/shmem_enabled says so.
  Samples(processes::SharedMemory memory, Eigen::Index n, Eigen::Index d);
  /// A row a sample.
  Samples(std::initializer_list<std::initializer_list<double>> rows) : Samples(Eigen::MatrixXd(rows)) {}
  /// The values of any matrix or expression of Eigen's.
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

  /// Called by who writes samples begin to end first, and before: see host::request_huge_pages().
  void first_touch(Eigen::Index begin, Eigen::Index end);

  /// Empty if there are no samples.
  [[nodiscard]] const processes::SharedMemory& memory() const { return memory_; }

 private:
  static processes::SharedMemory allocate(Eigen::Index n, Eigen::Index d);

  void swap(Samples& other) noexcept;
  /// Shows other memory, as Eigen's documentation of Map says how.
  void show(double* first, Eigen::Index n, Eigen::Index d) noexcept {
    new (static_cast<Base*>(this)) Base(first, n, d);
  }

  processes::SharedMemory memory_;
};

/// Throws std::invalid_argument unless n and d are positive.
void check_drawable(std::int64_t n, std::int64_t d);

/// Throws std::invalid_argument for n samples of d dimensions that are more than can be addressed, ShortOfMemory for
/// more than the available bytes; without these nothing is too much. n and d are positive.
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
