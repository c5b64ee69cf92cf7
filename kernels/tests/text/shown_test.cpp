#include "text/shown.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace {

/// U+202E, which reverses the direction of writing; split, since clang-tidy warns of it in a literal.
const std::string to_the_left = std::string("\xe2\x80") + "\xae";

using namespace std::string_view_literals;

TEST(Shown, ReadableTextStaysUnchanged) {
  for (const auto* const text : {"", "a b", "~/.profile", "Größe", "中文", "\U0001f600", "'\\\""}) {
    EXPECT_EQ(text::shown(text), text);
    EXPECT_EQ(text::escaped(text), text);
  }
  EXPECT_EQ(text::quoted("by_day"), "'by_day'");
}

TEST(Shown, ControlAndInvisibleCharactersAreEscaped) {
  EXPECT_EQ(text::escaped("\x1b[31m\a\x7f\0"sv), R"(\x1b[31m\x07\x7f\x00)");
  EXPECT_EQ(text::escaped("a\n\r\tb"), R"(a\n\r\tb)");
  EXPECT_EQ(text::escaped("\u0085\u009b"), R"(\u0085\u009b)");              // control characters of two bytes
  EXPECT_EQ(text::escaped(to_the_left + "\u0600"), R"(\u202e\u0600)");      // direction of writing
  EXPECT_EQ(text::escaped("\u2028\u2029"), R"(\u2028\u2029)");              // ends of lines
  EXPECT_EQ(text::escaped("\u200b\ufeff\u00ad"), R"(\u200b\ufeff\u00ad)");  // no width
  EXPECT_EQ(text::escaped("\u00a0\u3000"), R"(\u00a0\u3000)");              // special spaces
  EXPECT_EQ(text::escaped("\U000e0041\U0010ffff"), R"(\U000e0041\U0010ffff)");
}

TEST(Shown, InvalidUtf8IsEscapedByteByByte) {
  EXPECT_EQ(text::escaped("\xff\xe9t\xe9"), R"(\xff\xe9t\xe9)");
  EXPECT_EQ(text::escaped("\xc0\xaf \xe0\x80\xaf"), R"(\xc0\xaf \xe0\x80\xaf)");  // overlong encodings
  EXPECT_EQ(text::escaped("\xed\xa0\x80"), R"(\xed\xa0\x80)");                    // half a surrogate pair
  EXPECT_EQ(text::escaped("\xf4\x90\x80\x80"), R"(\xf4\x90\x80\x80)");            // beyond Unicode's range
  EXPECT_EQ(text::escaped("\xe4\xb8"), R"(\xe4\xb8)");                            // truncated
}

TEST(Shown, OfALongTextTheBeginningAndTheEndAreShown) {
  const std::string sixty(60, 'x');
  EXPECT_EQ(text::shown(sixty), sixty);
  EXPECT_EQ(text::shown(sixty + "x"), std::string(38, 'x') + "..." + std::string(19, 'x'));
  EXPECT_EQ(text::shown("/" + std::string(5000, 'x') + "/samples.csv"),
            "/" + std::string(37, 'x') + "..." + "xxxxxxx/samples.csv");
  EXPECT_EQ(text::shown("0123456789abc", 10), "01234...bc");
}

TEST(Shown, NeitherAnEscapeNorACharacterIsCut) {
  std::string wide;
  std::string escapes;
  for (int i = 0; i < 100; ++i) {
    wide += "中";
    escapes += '\x1b';
  }
  const auto repeated = [](std::string_view part, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += part;
    return all;
  };
  EXPECT_EQ(text::shown(wide), repeated("中", 38) + "..." + repeated("中", 19));
  EXPECT_EQ(text::shown(escapes), repeated(R"(\x1b)", 9) + "..." + repeated(R"(\x1b)", 4));
}

TEST(Shown, IsOneLineOfAtMostSixtyCharactersForAnyBytes) {
  std::mt19937 random(1);
  const std::string some = "éq" + to_the_left;
  const auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  for (int trial = 0; trial < 2000; ++trial) {
    std::string bytes(random() % 600, ' ');
    std::ranges::generate(
        bytes, [&] { return random() % 3 == 0 ? static_cast<char>(random() % 256) : some[random() % some.size()]; });
    const std::string shown = text::shown(bytes);
    EXPECT_LE(std::ranges::count_if(shown, std::not_fn(is_continuation)), 60) << bytes;
    EXPECT_EQ(text::escaped(shown), shown);  // idempotent
    EXPECT_EQ(text::shown(shown), shown);
  }
}

}  // namespace
