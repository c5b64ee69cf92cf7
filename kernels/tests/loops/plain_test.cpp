// Which types loops accept, checked at compile time.
#include "loops/plain.hpp"

#include <gtest/gtest.h>

#include <array>
#include <complex>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace {

using loops::Plain;

enum class Colour : std::uint8_t { red, green };
enum Unscoped { zero, one };  // NOLINT(*-use-enum-class): users have such types

struct Empty {};
struct Point {
  double x;
  double y;
};
struct Nested {
  Point point;
  std::array<float, 2> weights;
  std::complex<double> phase;
  std::int64_t id = -1;
};
struct Small {
  std::uint8_t byte;
  bool flag;
  char letter;
  Colour colour;
};
struct Eight {
  int a, b, c, d, e, f, g, h;
};
struct OneArray {
  std::array<Point, 3> points;
};

static_assert(Plain<int> && Plain<double> && Plain<float> && Plain<bool> && Plain<char> && Plain<std::uint64_t>);
static_assert(Plain<Colour> && Plain<Unscoped>);
static_assert(Plain<Empty>);
static_assert(Plain<Point> && Plain<Nested> && Plain<Small> && Plain<Eight> && Plain<OneArray>);
static_assert(Plain<std::array<double, 100>> && Plain<std::array<Nested, 2>> && Plain<std::complex<float>>);

struct PaddingBetween {
  std::int32_t a;
  double b;
};
struct PaddingBehind {
  double a;
  std::int32_t b;
};
struct PaddingInside {
  PaddingBehind padded;
  double a;
};
struct PaddingOfAlignment {
  alignas(16) double a;
};
struct alignas(32) OverAligned {
  std::array<double, 4> a;
};
struct WithEmpty {
  Empty empty;
  int a;
};
static_assert(!Plain<PaddingBetween> && !Plain<PaddingBehind> && !Plain<PaddingInside> && !Plain<PaddingOfAlignment>);
static_assert(!Plain<std::array<PaddingBehind, 2>> && !Plain<WithEmpty>);
static_assert(!Plain<OverAligned>, "results are in memory that is aligned to 16 bytes");
static_assert(!Plain<long double> && !Plain<std::complex<long double>> && !Plain<std::array<long double, 2>>);

struct Pointer {
  const double* a;
  std::int64_t size;
};
struct Reference {
  double& a;
};
struct NumberAndReference {
  std::int64_t a;
  double& b;
};
struct Function {
  double (*a)(double);
};
struct Span {
  std::span<const double> a;
};
struct Text {
  std::string_view a;
};
struct Container {
  std::vector<double> a;
};
static_assert(!Plain<double*> && !Plain<double&> && !Plain<std::nullptr_t> && !Plain<void>);
static_assert(!Plain<Pointer> && !Plain<Reference> && !Plain<NumberAndReference> && !Plain<Function>);
static_assert(!Plain<Span> && !Plain<Text> && !Plain<Container>);
static_assert(!Plain<std::string> && !Plain<std::vector<double>> && !Plain<std::unique_ptr<int>>);
static_assert(!Plain<std::array<double*, 2>> && !Plain<std::array<std::string, 2>>);

struct Nine {
  int a, b, c, d, e, f, g, h, i;
};
struct CArray {
  int a[2];  // NOLINT(cppcoreguidelines-avoid-c-arrays,modernize-avoid-c-arrays): what is tested
};
struct NumberAndCArray {
  int a;
  int b[3];  // NOLINT(cppcoreguidelines-avoid-c-arrays,modernize-avoid-c-arrays): what is tested
};
struct Derived : Point {
  double z;
};
struct DerivedOfNothing : Empty {
  double z;
};
class Private {
 public:
  explicit Private(int a) : a_(a) {}
  [[nodiscard]] int a() const { return a_; }

