// main() of test programs in which libraries start threads that stay: it makes a fork server, so that tests can make
// pools later.
#include <gmock/gmock.h>

#include "processes/fork_server.hpp"

int main(int argc, char** argv) {
  const processes::ForkServer fork_server;
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
