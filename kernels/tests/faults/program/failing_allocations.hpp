// Allocations of this process that fail. The program's operator new asks here (failing_allocations.cpp).
#pragma once

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

}  // namespace faults::allocations
