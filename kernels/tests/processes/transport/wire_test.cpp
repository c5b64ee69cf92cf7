// Encoding and decoding: values of every kind, views, nested messages, buffers that are too small, truncated bytes.
#include "processes/transport/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <limits>
#include <optional>
#include <random>

namespace {

using processes::Decoder;
using processes::Encoder;
using testing::ElementsAre;

enum class Colour : std::uint8_t { red, green };

struct Point {
  double x = 0;
  std::int64_t y = 0;
  bool operator==(const Point&) const = default;
};

/// A user's own type, encoded through cereal.
struct Named {
  std::string name;
  std::vector<double> values;
  bool operator==(const Named&) const = default;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(name, values);
  }
};

static_assert(processes::Plain<Point> && processes::Plain<Colour> && processes::Plain<std::array<int, 3>>);
static_assert(processes::Plain<int (*)(int)> && !processes::Plain<int*> && !processes::Plain<int (**)(int)>);
struct Labelled {
  int number;
  std::string_view name;
};
static_assert(!processes::Plain<Labelled> && !processes::Plain<std::array<std::string_view, 2>>);
static_assert(!processes::Plain<std::optional<std::string_view>> && !processes::Plain<std::optional<Labelled>>);
static_assert(!processes::Plain<std::string> && !processes::Plain<std::string_view>);
static_assert(std::is_same_v<processes::Owned<std::string_view>, std::string>);
static_assert(std::is_same_v<processes::Owned<const std::span<const double>&>, std::vector<double>>);
static_assert(std::is_same_v<processes::Owned<const Point&>, Point>);
static_assert(processes::is_view<std::span<const int>> && !processes::is_view<std::vector<int>>);

/// Calls the function with values of every kind that can be sent.
template <class Visit>
void visit_every_kind(const Visit& visit) {
  visit('x');
  visit(true);
  visit(-7);
  visit(std::numeric_limits<std::uint64_t>::max());
  visit(std::numeric_limits<double>::denorm_min());
  visit(Colour::green);
  visit(Point{0.5, 3});
  visit(std::array{1, 2, 3});
  visit(+[](int value) { return value; });
  visit(std::optional(true));
  visit(std::string());
  visit(std::string("text"));
  visit(std::string("\0\xff in between", 13));
  visit(std::vector<double>());
  visit(std::vector{1.0, -0.0, std::numeric_limits<double>::infinity()});
  visit(std::vector<char>{'a', 'b', 'c'});
  visit(std::vector<std::uint16_t>(1001, 7));
  visit(std::vector(3, Point{1.5, 2}));
  visit(std::vector{true, false, true});
  visit(std::vector<std::string>{"", "one", std::string(100, '2')});
  visit(std::vector<std::vector<int>>{{}, {1}, {2, 3}});
  visit(std::map<std::string, std::vector<int>>{{"a", {1, 2}}, {"b", {}}});
  visit(std::pair(1, std::string("one")));
  visit(std::tuple(1, 2.5, std::string("three")));
  visit(std::optional<std::string>("there"));
  visit(std::optional<std::string>());
  visit(Named{"name", {1, 2}});
  visit(std::vector{Named{"first", {}}, Named{"second", {3}}});
}

template <class T>
std::string encoded(const T& value) {
  std::string bytes;
  Encoder encoder(bytes);
  encoder.put(value);
  const std::size_t size = encoder.size();
  EXPECT_EQ(bytes.size(), size);
  return bytes;
}

TEST(Wire, CarriesEveryKindOfValue) {
  visit_every_kind([]<class T>(const T& value) {
    const std::string bytes = encoded(value);
    Decoder decoder(bytes);
    EXPECT_EQ(decoder.get<T>(), value);
    EXPECT_THROW(decoder.get<char>(), std::runtime_error) << "nothing follows it";
  });
}

TEST(Wire, CarriesTheBitsOfANumber) {
  const auto strange = std::bit_cast<double>(0x7ff8'0000'dead'beefU);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(Decoder(encoded(strange)).get<double>()), 0x7ff8'0000'dead'beefU);
}

TEST(Wire, ADamagedBoolIsTrueOrFalse) {
  std::string both = encoded(std::pair(true, std::string()));
  both[sizeof(std::uint64_t)] = 2;
  for (const bool value : {Decoder("\x02").get<bool>(), Decoder(both).get<std::pair<bool, std::string>>().first}) {
    EXPECT_EQ(std::bit_cast<unsigned char>(value), 1);
  }
}

