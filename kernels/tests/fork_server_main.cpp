// main() of test programs in which libraries start threads that stay, and tests make pools after them, in any order.
#include <gmock/gmock.h>

#include "processes/fork_server.hpp"

int main(int argc, char** argv) {
  const processes::ForkServer fork_server;
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
