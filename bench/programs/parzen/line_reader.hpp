// Reads the lines of a stream in bounded memory.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace tool {

class LineReader {
 public:
  /// Maximum length of a line in bytes.
  static constexpr std::size_t longest_line = std::size_t{64} << 20U;

  /// The stream must outlive this object.
  explicit LineReader(std::FILE* stream) : stream_(stream) {}

  /// The first bytes of the stream: this many, unless it is shorter. Call it before next().
  std::string_view beginning(std::size_t bytes);

  /// The next line without its newline, valid until the next call; nothing after the last one. Throws std::system_error
  /// if reading fails, std::length_error for a line that is too long.
  std::optional<std::string_view> next();

  /// Number of the line that next() returned last, from 1.
  [[nodiscard]] std::size_t number() const { return number_; }

  /// How many bytes of the stream are before the line that next() returned last.
  [[nodiscard]] std::int64_t offset() const { return before_ + static_cast<std::int64_t>(line_); }

  /// The buffered part of the line that was too long.
  [[nodiscard]] std::string_view rest() const { return std::string_view(buffer_).substr(at_); }

 private:
  void fill();

  std::FILE* stream_;
  std::string buffer_;
  std::int64_t before_ = 0;   // bytes of the stream before the buffer
  std::size_t line_ = 0;      // where the last line starts
  std::size_t at_ = 0;        // where the next line starts
  std::size_t searched_ = 0;  // there is no newline between at_ and here
  std::size_t number_ = 0;
  bool ended_ = false;
};

}  // namespace tool
