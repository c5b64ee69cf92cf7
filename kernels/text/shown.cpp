#include "text/shown.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace text {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

/// Code points of the Unicode categories Cc, Cf, Zl, Zp, Co and Zs (except the space) and noncharacters: those for
/// which Python's str.isprintable() is false, except unassigned ones.
constexpr std::array unprintable{
    Range{0x00, 0x1F},       Range{0x7F, 0xA0},       Range{0xAD, 0xAD},       Range{0x600, 0x605},
    Range{0x61C, 0x61C},     Range{0x6DD, 0x6DD},     Range{0x70F, 0x70F},     Range{0x890, 0x891},
    Range{0x8E2, 0x8E2},     Range{0x1680, 0x1680},   Range{0x180E, 0x180E},   Range{0x2000, 0x200F},
    Range{0x2028, 0x202F},   Range{0x205F, 0x206F},   Range{0x3000, 0x3000},   Range{0xE000, 0xF8FF},
    Range{0xFDD0, 0xFDEF},   Range{0xFEFF, 0xFEFF},   Range{0xFFF0, 0xFFFB},   Range{0xFFFE, 0xFFFF},
    Range{0x110BD, 0x110BD}, Range{0x110CD, 0x110CD}, Range{0x13430, 0x1345F}, Range{0x1BCA0, 0x1BCA3},
    Range{0x1D173, 0x1D17A}, Range{0xE0000, 0x10FFFF}};

bool printable(char32_t point) {
  const auto* const range = std::ranges::lower_bound(unprintable, point, {}, &Range::last);
  return range == unprintable.end() || point < range->first;
}

/// Length in bytes of the first character; 0 if the text does not begin with valid UTF-8 (RFC 3629).
std::size_t length_of_first(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (length == 0 || bytes.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  const unsigned second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool outside = (first == 0xED && second >= 0xA0) || (first == 0xF4 && second >= 0x90);
  return overlong || outside ? 0 : length;
}

char32_t code_point(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first;
  char32_t point = first & (0xFFU >> (character.size() + 1));
  for (const char next : character.substr(1)) point = (point << 6U) | (static_cast<unsigned char>(next) & 0x3FU);
  return point;
}

std::string escape(char32_t point) {
  if (point == '\n') return "\\n";
  if (point == '\r') return "\\r";
  if (point == '\t') return "\\t";
  const auto value = static_cast<std::uint32_t>(point);
  if (point < 0x80) return fmt::format("\\x{:02x}", value);
  return point <= 0xFFFF ? fmt::format("\\u{:04x}", value) : fmt::format("\\U{:08x}", value);
}

/// A character, or its escape sequence.
using Piece = std::string;

/// Width in characters: a piece that begins with a non-ASCII byte is one character.
std::size_t width(const Piece& piece) { return static_cast<unsigned char>(piece[0]) < 0x80 ? piece.size() : 1; }

/// Removes the first character, or the first byte if it is invalid, from the bytes.
Piece take(std::string_view& bytes) {
  const std::size_t length = length_of_first(bytes);
  const std::string_view taken = bytes.substr(0, std::max<std::size_t>(length, 1));
  bytes.remove_prefix(taken.size());
  if (length == 0) return fmt::format("\\x{:02x}", static_cast<unsigned char>(taken[0]));
  const char32_t point = code_point(taken);
  return printable(point) ? std::string(taken) : escape(point);
}

/// How many leading pieces fit into `room` characters.
std::size_t fitting(const std::vector<Piece>& pieces, std::size_t room) {
  std::size_t count = 0;
  for (const Piece& piece : pieces) {
    if (width(piece) > room) break;
    room -= width(piece);
    ++count;
  }
  return count;
}

}  // namespace

std::string escaped(std::string_view bytes) {
  std::string all;
  while (!bytes.empty()) all += take(bytes);
  return all;
}

std::string shown(std::string_view bytes, std::size_t most) {
  constexpr std::string_view gap = "...";
  constexpr std::size_t longest_character = 4;
  std::string ends;
  // The middle of a very long text is skipped: each half has more than is shown of it.
  if (const std::size_t half = longest_character * most; bytes.size() > 2 * half) {
    ends = fmt::format("{}{}", bytes.substr(0, half), bytes.substr(bytes.size() - half));
    bytes = ends;
  }
  std::vector<Piece> pieces;
  while (!bytes.empty()) pieces.push_back(take(bytes));
  if (fitting(pieces, most) == pieces.size()) return fmt::format("{}", fmt::join(pieces, ""));
  const std::size_t behind = (most - gap.size()) / 3;
  const std::size_t first = fitting(pieces, most - gap.size() - behind);
  const std::size_t last = fitting({pieces.rbegin(), pieces.rend()}, behind);
  const std::span all(pieces);
  return fmt::format("{}{}{}", fmt::join(all.first(first), ""), gap, fmt::join(all.last(last), ""));
}

std::string quoted(std::string_view bytes) { return fmt::format("'{}'", shown(bytes)); }

std::string shown_name(std::string_view bytes) { return shown(bytes, most_of_a_name); }

}  // namespace text
