// Allocations that fail, of this process or of the children of one. The program's operator new asks here
// (failing_allocations.cpp).
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <new>

namespace faults::allocations {

/// Which of the allocations fail, counted from 0: some in a row from the first one, or from each that chance chooses.
struct Failures {
  long first = 0;
  long in_a_row = 1;
  std::uint32_t seed = 0;  ///< of chance; 0: none
};
inline constexpr long all = std::numeric_limits<long>::max();

/// From now on, in this process only: its children have a copy of the choice.
void let_fail(const Failures& which);
void let_all_succeed();
/// Whether one has failed since the last let_fail().
bool any_failed();

/// Acts while these allocations of this process fail; returns whether one did. The act itself may fail by
/// std::bad_alloc.
template <class Act>
bool failed_in(const Failures& which, const Act& act) {
  let_fail(which);
  try {
    act();
  } catch (const std::bad_alloc&) {
    let_all_succeed();
  }
  let_all_succeed();
  return any_failed();
}

/// In the children of that process, all allocations fail after so many.
struct Children {
  std::atomic<pid_t> of = -1;
  std::atomic<long> spared = 0;
  std::atomic<long> failed = 0;
};
/// Points into a SharedPage, set before a pool is made.
inline Children* children = nullptr;

}  // namespace faults::allocations
