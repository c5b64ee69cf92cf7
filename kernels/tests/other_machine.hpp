// A fixture for tests of code that reads /proc and /sys.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

/// A folder with the /proc and /sys files of a simulated machine.
class OtherMachine : public testing::Test {
 public:
  OtherMachine(const OtherMachine&) = delete;
  OtherMachine& operator=(const OtherMachine&) = delete;

 protected:
  OtherMachine() : root_(std::filesystem::path(testing::TempDir()) / ("other_machine_" + std::to_string(getpid()))) {
    std::filesystem::remove_all(root_);
  }
  ~OtherMachine() override { std::filesystem::remove_all(root_); }

  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }

  std::filesystem::path root_;
};
