// The contract of every backend: lists its violations. The list must be empty for each registered backend. It must not
// be empty for backends that are broken on purpose: that proves that the suite can fail.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/backend.hpp"

namespace contract {

using Make = std::function<std::unique_ptr<backends::Backend>()>;

/// How a backend differs that runs in several ranks at once.
struct Ranks {
  int workers = 0;  ///< the only number of workers that it can have; 0: any
  /// Adds the numbers of all ranks, one by one.
  std::function<void(std::span<std::int64_t>)> sum = [](std::span<std::int64_t> /*numbers*/) {};
};

/// One sentence a violation. All ranks find the same ones.
std::vector<std::string> violations(const Make& make, const Ranks& ranks = {});

/// The part of the contract about loops that make their data in parts; violations() has it too.
std::vector<std::string> violations_with_data_in_parts(const Make& make, const Ranks& ranks = {});

/// The part of the contract about leftovers: processes, threads, descriptors, mappings.
std::vector<std::string> leftovers(const Make& make, const Ranks& ranks = {});

}  // namespace contract