TEST(Wire, TruncatedBytesAreAnErrorWhereverTheyEnd) {
  visit_every_kind([]<class T>(const T& value) {
    const std::string whole = encoded(value);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_THROW(Decoder({cut.data(), cut.size()}).get<T>(), std::runtime_error) << size << " of " << whole.size();
    }
  });
}

TEST(Wire, SizesThatAreInvalidAreAnError) {
  for (const std::uint64_t size : {9UL, 1UL << 32U, 1UL << 63U, std::numeric_limits<std::uint64_t>::max() - 7}) {
    const std::string bytes = encoded(size) + "8 bytes.";
    EXPECT_THROW(Decoder(bytes).get<std::string>(), std::runtime_error);
    EXPECT_THROW(Decoder(bytes).get<std::string_view>(), std::runtime_error);
    EXPECT_THROW(Decoder(bytes).get<std::vector<int>>(), std::runtime_error);
    EXPECT_THROW(Decoder(bytes).get<std::span<const int>>(), std::runtime_error);
    EXPECT_THROW(Decoder(bytes).get<std::vector<std::string>>(), std::runtime_error);
    EXPECT_THROW(Decoder(bytes).nested(), std::runtime_error);
  }
  const std::string odd = encoded(std::string("seven b"));
  EXPECT_THROW(Decoder(odd).get<std::vector<int>>(), std::runtime_error) << "a partial value at the end";
  EXPECT_THROW(Decoder(odd).get<std::span<const double>>(), std::runtime_error);
}

TEST(Wire, AContainerLargerThanItsMessageIsAnError) {
  // If this element count were trusted, it would allocate all memory before the first element is found missing.
  using Table = std::map<std::string, std::vector<int>>;
  const auto refuses = []<class T>(const T& value, std::size_t place) {
    const std::string whole = encoded(value);
    for (unsigned bit = 4; bit < 64; ++bit) {
      std::string damaged = whole;
      const std::uint64_t number = std::uint64_t{1} << bit;
      std::memcpy(damaged.data() + place, &number, sizeof number);
      EXPECT_THROW(Decoder(damaged).get<T>(), std::runtime_error) << "2^" << bit << " elements";
    }
  };
  refuses(std::vector<std::vector<int>>{{1}}, 8);
  refuses(std::vector<std::vector<int>>{{1}}, 16);
  refuses(std::vector<std::string>{"a"}, 8);
  refuses(std::vector<std::string>{"a"}, 16);
  refuses(std::vector<bool>{true}, 8);
  refuses(Table{{"a", {1}}}, 8);
  refuses(Named{"name", {1.0}}, 8);
}

TEST(Wire, ViewsReferToTheMessageWithoutACopy) {
  std::string bytes;
  Encoder encoder(bytes);
  encoder.put('x');
  encoder.put(std::span<const double>(std::array{1.5, 2.5}));
  encoder.put('y');
  encoder.put(std::string_view("text"));
  encoder.put(std::span<const Point>());
  Decoder decoder(bytes);
  const auto within = [&bytes](const void* data) {
    return std::less_equal<>()(bytes.data(), data) && std::less_equal<>()(data, bytes.data() + bytes.size());
  };
  EXPECT_EQ(decoder.get<char>(), 'x');
  const auto numbers = decoder.get<std::span<const double>>();
  EXPECT_THAT(numbers, ElementsAre(1.5, 2.5));
  EXPECT_TRUE(within(numbers.data()));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(numbers.data()) % alignof(double), 0U);
  EXPECT_EQ(decoder.get<char>(), 'y');
  const auto text = decoder.get<std::string_view>();
  EXPECT_EQ(text, "text");
  EXPECT_TRUE(within(text.data()));
  EXPECT_TRUE(decoder.get<std::span<const Point>>().empty());
}

TEST(Wire, ViewsInNestedMessagesAreAlignedWhateverPrecedesThem) {
  for (std::size_t before = 0; before < 17; ++before) {
    std::string bytes;
    Encoder encoder(bytes);
    for (std::size_t i = 0; i < before; ++i) encoder.put('x');
    encoder.nested([](Encoder& inner) {
      inner.put('y');
      inner.put(std::span<const double>(std::array{0.5}));
    });
    Decoder decoder(bytes);
    for (std::size_t i = 0; i < before; ++i) EXPECT_EQ(decoder.get<char>(), 'x');
    Decoder inner = decoder.nested();
    EXPECT_EQ(inner.get<char>(), 'y');
    const auto view = inner.get<std::span<const double>>();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(view.data()) % alignof(double), 0U);
    EXPECT_THAT(view, ElementsAre(0.5));
  }
}

