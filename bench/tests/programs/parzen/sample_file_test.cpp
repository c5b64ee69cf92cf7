// A file that several ranks read in parts, against the same file read at once. Threads are the ranks.
#include "programs/parzen/sample_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using testing::HasSubstr;

/// Another rank has ended: mpirun ends this one while it waits.
struct Ended {};

/// Sums over threads. A thread that fails ends the others where they wait for it.
class Sums {
 public:
  explicit Sums(int ranks) : ranks_(ranks) {}

  void add(std::span<std::int64_t> numbers) {
    std::unique_lock lock(mutex_);
    if (arrived_ == 0) total_.assign(numbers.size(), 0);
    for (std::size_t i = 0; i < numbers.size(); ++i) total_[i] += numbers[i];
    if (++arrived_ == ranks_) {
      arrived_ = 0;
      ++round_;
      result_ = total_;
      changed_.notify_all();
    } else {
      changed_.wait(lock, [&, round = round_] { return round_ != round || failed_; });
      if (failed_) throw Ended();
    }
    std::ranges::copy(result_, numbers.begin());
  }

  void fail() {
    const std::scoped_lock lock(mutex_);
    failed_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int ranks_;
  int arrived_ = 0;
  int round_ = 0;
  bool failed_ = false;
  std::vector<std::int64_t> total_;
  std::vector<std::int64_t> result_;
};

struct Found {
  std::vector<std::vector<double>> rows = {};
  std::string warning = {};
  std::string error = {};
};

std::vector<std::vector<double>> rows_of(const parzen::Samples& samples) {
  std::vector<std::vector<double>> rows;
  for (Eigen::Index i = 0; i < samples.rows(); ++i) {
    rows.emplace_back();
    for (Eigen::Index c = 0; c < samples.cols(); ++c) rows.back().push_back(samples(i, c));
  }
  return rows;
}

class SampleFileTest : public testing::Test {
 protected:
  ~SampleFileTest() override { std::filesystem::remove(file_); }

  void write(const std::string& content) { std::ofstream(file_, std::ios::binary) << content; }

  Found read_at_once() {
    try {
      const tool::ReadSamples read = tool::read_samples(tool::open_samples(file_).get(), file_);
      return {rows_of(read.samples), read.warning, ""};
    } catch (const std::invalid_argument& error) {
      return {{}, "", error.what()};
    }
  }

  Found read_in_parts(int ranks) {
    Sums sums(ranks);
    std::vector<Found> found(static_cast<std::size_t>(ranks));
    {
      std::vector<std::jthread> threads;
      for (int rank = 0; rank < ranks; ++rank) {
        threads.emplace_back([&, rank] {
          Found& own = found[static_cast<std::size_t>(rank)];
          try {
            const tool::SampleFile file(file_, {rank, ranks, [&](auto numbers) { sums.add(numbers); }});
            own.warning = file.warning();
            const std::int64_t begin = file.n() * rank / ranks;
            const std::int64_t end = file.n() * (rank + 1) / ranks;
            if (begin < end) own.rows = rows_of(file.read({begin, end}));
          } catch (const Ended&) {
          } catch (const std::exception& error) {
            own.error = error.what();
            sums.fail();
          }
        });
      }
    }
    Found all;
    all.warning = found.front().warning;
    for (const Found& each : found) {
      std::ranges::copy(each.rows, std::back_inserter(all.rows));
      if (all.error.empty()) all.error = each.error;
    }
    return all;
  }

  void expect_the_same(const std::string& content) {
    write(content);
    const Found expected = read_at_once();
    for (const int ranks : {1, 2, 3, 4, 7, 40}) {
      const Found found = read_in_parts(ranks);
      ASSERT_EQ(found.error, expected.error) << ranks << " ranks: " << content;
      if (!expected.error.empty()) continue;
      ASSERT_EQ(found.rows, expected.rows) << ranks << " ranks: " << content;
      ASSERT_EQ(found.warning, expected.warning) << ranks << " ranks: " << content;
    }
  }

