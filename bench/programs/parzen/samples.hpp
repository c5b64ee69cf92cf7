// Samples from a file of lines of values, as people, spreadsheets, NumPy, pandas and R write them.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "parzen/problem.hpp"
#include "programs/parzen/csv_line.hpp"
#include "programs/parzen/line_fault.hpp"

namespace tool {

struct ReadSamples {
  parzen::Samples samples;
  std::string warning;  ///< what may be otherwise than it was read; empty if nothing
};

/// Reads all samples: a line per sample, a value per dimension, all lines written in one way.
///
///     file       lines that end with LF or CR LF; UTF-8, with or without a byte order mark; empty lines at the end
///     only comment    a line whose first character but blanks is #, anywhere header     the first other line, if all
///     its values are names; skipped separator  commas, semicolons, tabs, or any number of blanks; blanks around other
///     separators do not count value      a finite number as C, NumPy and R write it: -1, .5, 1., +1e-05; or in double
///     quotes, then all are
///
/// `name` is what messages call the stream. Throws std::invalid_argument with file, line, value, what was found and
/// what to do for anything else, std::system_error if reading fails.
ReadSamples read_samples(std::FILE* stream, std::string_view name);

/// The first sample of a file, which sets the format of all.
struct FirstSample {
  LineFormat format = {};
  std::int64_t offset = 0;  ///< of its line in the file, in bytes
  LinePlace place = {};
  bool like_column_numbers = false;  ///< 0, 1, 2 and so on, without a header above it
};

/// Reads no further. Throws what read_samples() throws for the lines up to there.
FirstSample read_first_sample(std::FILE* stream, std::string_view name);

}  // namespace tool
