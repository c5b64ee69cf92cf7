// The error message when a call has no free descriptor, for each call that needs one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <ostream>
#include <string>
#include <system_error>

#include "leaves_nothing.hpp"
#include "processes/os/packet_socket.hpp"
#include "processes/process.hpp"
#include "processes/shared_memory.hpp"
#include "sanitized.hpp"

namespace {

struct Maker {
  const char* call;  ///< the failing system call
  void (*make)();
};

void PrintTo(const Maker& maker, std::ostream* out) { *out << maker.call; }

class NoDescriptor : public LeavesNothing, public testing::WithParamInterface<Maker> {};

INSTANTIATE_TEST_SUITE_P(
    Calls, NoDescriptor,
    testing::Values(Maker{"memfd_create", [] { static_cast<void>(processes::SharedMemory(1).file()); }},
                    Maker{"pipe2", [] { static_cast<void>(processes::Pipe::open()); }},
                    Maker{"socketpair", [] { static_cast<void>(processes::PacketSocket::open_pair()); }}),
    [](const auto& test) { return std::string(test.param.call); });

TEST_P(NoDescriptor, IsAnErrorThatSaysWhatToDo) {
  if (sanitized::addresses) GTEST_SKIP() << "a sanitizer needs descriptors itself, to inspect objects";
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{0, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  std::string message;
  try {
    GetParam().make();
  } catch (const std::system_error& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_THAT(message, testing::StartsWith(GetParam().call));
  EXPECT_THAT(message, testing::HasSubstr("raise ulimit -n, or use fewer workers"));
}

}  // namespace
