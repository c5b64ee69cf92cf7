// The cases of a user's own loop. The program registers no other cases.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cases/case.hpp"
#include "loops/registry.hpp"

namespace own_loop {

/// The loop of this program, with `sizes` instead of its own if there are any. Sizes are sorted, without duplicates.
/// Throws std::invalid_argument, with what to do, unless there is exactly one loop with a name, sizes >= 1 and a
/// make().
loops::Description description(std::span<const std::int64_t> sizes);

/// Cases of family loops: every backend except those that are only measured for comparison, cold and warm, with
/// these numbers of workers. Further cases have a pause before each call, and the last number.
///
///   loops/<backend>/loop:<name>/size:<n>/workers:/start:[/pause:5ms]
std::vector<bench::Case> cases(const loops::Description& loop, std::span<const int> workers);

}  // namespace own_loop
