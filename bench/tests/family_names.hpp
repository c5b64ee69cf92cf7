// Names of the cases of a family.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "backends/backend.hpp"
#include "cases/case.hpp"

inline std::multiset<std::string> names_of(const std::vector<bench::Case>& cases) {
  std::multiset<std::string> names;
  std::ranges::transform(cases, std::inserter(names, names.end()), &bench::Case::name);
  return names;
}

/// Every backend; those that are only measured for comparison on request.
inline std::vector<backends::Description> every_backend(bool also_peers = false) {
  std::vector<backends::Description> all = backends::registry();
  if (!also_peers) std::erase_if(all, &backends::Description::peer);
  return all;
}

/// Names of the problem for every backend: `problem` is between backend and workers.
inline std::multiset<std::string> expected_names(const std::string& family, const std::string& problem,
                                                 const std::vector<int>& workers, bool also_warm,
                                                 bool also_peers = false) {
  std::multiset<std::string> names;
  for (const backends::Description& backend : every_backend(also_peers)) {
    if (backend.name == "serial") {
      names.insert(fmt::format("{}/serial/{}/workers:1/start:cold", family, problem));
      continue;
    }
    for (const int count : workers) {
      names.insert(fmt::format("{}/{}/{}/workers:{}/start:cold", family, backend.name, problem, count));
      if (!also_warm || !backend.warms_up) continue;
      names.insert(fmt::format("{}/{}/{}/workers:{}/start:warm", family, backend.name, problem, count));
    }
  }
  return names;
}

/// The same names with a pause before each call.
inline std::multiset<std::string> expected_names_after_a_pause(const std::string& family, const std::string& problem,
                                                               int workers, bool also_serial, bool also_peers = false) {
  std::multiset<std::string> names;
  if (also_serial) names.insert(fmt::format("{}/serial/{}/workers:1/start:cold/pause:5ms", family, problem));
  for (const backends::Description& backend : every_backend(also_peers)) {
    if (!backend.warms_up) continue;
    names.insert(fmt::format("{}/{}/{}/workers:{}/start:warm/pause:5ms", family, backend.name, problem, workers));
  }
  return names;
}

/// Names of one case for every backend and number of workers: warm if the backend supports that, else cold.
inline std::multiset<std::string> expected_names_in_one_start(const std::string& family, const std::string& problem,
                                                              const std::vector<int>& workers) {
  std::multiset<std::string> names = expected_names(family, problem, workers, true);
  std::erase_if(names, [&names](const std::string& name) {
    const std::string start = "/start:cold";
    return name.ends_with(start) && names.contains(name.substr(0, name.size() - start.size()) + "/start:warm");
  });
  return names;
}

/// The names that contain this text.
inline std::vector<bench::Case> only(std::vector<bench::Case> cases, const std::string& part) {
  std::erase_if(cases, [&part](const bench::Case& each) { return each.name.find(part) == std::string::npos; });
  return cases;
}
