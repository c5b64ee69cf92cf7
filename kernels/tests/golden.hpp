// Counts and samples from NumPy, exact; see golden.json.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "parzen/problem.hpp"
#include "parzen/random/legacy.hpp"

namespace golden {

struct Golden {
  std::string name;
  parzen::Problem problem;
  std::vector<double> widths;
  parzen::Counts counts;
  std::vector<double> first;  ///< doubles of the samples, sample by sample
  std::vector<double> last;
};

inline std::vector<Golden> load() {
  std::ifstream stream(PARZEN_GOLDEN);
  const auto document = nlohmann::json::parse(stream);
  std::vector<Golden> all;
  for (const auto& entry : document.at("cases")) {
    const auto query = entry.at("query").get<std::vector<double>>();
    all.push_back({entry.at("name"),
                   {parzen::legacy_samples(entry.at("seed"), entry.at("n"), entry.at("d")),
                    Eigen::Map<const parzen::Query>(query.data(), std::ssize(query))},
                   entry.at("widths"),
                   entry.at("counts"),
                   entry.at("first"),
                   entry.at("last")});
  }
  if (all.empty()) throw std::runtime_error("golden.json has no cases: a test over them would assert nothing");
  return all;
}

}  // namespace golden
