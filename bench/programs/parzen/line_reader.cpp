#include "programs/parzen/line_reader.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace tool {

std::string_view LineReader::beginning(std::size_t bytes) {
  while (!ended_ && buffer_.size() < bytes) fill();
  return std::string_view(buffer_).substr(0, bytes);
}

std::optional<std::string_view> LineReader::next() {
  while (true) {
    const auto end = buffer_.find('\n', searched_);
    if (end != std::string::npos || (ended_ && at_ < buffer_.size())) {
      const auto line = std::string_view(buffer_).substr(at_, end == std::string::npos ? end : end - at_);
      line_ = at_;
      at_ = searched_ = end == std::string::npos ? buffer_.size() : end + 1;
      ++number_;
      return line;
    }
    if (ended_) return std::nullopt;
    searched_ = buffer_.size();
    if (searched_ - at_ > longest_line) {
      ++number_;
      throw std::length_error("a line is too long");
    }
    fill();
  }
}

void LineReader::fill() {
  constexpr std::size_t chunk = std::size_t{1} << 18U;
  buffer_.erase(0, at_);
  before_ += static_cast<std::int64_t>(at_);
  searched_ -= at_;
  at_ = 0;
  const std::size_t before = buffer_.size();
  buffer_.resize(before + chunk);
  const std::size_t got = std::fread(buffer_.data() + before, 1, chunk, stream_);
  buffer_.resize(before + got);
  if (got == chunk) return;
  if (std::ferror(stream_) != 0) throw std::system_error(errno, std::generic_category(), "reading failed");
  ended_ = true;
}

}  // namespace tool