 private:
  int a_;
};
union Either {
  std::int64_t a;
  double b;
};
struct Virtual {
  virtual ~Virtual() = default;
  double a = 0;
};
static_assert(!Plain<Nine>);
static_assert(!Plain<CArray> && !Plain<NumberAndCArray>, "std::array is");
static_assert(!Plain<int[3]>);  // NOLINT(cppcoreguidelines-avoid-c-arrays,modernize-avoid-c-arrays): what is tested
static_assert(!Plain<Derived> && !Plain<DerivedOfNothing> && !Plain<Private> && !Plain<Either> && !Plain<Virtual>);
static_assert(!Plain<std::pair<double, double>> && !Plain<std::tuple<double>> && !Plain<std::variant<int, float>>);

static_assert(loops::is_exact<int>() && loops::is_exact<Small>() && loops::is_exact<std::array<Eight, 2>>());
static_assert(!loops::is_exact<double>() && !loops::is_exact<Point>() && !loops::is_exact<Nested>());
static_assert(!loops::is_exact<std::complex<float>>() && !loops::is_exact<OneArray>());

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(Same, ComparesDoublesByBitsAndTreatsAllNaNAsEqual) {
  EXPECT_TRUE(loops::same(0.5, 0.5));
  EXPECT_FALSE(loops::same(0.5, 0.25));
  EXPECT_FALSE(loops::same(0.0, -0.0));
  EXPECT_FALSE(loops::same(0.0F, -0.0F));
  EXPECT_TRUE(loops::same(nan, -nan));
  EXPECT_TRUE(loops::same(nan, std::numeric_limits<double>::signaling_NaN()));
  EXPECT_FALSE(loops::same(nan, 0.0));
  EXPECT_FALSE(loops::same(0.0, nan));
}

TEST(Same, ComparesCompoundValuesByElement) {
  const Nested value{{1, 2}, {3, 4}, {5, nan}, 6};
  EXPECT_TRUE(loops::same(value, {{1, 2}, {3, 4}, {5, nan}, 6}));
  EXPECT_FALSE(loops::same(value, {{1, 0}, {3, 4}, {5, nan}, 6}));
  EXPECT_FALSE(loops::same(value, {{1, 2}, {3, 0}, {5, nan}, 6}));
  EXPECT_FALSE(loops::same(value, {{1, 2}, {3, 4}, {0, nan}, 6}));
  EXPECT_FALSE(loops::same(value, {{1, 2}, {3, 4}, {5, 5}, 6}));
  EXPECT_FALSE(loops::same(value, {{1, 2}, {3, 4}, {5, nan}, 7}));
  EXPECT_TRUE(loops::same(Empty(), Empty()));
}

// Memory that no task wrote may have any value; sanitizers report loading a bool from it.
TEST(Same, AcceptsInvalidValues) {
  alignas(Small) std::array<std::byte, sizeof(Small)> bytes{};
  bytes.fill(std::byte{0xa5});
  const auto& unwritten = *reinterpret_cast<const Small*>(bytes.data());
  EXPECT_FALSE(loops::same(unwritten, Small{}));
  EXPECT_TRUE(loops::same(unwritten, unwritten));
  EXPECT_EQ(loops::shown(unwritten.flag), "165");
}

TEST(Shown, IsReadable) {
  EXPECT_EQ(loops::shown(0.1), "0.1");
  EXPECT_EQ(loops::shown(-0.0), "-0");
  EXPECT_EQ(loops::shown(std::int8_t{65}), "65");
  EXPECT_EQ(loops::shown(Colour::green), "1");
  EXPECT_EQ(loops::shown(true), "1");
  EXPECT_EQ(loops::shown(Point{1, -2}), "(1, -2)");
  EXPECT_EQ(loops::shown(std::complex<double>(1, 2)), "(1, 2)");
  EXPECT_EQ(loops::shown(std::array{1, 2, 3, 4}), "(1, 2, 3, 4)");
  EXPECT_EQ(loops::shown(std::array{1, 2, 3, 4, 5}), "(1, 2, 3, 4, ...)");
  EXPECT_EQ(loops::shown(Nested{{1, 2}, {3, 4}, {5, 6}, 7}), "((1, 2), (3, 4), (5, 6), 7)");
  EXPECT_EQ(loops::shown(Empty()), "()");
}

}  // namespace
