// The memory of samples: ownership and sharing.
#include "parzen/samples.hpp"

#include <gtest/gtest.h>

#include "leaves_nothing.hpp"
#include "processes/os/packet_socket.hpp"
#include "processes/process.hpp"

namespace {

using parzen::Samples;
using processes::PacketSocket;
using processes::Process;
using processes::SharedMemory;
using SamplesTest = LeavesNothing;

TEST_F(SamplesTest, AreZerosOrCopiesOfValues) {
  EXPECT_TRUE(Samples(3, 2).isZero(0));
  const Samples rows{{1, 2}, {3, 4}, {5, 6}};
  EXPECT_EQ(rows.rows(), 3);
  EXPECT_EQ(rows.cols(), 2);
  EXPECT_EQ(rows(2, 0), 5);
  EXPECT_EQ(rows.data()[1], 3) << "one dimension of all samples is contiguous";
  const Samples doubled = 2 * rows;
  EXPECT_EQ(doubled, Eigen::MatrixXd(rows + rows));
  const Samples part = rows.bottomRows(2);
  EXPECT_EQ(part.rows(), 2);
  EXPECT_EQ(part(0, 1), 4);
}

TEST_F(SamplesTest, EmptyOnesHaveNoMemory) {
  for (const Samples& samples : {Samples(), Samples(0, 3), Samples(3, 0), Samples(Eigen::MatrixXd(0, 0))}) {
    EXPECT_EQ(samples.size(), 0);
    EXPECT_EQ(samples.memory().size(), 0U);
    const Samples copy = samples;  // NOLINT(performance-unnecessary-copy-initialization): the copy is tested
    EXPECT_EQ(copy.rows(), samples.rows());
    EXPECT_EQ(copy.cols(), samples.cols());
  }
}

TEST_F(SamplesTest, CopiesAreIndependent) {
  Samples first{{1, 2}, {3, 4}};
  Samples second = first;
  second(0, 0) = 7;
  EXPECT_EQ(first(0, 0), 1);
  EXPECT_NE(first.data(), second.data());
  EXPECT_NE(first.memory().data(), second.memory().data());
  first = second;
  EXPECT_EQ(first, second);
  first(0, 0) = 8;
  EXPECT_EQ(second(0, 0), 7);
  const Samples& itself = first;
  first = itself;
  EXPECT_EQ(first(0, 0), 8);
  first = Samples(5, 1);
  EXPECT_EQ(first.rows(), 5) << "an assignment adopts the other's shape";
}

TEST_F(SamplesTest, MovesTakeTheMemory) {
  Samples first{{1, 2}, {3, 4}};
  const double* const data = first.data();
  Samples second = std::move(first);
  EXPECT_EQ(second.data(), data);
  EXPECT_EQ(second.memory().data(), reinterpret_cast<const std::byte*>(data));
  EXPECT_EQ(first.size(), 0);  // NOLINT(bugprone-use-after-move): the state after a move is tested
  EXPECT_EQ(first.memory().size(), 0U);
  first = std::move(second);
  EXPECT_EQ(first.data(), data);
  EXPECT_EQ(first(1, 1), 4);
}

TEST_F(SamplesTest, AreMappedByAProcessThatWasForkedBeforeTheyWereDrawn) {
  const auto [own, other] = PacketSocket::open_pair();
  Process child([&receiver = other] {
    processes::Packet packet;
    if (receiver.receive(packet, true) != PacketSocket::Received::packet) return 1;
    const Samples samples(
        SharedMemory::attach(packet.descriptors.at(0), 6 * sizeof(double), SharedMemory::Others::read), 3, 2);
    return static_cast<int>(samples.col(1).sum());
  });
  child.start();
  const Samples samples{{1, 10}, {2, 20}, {3, 30}};
  ASSERT_TRUE(own.send("samples", {samples.memory().file().get()}, true));
  EXPECT_EQ(child.join().value, 60);
}

}  // namespace
