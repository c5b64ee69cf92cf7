// A pool or a process belongs to the process that made it: a forked copy of it can neither use nor change it.
#include <sched.h>
#include <sys/syscall.h>

#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

#include "faults/fault_test.hpp"
#include "seccomp.hpp"

namespace faults::ownership {
namespace {

class Ownership : public PoolFaultTest {};

/// The numbers of the files of shared memory that a process has mapped.
std::set<std::string> mapped_files(pid_t pid) {
  std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
  std::set<std::string> files;
  for (std::string line; std::getline(maps, line);) {
    if (line.find("memfd:processes") == std::string::npos) continue;
    std::string skipped;
    std::string file;
    std::istringstream(line) >> skipped >> skipped >> skipped >> skipped >> file;
    files.insert(file);
  }
  return files;
}

std::string echo(std::string text) { return text; }

TEST_P(Ownership, IsNotInheritedByAForkedChild) {
  make_pool(2);
  auto endless = pool->apply_async(never_end, 2);
  auto done = pool->apply_async(cube, 3);
  done.wait();
  processes::Process child([&] {
    int right = 0;
    const auto expect_rejection = [&](auto act) { right += thrown_by<std::logic_error>(act) ? 1 : 0; };
    expect_rejection([&] { pool->apply(cube, 1); });
    expect_rejection([&] { pool->apply_async(cube, 1); });
    expect_rejection([&] { pool->map(cube, {1, 2}); });
    expect_rejection([&] { endless.get(); });
    expect_rejection([&] { done.get(); });
    expect_rejection([&] { static_cast<void>(endless.ready()); });
    expect_rejection([&] { static_cast<void>(pool->pids()); });
    expect_rejection([&] { static_cast<void>(pool->lost()); });
    expect_rejection([&] { static_cast<void>(pool->statistics()); });
    expect_rejection([&] { pool->close(); });
    expect_rejection([&] { pool->join(); });
    pool->terminate();
    pool.reset();                      // of the copy: the workers belong to the parent
    right += endless.ready() ? 1 : 0;  // its dispatcher is destroyed
    return right;
  });
  child.start();
  EXPECT_EQ(child.join().value, 12);
  EXPECT_FALSE(endless.ready());
  EXPECT_EQ(pool->apply(cube, 3), 27) << "the parent's pool is unaffected";
  EXPECT_EQ(pool->statistics().workers_lost, 0U);
}

TEST_P(Ownership, OfAForkedChildIsAPoolOfItsOwn) {
  make_pool(2);
  auto endless = pool->apply_async(never_end, 2);
  processes::Process child([] {
    processes::ProcessPool own(2, {.transport = GetParam()});
    return own.map(same, upto(100)) == upto(100) ? 0 : 1;
  });
  child.start();
  EXPECT_TRUE(child.join().ok());
  EXPECT_EQ(pool->apply(cube, 3), 27);
}

TEST_P(Ownership, IsNotTakenByAChildThatOutlivesThePool) {
  make_pool(2);
  processes::Process child([&] {
    never_end(0);
    return 0;
  });
  child.start();
  pool->close();
  pool->join();
  make_pool(2);
  EXPECT_EQ(pool->apply(cube, 3), 27);
}

TEST_P(Ownership, OfItsMemoryIsNotSharedWithProcessesOfAnotherPool) {
  make_pool(2);
  const std::string large(std::size_t{1} << 20U, 'x');  // needs memory next to the rings, in both directions
  EXPECT_EQ(pool->apply(echo, large), large);
  const auto files = mapped_files(getpid());
  EXPECT_GE(files.size(), 3U) << "one for each worker, and the board";
  processes::ProcessPool other(1, {.transport = GetParam()});
  const pid_t worker = other.pids().front();
  for (const pid_t process : {worker, state_of(worker).parent}) {
    const auto of_the_process = mapped_files(process);
    EXPECT_FALSE(of_the_process.empty());
    for (const std::string& file : of_the_process) EXPECT_FALSE(files.contains(file)) << file;
  }
}

class ProcessOwnership : public FaultTest {};

/// The child and its parent are both process 1, each in a namespace of its own, and have a child with the same number.
/// Without pidfds, only this number names it.
TEST_F(ProcessOwnership, IsNotInheritedByAForkedChildWithTheSameNumbers) {
  if (!seccomp::works()) GTEST_SKIP() << "no system call can be denied here";
  const auto expect_no_heir = [](processes::Process::Seen seen, bool denied) {
    as_process_1([seen, denied] {
      ASSERT_TRUE(!denied || seccomp::deny({SYS_pidfd_open}, EPERM));
      processes::Process first([] { return never_end(0); });
      first.start();
      ASSERT_EQ(unshare(CLONE_NEWPID), 0);
      processes::Process second(
          [&first] {
            const processes::Pipe end = processes::Pipe::open();
            processes::Process own([&end] {
              char byte = 0;
              return processes::read_all(end.reader, &byte, 1) ? 0 : 1;
            });
            own.start();
            const bool same_numbers = getpid() == 1 && own.pid() == first.pid();
            {
              const processes::Process dropped = std::move(first);
            }
            processes::write_all(end.writer, "x");
            return same_numbers && own.join().ok() ? 0 : 1;
          },
          seen);
      second.start();
      EXPECT_TRUE(second.join().ok()) << "dropping the copy of another process ended its own";
    });
  };
  for (const auto seen : {processes::Process::Seen::by_wait, processes::Process::Seen::by_join_only}) {
    for (const bool denied : {false, true}) {
      SCOPED_TRACE(denied ? "without pidfds" : "with pidfds");
      expect_no_heir(seen, denied);
    }
  }
}

WITH_BOTH_TRANSPORTS(Ownership);

}  // namespace
}  // namespace faults::ownership
