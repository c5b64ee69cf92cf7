// Messages of libraries that repeat what they do not understand, whatever it holds and however long it is.
#pragma once

#include <span>
#include <streambuf>
#include <string>
#include <vector>

namespace command_line {

/// The message as one line, in which each of the arguments, and each value behind an argument's `=`, is shown as
/// text/shown.hpp shows it.
std::string without_long_arguments(std::string message, std::span<const std::string> arguments);

/// While it lives, lines that a library writes to std::cerr are printed without long arguments.
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
