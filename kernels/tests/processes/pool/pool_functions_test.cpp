// The functions, arguments and results of tasks.
#include <gmock/gmock.h>

#include <array>
#include <cereal/types/memory.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <list>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "faults/watchdog.hpp"
#include "pool_fixture.hpp"
#include "processes/pool.hpp"

namespace {

using processes::ProcessPool;
using testing::ElementsAre;
using testing::HasSubstr;

struct PoolFunctions : PoolTest {
  faults::Watchdog watchdog;
};

/// Neither has a default constructor.
struct Degrees {
  explicit Degrees(double degrees) : value(degrees) {}
  double value;
  bool operator==(const Degrees&) const = default;
};
class Named {
 public:
  explicit Named(std::string name) : name_(std::move(name)) {}
  [[nodiscard]] const std::string& name() const { return name_; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(name_);
  }
  template <class Archive>
  static void load_and_construct(Archive& archive, cereal::construct<Named>& construct) {
    std::string name;
    archive(name);
    construct(name);
  }

 private:
  std::string name_;
};

Degrees twice(Degrees degrees) { return Degrees(2 * degrees.value); }
Named named(const std::string& name) { return Named("the " + name); }
std::unique_ptr<int> boxed(int x) { return std::make_unique<int>(x); }
double weighted(double x, int weight, std::string_view unit) { return x * weight * static_cast<double>(unit.size()); }

struct Doubler {
  int operator()(int x) const { return 2 * x; }
};

TEST_F(PoolFunctions, MayBeLambdasWithoutCaptures) {
  ProcessPool pool(2);
  EXPECT_THAT(pool.map([](int x) { return x * x; }, {1, 2, 3}), ElementsAre(1, 4, 9));
  EXPECT_EQ(pool.apply([](double x, int y) { return x / y; }, 3, 2), 1.5)
      << "arguments are converted to the parameters";
  EXPECT_EQ(pool.apply(Doubler(), 21), 42);
  EXPECT_EQ(pool.apply_async([](const std::string& text) { return text + "!"; }, "what").get(), "what!");
}

TEST_F(PoolFunctions, TakeTheirCapturesToTheWorker) {
  ProcessPool pool(2);
  for (const double factor : {0.5, 3.0}) {
    const std::array<int, 3> offsets{1, 10, 100};
    const auto scaled = [factor, offsets](int x) { return factor * x + offsets[1]; };
    EXPECT_EQ(pool.map(scaled, {2, 4}), (std::vector{factor * 2 + 10, factor * 4 + 10}));
    EXPECT_EQ(pool.apply(scaled, 8), factor * 8 + 10);
    EXPECT_EQ(pool.map([factor](const std::string& text) { return factor * static_cast<double>(text.size()); },
                       std::vector<std::string>{"a", "bcd"}),
              (std::vector{factor, 3 * factor}))
        << "also in messages";
  }
}

TEST_F(PoolFunctions, MayNotHaveCapturedALocalVariableByReference) {
  ProcessPool pool(1);
  int local = 4;
  EXPECT_THROW(pool.apply([&local](int x) { return x + local; }, 1), std::invalid_argument);
  EXPECT_THROW(pool.map([&](int x) { return x + local; }, {1, 2}), std::invalid_argument);
  try {
    pool.apply([where = &local](int x) { return x + *where; }, 1);
    FAIL() << "a pointer to it was accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("capture it by value"));
  }
  EXPECT_EQ(pool.apply([local](int x) { return x + local; }, 1), 5);
}

TEST_F(PoolFunctions, MayHaveAutoParameters) {
  ProcessPool pool(2);
  const auto size = [](const auto& some) { return some.size(); };
  EXPECT_THAT(pool.map(size, std::vector<std::string>{"", "ab"}), ElementsAre(0U, 2U));
  EXPECT_EQ(pool.apply(size, std::vector<double>(7)), 7U);
}

TEST_F(PoolFunctions, MayReturnNothing) {
  ProcessPool pool(2);
  auto memory = processes::SharedMemory(sizeof(int) * 8, processes::SharedMemory::Others::write);
  processes::PoolOptions options;
  options.shared.push_back(memory);
  ProcessPool writing(2, options);
  const auto write = [](int x) { reinterpret_cast<int*>(processes::shared_memory(0).data())[x] = x + 1; };
  static_assert(std::is_void_v<decltype(writing.map(write, upto(8)))>);
  writing.map(write, upto(8));
  for (int x = 0; x < 8; ++x) EXPECT_EQ(reinterpret_cast<const int*>(memory.data())[x], x + 1);
  static_assert(std::is_void_v<decltype(pool.apply([] {}))>);
  pool.apply([] {});
  pool.apply_async([](int) {}, 1).get();
  auto future = pool.map_async([](int x) { x == 2 ? throw std::runtime_error("two") : void(); }, upto(4));
  EXPECT_THROW(future.get(), processes::TaskError);
  EXPECT_TRUE(future.outcomes()[1].value);
  EXPECT_FALSE(future.outcomes()[2].value);
}

TEST_F(PoolFunctions, MayReturnTypesWithoutDefaultConstructorAndMoveOnlyTypes) {
  ProcessPool pool(2);
  EXPECT_THAT(pool.map(twice, std::vector{Degrees(1), Degrees(2)}), ElementsAre(Degrees(2), Degrees(4)));
  EXPECT_EQ(pool.apply(named, "pool").name(), "the pool");
  EXPECT_EQ(pool.map([](const Named& it) { return it.name().size(); }, std::vector{Named("abc")}).front(), 3U);
  const auto boxes = pool.map(boxed, {4, 5});
  EXPECT_EQ(*boxes.at(1), 5);
  auto future = pool.apply_async(boxed, 6);
  EXPECT_EQ(*future.get(), 6);
  EXPECT_THROW(future.get(), std::logic_error) << "it can be taken once";
}

TEST_F(PoolFunctions, TakeItemsOfAnyRange) {
  ProcessPool pool(2);
  const std::vector cubes{0L, 1L, 8L};
  EXPECT_EQ(pool.map(cube, std::list{0, 1, 2}), cubes);
  EXPECT_EQ(pool.map(cube, std::array{0L, 1L, 2L}), cubes);
  EXPECT_EQ(pool.map_async(cube, std::deque<short>{0, 1, 2}).get(), cubes);
#if !defined(__clang__) || __clang_major__ >= 16  // older versions cannot compile libstdc++'s views
  EXPECT_EQ(pool.map(cube, std::views::iota(0, 3)), cubes);
  auto even = upto(5) | std::views::filter([](int x) { return x % 2 == 0; });
  EXPECT_THAT(pool.map(same, even), ElementsAre(0, 2, 4));
#endif
  EXPECT_THAT(pool.map([](bool x) { return !x; }, std::vector{true, false}), ElementsAre(false, true));
  EXPECT_TRUE(pool.map(same, std::vector<int>()).empty());
  int plain[] = {7, 8};  // NOLINT(*-avoid-c-arrays): a C array is a range as well
  EXPECT_THAT(pool.map(same, plain), ElementsAre(7, 8));
}

/// Numbers from 0 to 9; incrementing after the fourth fails once.
class Failing {
 public:
  struct Iterator {
    using value_type = int;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    Failing* of;
    int operator*() const { return of->at_; }
    Iterator& operator++() {
      if (++of->at_ == 4) throw std::runtime_error("the range failed");
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t /*end*/) const { return of->at_ == 10; }
  };
  Iterator begin() { return {this}; }
  static std::default_sentinel_t end() { return {}; }

