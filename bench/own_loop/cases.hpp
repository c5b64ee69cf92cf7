// The cases of a user's own loop, which is the only one that its program registers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cases/case.hpp"
#include "loops/registry.hpp"
#include "machine/limits.hpp"

namespace own_loop {

/// The loop of this program; with these sizes instead of its own, if there are any. Sizes are sorted, each once. Throws
/// std::invalid_argument, with what to do, unless there is exactly one loop with a name, sizes from 1 on and a make().
loops::Description description(std::span<const std::int64_t> sizes);

/// In family loops: under every backend but those that are there to compare with, with sweep_workers(), cold and warm;
/// and with as many workers as there are processors after a pause.
///
///   loops/<backend>/loop:<name>/size:<n>/workers:/start:[/pause:5ms]
std::vector<bench::Case> cases(const loops::Description& loop, const bench::Limits& limits);

}  // namespace own_loop
