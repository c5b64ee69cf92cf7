// All page sizes of kernels: 4 KiB, and 16 and 64 KiB on arm64.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <limits>
#include <span>
#include <string>

#include "connection.hpp"
#include "host/huge_pages.hpp"
#include "processes/transport/shared_transport.hpp"

namespace {

using processes::Frame;
using processes::Sent;
using processes::SharedLayout;
using processes::TransportOptions;

constexpr std::size_t kibibyte = 1024;
constexpr std::size_t mebibyte = 1024 * kibibyte;

TEST(HugePageSize, IsThatOfTheProcessorsOfEachPageSize) {
  EXPECT_EQ(host::huge_page_size(4 * kibibyte), 2 * mebibyte);
  EXPECT_EQ(host::huge_page_size(16 * kibibyte), 32 * mebibyte);
  EXPECT_EQ(host::huge_page_size(64 * kibibyte), 512 * mebibyte);
}

TEST(HugePageSize, IsWhatTheKernelSays) {
  std::ifstream file("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
  std::size_t size = 0;
  if (!(file >> size)) GTEST_SKIP() << "this kernel has no huge pages";
  EXPECT_EQ(host::huge_page_size(), size);
}

class EveryPageSize : public ConnectionTest, public testing::WithParamInterface<std::size_t> {
 protected:
  std::size_t page = GetParam() * kibibyte;
};

INSTANTIATE_TEST_SUITE_P(, EveryPageSize, testing::Values(4, 16, 64),
                         [](const auto& parameter) { return std::to_string(parameter.param) + "KiB"; });

TEST_P(EveryPageSize, AlignsReservedSpaceToItsHugePages) {
  const std::size_t boundary = host::huge_page_size(page);
  for (const std::size_t size : {std::size_t{1}, boundary, 3 * boundary - 1}) {
    std::byte* const space = host::reserve(size, boundary);
    ASSERT_NE(space, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(space) % boundary, 0U) << size;
    // Only the reserved address space is replaced: it must be free otherwise.
    void* const mapped =
        ::mmap(space, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    ASSERT_EQ(mapped, space);
    space[0] = space[size - 1] = std::byte{1};
    EXPECT_EQ(::munmap(space, size), 0);
  }
  EXPECT_EQ(host::reserve(std::numeric_limits<std::size_t>::max() - boundary, boundary), nullptr);
  EXPECT_EQ(host::reserve(std::size_t{1} << 60U, boundary), nullptr);
}

TEST_P(EveryPageSize, PageAlignsThePartsOfATransport) {
  for (const std::size_t limit : {processes::least_message_limit, page + 1, mebibyte, mebibyte * mebibyte}) {
    for (const std::size_t ring : {std::size_t{4096}, mebibyte}) {
      const SharedLayout layout({.ring_bytes = ring, .message_limit = limit, .page = page});
      for (const std::size_t part :
           {layout.requests, layout.responses, layout.large_requests, layout.large_responses}) {
        EXPECT_EQ(part % page, 0U);
      }
      EXPECT_GE(layout.requests, sizeof(processes::WorkerControl));
      EXPECT_GE(layout.responses, layout.requests + ring);
      EXPECT_GE(layout.large_requests, layout.responses + ring);
      EXPECT_GE(layout.large_responses, layout.large_requests + limit);
      EXPECT_GE(layout.size(), layout.large_responses + limit);
    }
  }
}

TEST_P(EveryPageSize, CarriesMessagesOfEverySizeBetweenTwoProcesses) {
  constexpr std::size_t ring = 4096;
  constexpr std::size_t limit = 300'000;
  const Connection connection({.ring_bytes = ring, .message_limit = limit, .page = page});
  const std::array<std::size_t, 11> sizes{
      0, 1, processes::ring::most_bytes(ring), 2049, 4096, 16'384, 4097, 65'535, 65'537, limit, limit - 1};
  const std::string text = text_of(limit, 1);
  const auto message = [&text](std::size_t size) { return std::string_view(text).substr(0, size); };
  processes::Process worker = connection.start_worker([&](processes::Port& port) {
    for (const std::size_t size : sizes) {
      const bool right = port.next() == message(size);
      port.respond(Frame::Kind::result, raw(right ? message(limit - size) : "another request"));
      port.finish();
    }
  });
  for (const std::size_t size : sizes) {
    ASSERT_EQ(connection.channel().send(raw(message(size))).kind, Sent::Kind::yes) << size;
    const auto response = connection.wait_for_response();
    ASSERT_TRUE(response == message(limit - size)) << size;
  }
  EXPECT_TRUE(worker.join().ok());
}

}  // namespace
