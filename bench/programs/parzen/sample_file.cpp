#include "programs/parzen/sample_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "programs/parzen/csv_line.hpp"
#include "programs/parzen/line_fault.hpp"
#include "text/shown.hpp"

namespace tool {

OpenFile open_samples(const std::string& file) {
  OpenFile stream(std::fopen(file.c_str(), "rb"), &std::fclose);
  if (stream) return stream;
  throw std::invalid_argument(fmt::format("{}: the file cannot be opened ({}): check its name and permissions",
                                          text::shown_name(file), std::generic_category().message(errno)));
}

SampleFile::SampleFile(std::string file, const Readers& readers)
    : file_(std::move(file)), parts_(static_cast<std::size_t>(readers.ranks)) {
  const OpenFile stream = open_samples(file_);
  struct stat status{};
  if (::fstat(::fileno(stream.get()), &status) != 0 || !S_ISREG(status.st_mode)) {
    refuse("the ranks of mpirun read parts of it, and it is no regular file: copy it to one");
  }
  size_ = status.st_size;
  first_ = read_first_sample(stream.get(), file_);
  require_one_size(readers);
  std::string fault;
  parts_[static_cast<std::size_t>(readers.rank)] = count(readers.rank, fault);
  constexpr std::size_t numbers = sizeof(Part) / sizeof(std::int64_t);
  readers.sum({reinterpret_cast<std::int64_t*>(parts_.data()), parts_.size() * numbers});
  require_samples_without_gaps(fault, readers);
  std::int64_t unlike_numbers = 0;
  for (const Part& part : parts_) {
    n_ += part.samples;
    unlike_numbers += part.unlike_numbers;
  }
  // The first sample itself has neither decimal point nor exponent.
  if (first_.like_column_numbers && n_ > 1 && unlike_numbers == 1) {
    warning_ = warning_of_first_line(file_, first_.place.first);
  }
}

void SampleFile::refuse(std::string_view what) const {
  throw std::invalid_argument(fmt::format("{}: {}", text::shown_name(file_), what));
}

void SampleFile::require_one_size(const Readers& readers) {
  std::vector<std::int64_t> sizes(parts_.size());
  sizes[static_cast<std::size_t>(readers.rank)] = size_;
  readers.sum(sizes);
  const auto other = std::ranges::find_if(sizes, [this](std::int64_t size) { return size != size_; });
  if (other == sizes.end()) return;
  refuse(fmt::format("it has {} bytes here and {} on rank {}: every rank needs the same file", size_, *other,
                     other - sizes.begin()));
}

std::int64_t SampleFile::begin_of(int part) const {
  const auto parts = static_cast<std::int64_t>(parts_.size());
  const std::int64_t bytes = size_ - first_.offset;
  return first_.offset + bytes / parts * part + std::min<std::int64_t>(part, bytes % parts);
}

/// Any part but the first is read from one byte earlier: what is read up to the first newline is of a line that starts
/// before the part.
OpenFile SampleFile::open_at(int part) const {
  OpenFile stream = open_samples(file_);
  if (::fseeko(stream.get(), begin_of(part) - (part > 0 ? 1 : 0), SEEK_SET) != 0) {
    throw std::system_error(errno, std::generic_category(), "seeking failed");
  }
  return stream;
}

SampleFile::Part SampleFile::count(int part, std::string& fault) const {
  const OpenFile stream = open_at(part);
  LineReader lines(stream.get());
  const std::int64_t before = part > 0 ? 1 : 0;
  const std::int64_t bytes = begin_of(part + 1) - begin_of(part) + before;
  Part found;
  try {
    if (part > 0) lines.next();
    for (auto line = lines.next(); line && lines.offset() < bytes; line = lines.next()) {
      ++found.lines;
      *line = without_line_end(*line);
      switch (kind_of(*line)) {
        case LineKind::empty:
          if (found.empty_line == 0) found.empty_line = found.lines;
          break;
        case LineKind::comment:
          // Its number is that in the file once all ranks have counted.
          if (!carriage_return_fault(*line, 1).empty()) {
            found.faulty_line = found.lines;
            fault = *line;
            return found;
          }
          break;
        case LineKind::values:
          ++found.samples;
          if (found.empty_line != 0) ++found.samples_after_empty;
          if (first_.like_column_numbers && !is_written_as_floating_point(*line, first_.format)) ++found.unlike_numbers;
      }
    }
  } catch (const std::length_error&) {
    found.faulty_line = found.lines + 1;
    fault = lines.rest();
  }
  return found;
}

std::size_t SampleFile::number_of_line(int part, std::int64_t line) const {
  for (int before = 0; before < part; ++before) line += parts_[static_cast<std::size_t>(before)].lines;
  return first_.place.first + static_cast<std::size_t>(line) - 1;
}

/// `fault` is the line, or its beginning, at which this rank stopped.
void SampleFile::require_samples_without_gaps(const std::string& fault, const Readers& readers) const {
  std::size_t empty_line = 0;
  for (int part = 0; part < static_cast<int>(parts_.size()); ++part) {
    const Part& found = parts_[static_cast<std::size_t>(part)];
    if (empty_line != 0 && found.samples > 0) refuse(fault_of_empty_line(empty_line));
    if (found.empty_line != 0 && empty_line == 0) empty_line = number_of_line(part, found.empty_line);
    if (found.samples_after_empty > 0) refuse(fault_of_empty_line(empty_line));
    if (found.faulty_line == 0) continue;
    const std::size_t number = number_of_line(part, found.faulty_line);
    if (part != readers.rank) {
      std::array<std::int64_t, 1> nothing{};
      readers.sum(nothing);  // until the rank with the fault, which does not call it, ends all
    }
    const std::string returns = carriage_return_fault(fault, number);
    refuse(returns.empty() ? fault_of_long_line(number) : returns);
  }
}

parzen::Samples SampleFile::read(parzen::Range samples) const {
  int part = 0;
  std::int64_t sample = 0;  // of the next line
  while (sample + parts_.at(static_cast<std::size_t>(part)).samples <= samples.begin) {
    sample += parts_[static_cast<std::size_t>(part++)].samples;
  }
  const OpenFile stream = open_at(part);
  LineReader lines(stream.get());
  if (part > 0) lines.next();
  parzen::Samples rows(samples.size(), d());
  std::vector<double> values;
  for (std::int64_t number = 1; sample < samples.end; ++number) {
    auto line = lines.next();
    if (!line)
      throw std::runtime_error(fmt::format("{}: it became shorter while it was read", text::shown_name(file_)));
    *line = without_line_end(*line);
    if (kind_of(*line) != LineKind::values || sample++ < samples.begin) continue;
    values.clear();
    const LinePlace place{number_of_line(part, number), first_.place.first};
    if (place.number == 1) *line = without_byte_order_mark(*line);
    if (!append_values(*line, first_.format, values)) refuse(fault_of(*line, first_.format, place));
    rows.row(sample - 1 - samples.begin) = Eigen::Map<const Eigen::RowVectorXd>(values.data(), d());
  }
  return rows;
}

}  // namespace tool
