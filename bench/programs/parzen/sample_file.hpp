// A file of samples of which each rank of mpirun reads a part: for more samples than one rank's memory holds.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parzen/problem.hpp"
#include "programs/parzen/samples.hpp"

namespace tool {

using OpenFile = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

/// Throws std::invalid_argument, with file and reason, if it cannot be opened for reading.
OpenFile open_samples(const std::string& file);

/// The ranks that read a file together, and their sums: see backends::Description.
struct Readers {
  int rank = 0;
  int ranks = 1;
  std::function<void(std::span<std::int64_t>)> sum = [](std::span<std::int64_t> /*numbers*/) {};
};

class SampleFile {
 public:
  /// Counts the samples. Each rank reads a range of bytes: a line belongs to the range in which it starts. All ranks
  /// make this object at once, and have the same counts. Throws what read_samples() throws for the lines that it reads,
  /// and std::invalid_argument if this is no regular file, or has another size on another rank. A fault that only one
  /// rank sees is thrown on this rank alone.
  SampleFile(std::string file, const Readers& readers);

  [[nodiscard]] std::int64_t n() const { return n_; }
  [[nodiscard]] std::int64_t d() const { return static_cast<std::int64_t>(first_.format.dimensions); }
  /// As that of read_samples().
  [[nodiscard]] const std::string& warning() const { return warning_; }

  /// Reads these samples, of at most n(). Throws what read_samples() throws for their lines, std::runtime_error if the
  /// file has become shorter.
  [[nodiscard]] parzen::Samples read(parzen::Range samples) const;

 private:
  /// What a range of bytes holds; lines are numbered from 1 in it. Plain numbers, which ranks add.
  struct Part {
    std::int64_t lines = 0;
    std::int64_t samples = 0;
    std::int64_t empty_line = 0;           ///< the first one; 0: none
    std::int64_t samples_after_empty = 0;  ///< after that line
    std::int64_t unlike_numbers = 0;       ///< samples without decimal point and exponent
    std::int64_t faulty_line = 0;          ///< the rank has read no further
  };

  [[nodiscard]] std::int64_t begin_of(int part) const;
  [[nodiscard]] OpenFile open_at(int part) const;
  [[nodiscard]] Part count(int part, std::string& fault) const;
  void require_one_size(const Readers& readers);
  void require_samples_without_gaps(const std::string& fault, const Readers& readers) const;
  [[nodiscard]] std::size_t number_of_line(int part, std::int64_t line) const;
  [[noreturn]] void refuse(std::string_view what) const;

  std::string file_;
  FirstSample first_;
  std::int64_t size_ = 0;
  std::vector<Part> parts_;
  std::int64_t n_ = 0;
  std::string warning_;
};

}  // namespace tool
