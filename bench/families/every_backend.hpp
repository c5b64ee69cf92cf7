// One case under every backend.
#pragma once

#include <span>
#include <vector>

#include "case.hpp"

namespace bench {

/// What the settings say, for every backend of this build: with each of these numbers of workers, cold, and also warm
/// if that is asked for and the backend warms up. A backend that has no several workers has one, whatever is asked, and
/// is left out if it shall not count alone.
std::vector<Case> under_every_backend(CaseSettings settings, std::span<const int> workers, bool also_warm,
                                      bool also_alone = true);

/// The same warm, for every backend that warms up, where each call follows a pause: what a request finds in a server.
std::vector<Case> after_a_pause(CaseSettings settings, int workers);

}  // namespace bench
