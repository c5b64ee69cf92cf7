// What a task prints is written by the time when it has ended.
#include <fcntl.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "faults/fault_test.hpp"

namespace faults::output {
namespace {

int print(int item) {
  std::printf("printf %d\n", item);
  std::cout << "cout " << item << '\n';
  return item;
}

int print_and_throw(int item) {
  std::printf("thrown %d\n", item);
  throw item;
}

class Output : public PoolFaultTest {};

TEST_P(Output, OfTasksIsInTheFileWhenTheyHaveEnded) {
  const std::string path = testing::TempDir() + "output" + std::to_string(getpid());
  in_child([&] {
    const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, 0600);
    ASSERT_GE(file, 0);
    ::dup2(file, STDOUT_FILENO);
    make_pool(2);
    EXPECT_EQ(pool->map(print, upto(4), {.chunk = 2}), upto(4));
    EXPECT_THROW(pool->apply(print_and_throw, 4), processes::TaskError);
    pool.reset();  // which kills the workers
  });
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  for (int item = 0; item < 4; ++item) {
    for (const std::string what : {"printf ", "cout "}) {
      const std::string line = what + std::to_string(item) + "\n";
      const std::size_t found = text.str().find(line);
      EXPECT_NE(found, std::string::npos) << line;
      EXPECT_EQ(text.str().find(line, found + 1), std::string::npos) << "twice: " << line;
    }
  }
  EXPECT_NE(text.str().find("thrown 4\n"), std::string::npos);
  std::remove(path.c_str());
}

WITH_BOTH_TRANSPORTS(Output);

}  // namespace
}  // namespace faults::output