 private:
  int at_ = 0;
};

TEST_F(PoolFunctions, LoseNoItemOfARangeThatThrows) {
  ProcessPool pool(1);
  Failing items;
  auto results = pool.imap([](int x) { return x; }, items, {.chunk = 3, .window = 3});
  EXPECT_EQ(results.next(), 0);
  EXPECT_EQ(results.next(), 1);
  EXPECT_EQ(results.next(), 2);
  EXPECT_THROW(results.next(), std::runtime_error);
  for (int x = 3; x < 10; ++x) EXPECT_EQ(results.next(), x);
  EXPECT_FALSE(results.next());
}

#if !defined(__clang__) || __clang_major__ >= 16  // older versions cannot compile libstdc++'s views
TEST_F(PoolFunctions, ReadOnlyTheItemsThatAreNeeded) {
  ProcessPool pool(1);
  int read = 0;
  const auto reading = [&read](int x) { return read = x; };
  auto results =
      pool.imap([](int x) { return x; }, std::views::iota(1) | std::views::transform(reading), {.window = 1});
  EXPECT_EQ(results.next(), 1);
  EXPECT_EQ(read, 1);
}
#endif

TEST_F(PoolFunctions, TakeSeveralArgumentsATask) {
  ProcessPool pool(2);
  const std::vector<std::tuple<double, int, std::string>> items{{0.5, 2, "m"}, {2, 3, "km"}};
  EXPECT_THAT(pool.starmap(weighted, items), ElementsAre(1.0, 12.0));
  EXPECT_THAT(pool.starmap(weighted,
                           processes::zip(std::vector{0.5, 2.0}, std::list{2, 3}, std::vector<std::string>{"m", "km"}),
                           {.chunk = 1}),
              ElementsAre(1.0, 12.0));
  const auto add = [](int x, int y) { return x + y; };
  EXPECT_THAT(pool.starmap(add, processes::zip(upto(3), std::list{10, 11, 12})), ElementsAre(10, 12, 14));
  EXPECT_THAT(pool.starmap_async(add, std::vector{std::pair(1, 2), std::pair(3, 4)}).get(), ElementsAre(3, 7));
  EXPECT_THROW(processes::zip(upto(3), upto(2)), std::invalid_argument);
  EXPECT_TRUE(pool.starmap(add, processes::zip(upto(0), upto(0))).empty());
}

TEST_F(PoolFunctions, RunOnAsManyWorkersAsThereAreProcessorsByDefault) {
  ProcessPool pool;
  EXPECT_EQ(pool.pids().size(), static_cast<std::size_t>(processes::default_workers()));
  EXPECT_GE(processes::default_workers(), 1);
}

}  // namespace
