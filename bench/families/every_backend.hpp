// One case under every backend.
#pragma once

#include <span>
#include <vector>

#include "cases/case.hpp"

namespace bench {

/// What the settings say, for every backend of this build: with each of these numbers of workers, cold, and also warm
/// if that is asked for and the backend warms up. A backend that has no several workers has one, whatever is asked, and
/// is left out if it shall not count alone.
std::vector<Case> under_every_backend(CaseSettings settings, std::span<const int> workers, bool also_warm,
                                      bool also_alone = true);

/// One case a backend and number of workers: warm where the backend warms up, else cold.
std::vector<Case> warm_where_it_can_be(CaseSettings settings, std::span<const int> workers);

/// The same warm, where each call follows a pause, for every backend that warms up: what a request in a server meets.
/// And, if it shall, for one that counts alone, to compare with.
std::vector<Case> after_a_pause(CaseSettings settings, int workers, bool also_alone = true);

}  // namespace bench
