// The lines of a stream, in memory that does not grow with it.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace tool {

class LineReader {
 public:
  /// A line may have so many bytes.
  static constexpr std::size_t longest_line = std::size_t{64} << 20U;

  /// The stream lasts as long as this.
  explicit LineReader(std::FILE* stream) : stream_(stream) {}

  /// What the stream begins with: as many bytes as that, unless it has fewer. To be called before next().
  std::string_view beginning(std::size_t bytes);

  /// The next line without its newline, until the next call; nothing after the last one. Throws std::system_error if
  /// reading fails, std::length_error for a line that is too long.
  std::optional<std::string_view> next();

  /// Of the line that next() returned last, from 1.
  [[nodiscard]] std::size_t number() const { return number_; }

  /// What is in memory of the line that was too long.
  [[nodiscard]] std::string_view rest() const { return std::string_view(buffer_).substr(at_); }

 private:
  void fill();

  std::FILE* stream_;
  std::string buffer_;
  std::size_t at_ = 0;        // where the next line begins
  std::size_t searched_ = 0;  // no newline lies between there and here
  std::size_t number_ = 0;
  bool ended_ = false;
};

}  // namespace tool
