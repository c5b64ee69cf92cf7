// Spinning before sleeping, while it pays.
#include "processes/transport/spin.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace {

using std::chrono::milliseconds;

/// Whether a wait was spun, and whether that paid.
enum class Wait { skipped, in_vain, paid };

Wait wait(processes::Spinner& spinner, bool condition) {
  bool looked = false;
  const bool came_true = spinner.until([&] {
    looked = true;
    return condition;
  });
  EXPECT_EQ(came_true, looked && condition);
  if (!looked) return Wait::skipped;
  return came_true ? Wait::paid : Wait::in_vain;
}

TEST(Spinner, ASpinOfZeroChecksNothing) {
  processes::Spinner spinner{std::chrono::nanoseconds(0)};
  EXPECT_EQ(wait(spinner, true), Wait::skipped);
}

TEST(Spinner, SpinsUntilTheConditionIsTrueOrATimeout) {
  processes::Spinner patient{std::chrono::hours(1)};  // however long this process gets no CPU meanwhile
  int looks = 0;
  EXPECT_TRUE(patient.until([&looks] { return ++looks == 100; }));
  EXPECT_EQ(looks, 100);
  processes::Spinner spinner{milliseconds(5)};
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(wait(spinner, false), Wait::in_vain);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(5));
}

TEST(Spinner, DoesNotSpinAfterATimeoutUntilASleepIsShorterThanTheSpin) {
  processes::Spinner spinner{milliseconds(5)};
  EXPECT_EQ(wait(spinner, false), Wait::in_vain);
  EXPECT_EQ(wait(spinner, true), Wait::skipped);
  spinner.slept(milliseconds(5));
  EXPECT_EQ(wait(spinner, true), Wait::skipped) << "the wait was as long as the spin";
  spinner.slept(milliseconds(4));
  EXPECT_EQ(wait(spinner, true), Wait::paid);
  EXPECT_EQ(wait(spinner, true), Wait::paid);
}

TEST(Spinner, SpinsOneIn64WaitsAfterATimeout) {
  // However long a wake-up takes: a sleep would never be shorter than the spin.
  processes::Spinner spinner{milliseconds(5)};
  EXPECT_EQ(wait(spinner, false), Wait::in_vain);
  for (const bool condition : {false, true}) {
    for (int i = 1; i < 64; ++i) {
      ASSERT_EQ(wait(spinner, true), Wait::skipped) << i;
      spinner.slept(milliseconds(5));
    }
    EXPECT_EQ(wait(spinner, condition), condition ? Wait::paid : Wait::in_vain);
  }
  EXPECT_EQ(wait(spinner, true), Wait::paid) << "and all others again";
}

TEST(Spinner, ASleepIsComparedWithTheWholeSpinOfALongWait) {
  // Otherwise one wait that was disturbed would end spinning in all later calls that take as long as was expected.
  processes::Spinner spinner{milliseconds(5)};
  const auto long_wait = [&spinner](bool condition) {
    return spinner.until([condition] { return condition; }, {}, milliseconds(20));
  };
  EXPECT_FALSE(long_wait(false));
  EXPECT_FALSE(long_wait(true)) << "skipped";
  spinner.slept(milliseconds(25));
  EXPECT_FALSE(long_wait(true)) << "the wait was as long as the spin";
  spinner.slept(milliseconds(24));
  EXPECT_TRUE(long_wait(true));
  EXPECT_FALSE(long_wait(false));
  EXPECT_EQ(wait(spinner, true), Wait::skipped);
  spinner.slept(milliseconds(24));
  EXPECT_EQ(wait(spinner, true), Wait::skipped) << "the last wait would have been a short one";
}

TEST(Spinner, AnInterruptionSaysNothingAboutWhetherSpinningPays) {
  processes::Spinner spinner{milliseconds(5)};
  const auto interrupted = [&spinner] {
    int looks = 0;
    EXPECT_FALSE(spinner.until([] { return false; }, {}, {}, processes::Spinner::Clock::time_point::max(),
                               [&looks] { return ++looks == 2; }));
    return looks;
  };
  EXPECT_EQ(interrupted(), 2);
  EXPECT_EQ(wait(spinner, true), Wait::paid) << "as before it";
  EXPECT_EQ(wait(spinner, false), Wait::in_vain);
  for (int i = 1; i < 64; ++i) ASSERT_EQ(wait(spinner, true), Wait::skipped);
  EXPECT_EQ(interrupted(), 2);
  EXPECT_EQ(wait(spinner, true), Wait::skipped) << "as before it";
}

class SpinnerWhoseCpuIsTaken : public testing::Test {
 protected:
  /// A spin whose yield takes longer than the spin: another program had the CPU.
  [[nodiscard]] bool spin_in_vain() {
    return spinner.until([] { return true; }, std::chrono::nanoseconds(0));
  }
  /// How many waits are skipped from now on. The next one is spun, and pays: the CPU is not yielded.
  [[nodiscard]] int skipped() {
    int waits = 0;
    while (wait(spinner, true) == Wait::skipped) ++waits;
    return waits;
  }

  processes::Spinner spinner{std::chrono::nanoseconds(1)};  // shorter than any yield of the CPU
};

TEST_F(SpinnerWhoseCpuIsTaken, SkipsFewWaitsOnceAndFourTimesAsManyEachTime) {
  for (const int waits : {3, 15, 63, 255, 255}) {
    ASSERT_TRUE(spin_in_vain());
    EXPECT_EQ(skipped(), waits);
  }
}

TEST_F(SpinnerWhoseCpuIsTaken, SkipsAQuarterAfter16SpinsThatPaid) {
  for (int taken = 0; taken < 4; ++taken) {
    ASSERT_TRUE(spin_in_vain());
    ASSERT_GT(skipped(), 0);
  }
  const auto pay = [this](int spins) {
    for (int spin = 0; spin < spins; ++spin) ASSERT_EQ(wait(spinner, true), Wait::paid);
  };
  for (int times = 0; times < 2; ++times) {
    pay(14);  // and the one that ended skipped()
    ASSERT_TRUE(spin_in_vain());
    EXPECT_EQ(skipped(), 255) << "15 since the last spin in vain are too few";
  }
  pay(15);
  ASSERT_TRUE(spin_in_vain());
  EXPECT_EQ(skipped(), 63);
  pay(15 + 2 * 16);
  ASSERT_TRUE(spin_in_vain());
  EXPECT_EQ(skipped(), 3) << "three times since: 255 would have been next";
  pay(20 * 16);
  ASSERT_TRUE(spin_in_vain());
  EXPECT_EQ(skipped(), 3) << "never fewer";
}

}  // namespace
