// Printed text appears exactly once, whichever process has it in a buffer at a fork or at its end.
#include <fcntl.h>
#include <gmock/gmock.h>

#include <iostream>

#include "faults/fault_test.hpp"
#include "processes/fork_server.hpp"

namespace faults::stdio {
namespace {

using testing::internal::CaptureStdout;
using testing::internal::GetCapturedStdout;

int print(int number) {
  std::printf("task %d by printf\n", number);
  std::cout << "task " << number << " by cout\n";
  return number;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
  return found;
}

class Stdio : public PoolFaultTest {
 protected:
  static void buffer(const char* when) {
    std::printf("%s by printf\n", when);
    std::cout << when << " by cout\n";
  }

  static void expect_all_once(const std::string& text) {
    for (const std::string how : {" by printf\n", " by cout\n"}) {
      EXPECT_EQ(count(text, "before" + how), 1U) << text;
      EXPECT_EQ(count(text, "meanwhile" + how), 1U) << text;
      for (const int number : upto(20)) EXPECT_EQ(count(text, "task " + std::to_string(number) + how), 1U) << text;
    }
  }
};

TEST_P(Stdio, OfTheProgramAndOfItsTasksAppearsOnce) {
  CaptureStdout();
  buffer("before");
  make_pool(3, {.tasks_per_worker = 4});
  buffer("meanwhile");
  EXPECT_EQ(pool->map(print, upto(20), {.chunk = 1}), upto(20));
  pool->close();
  pool->join();
  expect_all_once(GetCapturedStdout());
}

TEST_P(Stdio, OfAProgramWithAForkServerAppearsOnce) {
  CaptureStdout();
  in_child([this] {
    buffer("before");
    const processes::ForkServer fork_server;
    buffer("meanwhile");
    make_pool(3);
    EXPECT_EQ(pool->map(print, upto(20), {.chunk = 1}), upto(20));
    pool->close();
    pool->join();
  });
  expect_all_once(GetCapturedStdout());
}

TEST_P(Stdio, ClosedByATaskAffectsNoOtherProcess) {
  make_pool(1);
  const auto close_standard_output = +[](int x) { return close(STDOUT_FILENO) + x; };
  EXPECT_EQ(pool->apply(close_standard_output, 5), 5);
  EXPECT_EQ(pool->apply(print, 1), 1);
  EXPECT_EQ(pool->map(same, upto(100)), upto(100));
  EXPECT_NE(fcntl(STDOUT_FILENO, F_GETFD), -1);
}

TEST_P(Stdio, ClosedByTheProgramIsNotReusedByThePool) {
  in_child([this] {
    const int standard_error = dup(STDERR_FILENO);  // for failures of the test
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) close(stream);
    make_pool(2);
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
      EXPECT_EQ(fcntl(stream, F_GETFD), -1) << "the program's output to " << stream << " goes to the pool";
    }
    EXPECT_EQ(pool->map(print, upto(20)), upto(20));
    const auto stream_of_worker = +[](int stream) {
      std::string path(100, '\0');
      const ssize_t size = readlink(("/proc/self/fd/" + std::to_string(stream)).c_str(), path.data(), path.size());
      return path.substr(0, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    };
    EXPECT_EQ(pool->map(stream_of_worker, upto(3)), std::vector<std::string>(3, "/dev/null"));
    pool->close();
    pool->join();
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(standard_error, stream);
  });
}

WITH_BOTH_TRANSPORTS(Stdio);

}  // namespace
}  // namespace faults::stdio
