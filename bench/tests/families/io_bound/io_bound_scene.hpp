// Shared by the tests of family io_bound: a folder per test, and loops whose results are checked.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "families/families.hpp"
#include "families/io_bound/io_bound.hpp"
#include "family_names.hpp"
#include "run_cases.hpp"

/// A separate folder, which would show a temporary file.
class IoBound : public testing::Test {
 protected:
  IoBound() {
    std::string made = std::filesystem::temp_directory_path() / "io_bound_test.XXXXXX";
    if (mkdtemp(made.data()) == nullptr) throw std::runtime_error("no temporary folder can be made");
    folder_ = made;
  }
  ~IoBound() override {
    bench::begin_group("none");
    EXPECT_TRUE(std::filesystem::is_empty(folder_));
    std::filesystem::remove_all(folder_);
  }

  std::filesystem::path folder_;
};

class IoBoundFile : public IoBound {
 protected:
  void SetUp() override {
    const auto left_out = bench::select_io_bound({folder_}).skipped;
    if (!left_out.empty()) GTEST_SKIP() << left_out.front();
  }
};

inline std::multiset<std::string> names_of_operation(const std::string& operation) {
  std::multiset<std::string> names;
  for (const backends::Description& backend : every_backend()) {
    for (const int workers : {1, 2, 4, 8, 16}) {
      if (backend.name == "serial" && workers > 1) continue;
      names.insert(fmt::format("io_bound/{}/operation:{}/tasks:16/workers:{}/start:{}", backend.name, operation,
                               workers, backend.warms_up ? "warm" : "cold"));
    }
  }
  return names;
}

/// The results of a call's loop, run in this thread.
inline std::vector<std::int64_t> results_of(const bench::LoopCall& call) {
  std::vector<std::int64_t> results(static_cast<std::size_t>(call.loop.tasks), -1);
  const auto serial = backends::find("serial").make();
  serial->start(call.loop, 1);
  serial->run(call.parameters, std::as_writable_bytes(std::span(results)));
  return results;
}

inline std::vector<std::int64_t> expected_of(const bench::LoopCall& call) {
  const std::span results(reinterpret_cast<const std::int64_t*>(call.expected.data()),
                          call.expected.size() / sizeof(std::int64_t));
  return {results.begin(), results.end()};
}

/// The parameters of a call.
template <class Parameters>
Parameters& parameters_of(bench::LoopCall& call) {
  EXPECT_EQ(call.parameters.size(), sizeof(Parameters));
  return *reinterpret_cast<Parameters*>(call.parameters.data());
}

/// The result of a serial case whose call was broken.
template <class Spoil>
std::string error_of(bench::CaseSettings settings, const Spoil& spoil) {
  settings.family = "spoilt";
  settings.backend = &backends::find("serial");
  settings.call = [make = settings.call, spoil] {
    bench::LoopCall call = make();
    spoil(call);
    return call;
  };
  const auto run = run_cases({bench::make_case(settings)}).at(0);
  bench::begin_group("none");
  return error_in(run).value_or("no error");
}