TEST(Wire, ValuesAreDecodedFromUnalignedMessages) {
  // A pipe's messages follow each other without a gap.
  visit_every_kind([]<class T>(const T& value) {
    const std::string bytes = encoded(value);
    for (std::size_t shift = 1; shift < 8; ++shift) {
      std::vector<char> moved(shift);
      moved.insert(moved.end(), bytes.begin(), bytes.end());
      EXPECT_EQ(Decoder({moved.data() + shift, bytes.size()}).get<T>(), value);
    }
  });
}

TEST(Wire, ANestedMessageIsBounded) {
  std::string bytes;
  Encoder encoder(bytes);
  encoder.nested([](Encoder& inner) { inner.put(1); });
  encoder.nested([](Encoder&) {});
  encoder.nested([](Encoder& inner) { inner.nested([](Encoder& innermost) { innermost.put(std::string("deep")); }); });
  encoder.put(2);
  Decoder decoder(bytes);
  Decoder first = decoder.nested();
  Decoder second = decoder.nested();
  EXPECT_EQ(decoder.nested().nested().get<std::string>(), "deep");
  EXPECT_EQ(decoder.get<int>(), 2) << "unread values of a nested message are skipped";
  EXPECT_EQ(first.get<int>(), 1);
  EXPECT_THROW(first.get<int>(), std::runtime_error);
  EXPECT_THROW(second.get<char>(), std::runtime_error);
}

TEST(Wire, ATooSmallBufferIsNotOverrunAndTheSizeIsCounted) {
  const auto put_all = [](Encoder& encoder) {
    visit_every_kind([&encoder](const auto& value) {
      encoder.put(value);
      encoder.nested([&value](Encoder& inner) { inner.put(value); });
    });
  };
  std::string whole;
  Encoder growing(whole);
  put_all(growing);
  const std::size_t size = growing.size();
  EXPECT_TRUE(growing.fits());
  constexpr std::size_t margin = 16;
  for (std::size_t place = 0; place <= size + 1; ++place) {
    std::vector<char> memory(place + margin, '#');
    Encoder encoder(std::span<char>(memory).first(place));
    put_all(encoder);
    ASSERT_EQ(encoder.size(), size);
    ASSERT_EQ(encoder.fits(), place >= size) << place;
    ASSERT_EQ(std::string(memory.end() - margin, memory.end()), std::string(margin, '#'))
        << "after a buffer of " << place;
    ASSERT_TRUE(!encoder.fits() || std::string_view(memory.data(), size) == whole) << place;
  }
}

using Random = std::minstd_rand;

/// Generates values of random kinds and sizes; the visitor encodes or expects each.
template <class Visitor>
void draw(Random& random, int depth, Visitor& visitor) {
  for (auto values = random() % 8; values > 0; --values) {
    const auto number = static_cast<int>(random());
    const std::size_t size = random() % 20;
    const std::string text(2 * size, static_cast<char>(number));
    switch (random() % 8) {
      case 0:
        visitor.value(number);
        break;
      case 1:
        visitor.value(static_cast<char>(number));
        break;
      case 2:
        visitor.value(text);
        break;
      case 3:
        visitor.value(std::vector<double>(size, number));
        break;
      case 4:
        visitor.value(std::vector<char>(size, 'c'));
        break;
      case 5:
        visitor.value(std::vector<std::string>(size % 4, text));
        break;
      case 6:
        visitor.value(Named{text, std::vector<double>(size % 4, number)});
        break;
      default:
        if (depth > 0) visitor.nested([&](Visitor& inner) { draw(random, depth - 1, inner); });
    }
  }
}

struct Putting {
  template <class T>
  void value(const T& value) {
    encoder.put(value);
  }
  template <class Body>
  void nested(const Body& body) {
    encoder.nested([&body](Encoder& inner) {
      Putting visitor{inner};
      body(visitor);
    });
  }

  Encoder& encoder;  // NOLINT(*-avoid-const-or-ref-data-members)
};

struct Expecting {
  template <class T>
  void value(const T& value) {
    EXPECT_EQ(decoder.get<T>(), value);
  }
  template <class Body>
  void nested(const Body& body) {
    Expecting visitor{decoder.nested()};
    body(visitor);
  }

  Decoder decoder;
};

TEST(Wire, RandomMessagesArriveAsTheyWereSent) {
  for (unsigned seed = 1; seed <= 2000; ++seed) {
    Random to_put(seed);
    std::string bytes;
    Encoder encoder(bytes);
    Putting putting{encoder};
    draw(to_put, 3, putting);
    Random to_expect(seed);
    Expecting expecting{Decoder(bytes)};
    draw(to_expect, 3, expecting);
    ASSERT_FALSE(HasFailure()) << "of seed " << seed;
  }
}

}  // namespace
