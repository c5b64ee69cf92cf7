// Makes one case for every backend.
#pragma once

#include <span>
#include <vector>

#include "cases/case.hpp"

namespace bench {

/// One case for every backend and number of workers: cold, and with `also_warm` also warm if the backend supports that.
/// A serial backend always has one worker; without `also_alone` it is skipped.
std::vector<Case> under_every_backend(CaseSettings settings, std::span<const int> workers, bool also_warm,
                                      bool also_alone = true);

/// One case for every backend and number of workers: warm if the backend supports that, else cold.
std::vector<Case> warm_where_it_can_be(CaseSettings settings, std::span<const int> workers);

/// The same, warm, with a pause before each call, as a server's workers have between requests. Backends without a warm
/// start are skipped. With `also_alone`, serial is added as a baseline.
std::vector<Case> after_a_pause(CaseSettings settings, int workers, bool also_alone = true,
                                std::chrono::microseconds pause = long_pause);

}  // namespace bench
