// Shortens library messages that repeat an argument, which may be long or unprintable.
#pragma once

#include <span>
#include <streambuf>
#include <string>
#include <vector>

namespace command_line {

/// Returns the message as one line. Arguments, and values after their `=`, are shortened as in text/shown.hpp.
std::string without_long_arguments(std::string message, std::span<const std::string> arguments);

/// During its lifetime, prints what libraries write to std::cerr with shortened arguments.
class LibraryErrors : public std::streambuf {
 public:
  explicit LibraryErrors(std::vector<std::string> arguments);
  ~LibraryErrors() override;
  LibraryErrors(const LibraryErrors&) = delete;
  LibraryErrors& operator=(const LibraryErrors&) = delete;

 protected:
  int_type overflow(int_type c) override;

 private:
  void print();

  std::vector<std::string> arguments_;
  std::streambuf* before_;
  std::string line_;
};

}  // namespace command_line
