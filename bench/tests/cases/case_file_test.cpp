#include "cases/case_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

class CaseFile : public testing::Test {
 protected:
  ~CaseFile() override { std::filesystem::remove(file_); }

  [[nodiscard]] std::vector<std::string> named(const std::string& text) const {
    std::ofstream(file_) << text;
    std::vector<std::string> names;
    for (const bench::Case& each :
         bench::named_in(file_, {{"group", "c/1", {}}, {"group", "a/2", {}}, {"group", "b/3", {}}})) {
      names.push_back(each.name);
    }
    return names;
  }
  void expect_rejected(const std::string& text, const std::string& what) const {
    EXPECT_THAT([&] { static_cast<void>(named(text)); },
                ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr(file_.string() + ": "), HasSubstr(what))));
  }

  const std::filesystem::path file_ =
      std::filesystem::temp_directory_path() / ("case_file_test." + std::to_string(getpid()));
};

TEST_F(CaseFile, NamesCasesInAnyOrder) {
  EXPECT_THAT(named("a/2\n"), ElementsAre("a/2"));
  EXPECT_THAT(named("b/3\n\nc/1"), ElementsAre("c/1", "b/3")) << "empty lines and a missing last newline do not matter";
  EXPECT_THAT(named("b/3\nb/3\n"), ElementsAre("b/3"));
}

TEST_F(CaseFile, IsRejectedIfItNamesAnUnknownCase) {
  expect_rejected("a/2\nz/9\nb/3\n", "1 of its cases do not exist, for instance z/9");
  expect_rejected("z/9\ny/8\n", "2 of its cases do not exist, for instance y/8");
  expect_rejected("a", "for instance a:");  // a part of a name is not a name
}

TEST_F(CaseFile, IsRejectedIfItNamesNoCase) {
  for (const char* text : {"", "\n", "\n\n"}) expect_rejected(text, "the file names no case");
}

TEST_F(CaseFile, IsRejectedIfItCannotBeRead) {
  for (const auto& file : {file_, std::filesystem::temp_directory_path()}) {  // missing, and a folder
    EXPECT_THAT([&] { bench::named_in(file, {}); },
                ThrowsMessage<std::invalid_argument>(HasSubstr(file.string() + ": cannot read the names of cases")));
  }
}

}  // namespace