  std::string file_ = testing::TempDir() + fmt::format("sample_file_{}", ::getpid());
};

TEST_F(SampleFileTest, EverySampleIsReadOnceForAnyLengthsOfLines) {
  std::mt19937 random(7);
  const auto below = [&](int end) { return std::uniform_int_distribution(0, end - 1)(random); };
  for (int file = 0; file < 200; ++file) {
    const std::string end = file % 3 == 0 ? "\r\n" : "\n";
    std::string content = file % 2 == 0 ? "x,y" + end : "";
    if (file % 5 == 0) content.insert(0, "\xEF\xBB\xBF");
    const int rows = 1 + below(30);
    for (int row = 0; row < rows; ++row) {
      if (below(6) == 0) content += "#" + std::string(static_cast<std::size_t>(below(40)), 'c') + end;
      content += fmt::format("{}.{}, {:.{}f}", row, below(1000), 0.123456789, 1 + below(20));
      content.append(static_cast<std::size_t>(below(3) == 0 ? below(60) : 0), ' ');
      content += end;
    }
    if (file % 4 == 1) content.erase(content.find_last_not_of("\r\n") + 1);
    if (file % 4 == 2) content.append(end).append(" ").append(end);
    expect_the_same(content);
  }
}

TEST_F(SampleFileTest, FewBytesAreReadByManyRanks) {
  const std::string mark = "\xEF\xBB\xBF";
  for (const std::string& content : {std::string("1"), std::string("1\n"), std::string("1\n2"), std::string("x\n1\n"),
                                     std::string("# c\n1\n# d"), mark + "1,2\n3,4\n", std::string("1\r\n2\r\n\r\n")}) {
    expect_the_same(content);
  }
}

TEST_F(SampleFileTest, AWarningIsThatOfTheWholeFile) {
  expect_the_same("0,1\n0.5,0.25\n1.5,2.5\n");
  EXPECT_THAT(read_in_parts(3).warning, HasSubstr("line 1 is counted as a sample"));
  expect_the_same("0,1\n0.5,0.25\n3,4\n");
  expect_the_same("0,1\n");
  expect_the_same("a,b\n0,1\n0.5,0.5\n");
}

TEST_F(SampleFileTest, FaultsAreNamedByTheirLinesInTheFile) {
  std::string rows;
  for (int row = 0; row < 20; ++row) rows += fmt::format("{},{}\n", row + 3, 0.5 * row);
  for (const std::string fault : {"\n", "1,x\n", "1\n", "1,2,3\n", "1;2\n", "# a\rb\n"}) {
    for (const std::size_t line : {1, 5, 10, 19}) {
      std::size_t at = 0;
      for (std::size_t i = 0; i < line; ++i) at = rows.find('\n', at) + 1;
      expect_the_same(std::string(rows).insert(at, fault));
    }
  }
  for (const char* const content : {"", "x,y\n", "# c\n", "\n1\n", "1,\n2,\n", "PK\x03\x04 zip"})
    expect_the_same(content);
}

TEST_F(SampleFileTest, WhatIsNoRegularFileIsRejected) {
  file_ = testing::TempDir() + fmt::format("sample_pipe_{}", ::getpid());
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  const int writer = ::open(file_.c_str(), O_RDWR);  // so that opening it does not wait
  EXPECT_THAT(read_in_parts(1).error, HasSubstr("it is no regular file: copy it to one"));
  ::close(writer);
}

TEST_F(SampleFileTest, AFileOfAnotherSizeOnAnotherRankIsRejected) {
  write("1\n2\n");
  const auto other = [&](std::span<std::int64_t> sizes) { sizes.back() = 7; };
  try {
    const tool::SampleFile file(file_, {0, 2, other});
    FAIL() << "it is read";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("it has 4 bytes here and 7 on rank 1: every rank needs the same file"));
  }
}

TEST_F(SampleFileTest, AFileThatBecomesShorterIsAnError) {
  write("1\n2\n3\n");
  const tool::SampleFile file(file_, {});
  write("1\n");
  EXPECT_THROW(static_cast<void>(file.read({0, 3})), std::runtime_error);
}

}  // namespace
