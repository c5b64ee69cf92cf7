#include "families/every_backend.hpp"

#include <array>

namespace bench {

std::vector<Case> under_every_backend(CaseSettings settings, std::span<const int> workers, bool also_warm,
                                      bool also_alone) {
  static constexpr std::array one{1};
  std::vector<Case> cases;
  for (const backends::Description& backend : backends::registry()) {
    if (backend.peer && !settings.under_peers) continue;
    settings.backend = &backend;
    const bool alone = backend.mechanism == backends::Mechanism::neither;
    if (alone && !also_alone) continue;
    for (const int count : alone ? std::span<const int>(one) : workers) {
      settings.workers = count;
      for (const Start start : {Start::cold, Start::warm}) {
        if (start == Start::warm && !(also_warm && backend.warms_up)) continue;
        settings.start = start;
        cases.push_back(make_case(settings));
      }
    }
  }
  return cases;
}

std::vector<Case> warm_where_it_can_be(CaseSettings settings, std::span<const int> workers) {
  static constexpr std::array one{1};
  std::vector<Case> cases;
  for (const backends::Description& backend : backends::registry()) {
    if (backend.peer && !settings.under_peers) continue;
    settings.backend = &backend;
    settings.start = backend.warms_up ? Start::warm : Start::cold;
    const bool alone = backend.mechanism == backends::Mechanism::neither;
    for (const int count : alone ? std::span<const int>(one) : workers) {
      settings.workers = count;
      cases.push_back(make_case(settings));
    }
  }
  return cases;
}

std::vector<Case> after_a_pause(CaseSettings settings, int workers, bool also_alone, std::chrono::microseconds pause) {
  settings.pause = pause;
  std::vector<Case> cases;
  for (const backends::Description& backend : backends::registry()) {
    if (backend.peer && !settings.under_peers) continue;
    const bool alone = backend.mechanism == backends::Mechanism::neither;
    if (alone ? !also_alone : !backend.warms_up) continue;
    settings.backend = &backend;
    settings.workers = alone ? 1 : workers;
    settings.start = alone ? Start::cold : Start::warm;
    cases.push_back(make_case(settings));
  }
  return cases;
}

}  // namespace bench
