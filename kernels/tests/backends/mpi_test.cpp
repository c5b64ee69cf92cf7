// The backend mpi, in every rank of mpirun: all ranks run the same tests. The first rank prints; a failure on any ends
// them all with a non-zero status.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "backends/backend.hpp"
#include "contract.hpp"
#include "golden.hpp"
#include "loops/sample_loops.hpp"
#include "parzen/counting/loop.hpp"

namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

const backends::Description& mpi() { return backends::find("mpi"); }

contract::Ranks all_ranks(int workers_in_a_rank = 1) {
  return {mpi().ranks().size * workers_in_a_rank, [](std::span<std::int64_t> numbers) {
            MPI_Allreduce(MPI_IN_PLACE, numbers.data(), static_cast<int>(numbers.size()), MPI_INT64_T, MPI_SUM,
                          MPI_COMM_WORLD);
          }};
}

TEST(Mpi, KeepsTheContract) { EXPECT_THAT(contract::violations(mpi().make, all_ranks()), IsEmpty()); }

/// Null without oneTBB.
const backends::Description* mpi_tbb() {
  const auto& all = backends::registry();
  const auto found = std::ranges::find(all, "mpi_tbb", &backends::Description::name);
  return found != all.end() ? &*found : nullptr;
}

TEST(MpiTbb, KeepsTheContract) {
  if (mpi_tbb() == nullptr) GTEST_SKIP() << "oneTBB was not found";
  for (const int threads : {1, 3}) {
    EXPECT_THAT(contract::violations(mpi_tbb()->make, all_ranks(threads)), IsEmpty()) << threads << " threads a rank";
  }
}

TEST(MpiTbb, HasAsManyWorkersInEveryRank) {
  const int ranks = mpi().ranks().size;
  if (mpi_tbb() == nullptr || ranks == 1) GTEST_SKIP() << "oneTBB was not found, or there is one rank";
  EXPECT_THAT([&] { mpi_tbb()->make()->start(loops::map<sample_loops::root>({.tasks = 3}), 2 * ranks + 1); },
              ThrowsMessage<std::invalid_argument>(HasSubstr(fmt::format("choose a multiple of {}", ranks))));
}

/// Waits for the other task of a rank, so two threads are needed.
double meet(std::int64_t task) {
  static std::atomic<int> here = 0;
  const int target = 2 * (here.fetch_add(1) / 2 + 1);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (here.load() < target) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error(fmt::format("task {} is alone", task));
    std::this_thread::yield();
  }
  return 0;
}

TEST(MpiTbb, RunsTheTasksOfARankInThreads) {
  if (mpi_tbb() == nullptr) GTEST_SKIP() << "oneTBB was not found";
  const int ranks = mpi().ranks().size;
  const auto backend = mpi_tbb()->make();
  backend->start(loops::map<meet>({.tasks = std::int64_t{2} * ranks}), 2 * ranks);
  EXPECT_NO_THROW(backend->run({}));
}

TEST(Mpi, GivesTheGoldenCounts) {
  using parzen::Decomposition;
  for (const auto& g : golden::load()) {
    for (const auto& [name, cut] :
         {std::pair("literal", Decomposition::by_width), {"fused", Decomposition::by_sample}}) {
      const parzen::CountLoop loop(g.problem, parzen::kernel(name), cut, g.widths.size());
      const auto backend = mpi().make();
      backend->start(loop.loop(), mpi().ranks().size);
      EXPECT_EQ(parzen::counts_in(backend->run(loop.parameters(g.widths))), g.counts) << g.name << ", " << name;
    }
  }
}

TEST(Mpi, HasAWorkerARank) {
  const loops::Loop loop = loops::map<sample_loops::root>({.tasks = 3});
  const int ranks = mpi().ranks().size;
  EXPECT_THAT([&] { mpi().make()->start(loop, ranks + 1); },
              ThrowsMessage<std::invalid_argument>(
                  HasSubstr(fmt::format("{} workers were requested from mpirun -np {}", ranks + 1, ranks))));
}

double throw_in_some_tasks(std::int64_t task) {
  if (task % 2 == 1) throw std::runtime_error(fmt::format("task {} has no result", task));
  return 0;
}

// Ranks that did not fail name the first rank that did.
TEST(Mpi, SaysOnEveryRankWhichRankFailed) {
  const auto backend = mpi().make();
  backend->start(loops::map<throw_in_some_tasks>({.tasks = 2}), mpi().ranks().size);
  const bool fails = mpi().ranks().rank == mpi().ranks().size - 1;
  EXPECT_THAT(
      [&] { backend->run({}); },
      ThrowsMessage<std::runtime_error>(fails ? "task 1 has no result"
                                              : fmt::format("rank {}: task 1 has no result", mpi().ranks().size - 1)));
}

TEST(Mpi, RejectsDifferentLoopsOfItsRanks) {
  const auto [rank, ranks] = mpi().ranks();
  if (ranks == 1) GTEST_SKIP() << "it has one rank";
  const loops::Loop loop = loops::map<sample_loops::root>({.tasks = rank == 0 ? 3 : 4});
  EXPECT_THAT([&] { mpi().make()->start(loop, ranks); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("the ranks have different loops")));
}

/// Prints only the failures, in one line each.
class FailuresOfARank : public testing::EmptyTestEventListener {
 public:
  explicit FailuresOfARank(int rank) : rank_(rank) {}
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (result.failed()) fmt::print(stderr, "rank {}: line {}: {}\n", rank_, result.line_number(), result.message());
  }

 private:
  int rank_;
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  if (const int rank = backends::find("mpi").ranks().rank; rank != 0) {
    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new FailuresOfARank(rank));
  }
  int failed = RUN_ALL_TESTS();
  MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  return failed;
}
