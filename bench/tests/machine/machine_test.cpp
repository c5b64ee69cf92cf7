#include "machine/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "machine/system_files.hpp"

namespace {

using testing::ElementsAre;

class SystemFiles : public testing::Test {
 protected:
  SystemFiles() { std::filesystem::create_directories(folder_); }
  ~SystemFiles() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("bench_test." + std::to_string(getpid()));
};

TEST_F(SystemFiles, WhatCannotBeReadIsUnknown) {
  EXPECT_EQ(bench::read_text(folder_ / "missing"), "unknown");
  EXPECT_EQ(bench::read_text(folder_), "unknown") << "it can be opened, but not read";
  EXPECT_EQ(bench::read_field(folder_ / "missing", "key"), "unknown");
  EXPECT_TRUE(bench::read_cgroups("no_such_controller", "no.such.file").empty());
  EXPECT_EQ(bench::word("one two", 2), "unknown");
  write("empty", " \n");
  EXPECT_EQ(bench::read_text(folder_ / "empty"), "unknown");
}

TEST_F(SystemFiles, FieldsAreFoundByTheirWholeKey) {
  write("info", "model\t\t: 17\nmodel name\t: A CPU\nempty\t:\nMemTotal:  12 kB\n");
  EXPECT_EQ(bench::read_field(folder_ / "info", "model name"), "A CPU");
  EXPECT_EQ(bench::read_field(folder_ / "info", "MemTotal"), "12 kB");
  EXPECT_EQ(bench::read_field(folder_ / "info", "Mem"), "unknown");
  EXPECT_EQ(bench::read_field(folder_ / "info", "empty"), "unknown");
  EXPECT_EQ(bench::word("one  two\tthree", 1), "two");
}

TEST_F(SystemFiles, NumberedFoldersComeInOrder) {
  for (const char* name : {"cpu10", "cpu2", "cpu0", "cpufreq", "cpu"}) write(name, "x");
  EXPECT_THAT(bench::numbered(folder_, "cpu"), ElementsAre(folder_ / "cpu0", folder_ / "cpu2", folder_ / "cpu10"));
}

TEST(Machine, EveryItemHasAValueAndAUniqueName) {
  std::set<std::string> names;
  for (const auto& items : {bench::describe_machine(), bench::describe_state()}) {
    for (const auto& [name, value] : items) {
      EXPECT_TRUE(names.insert(name).second) << name;
      EXPECT_FALSE(value.empty()) << name;
    }
  }
  EXPECT_EQ(bench::describe_machine(), bench::describe_machine());
}

}  // namespace
