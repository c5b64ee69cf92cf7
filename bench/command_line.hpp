// What the programs of this room do alike with their command lines. What a message repeats of an argument is shown as
// text from outside is: CLI11 and Google Benchmark would repeat all of it as it is.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <optional>
#include <span>
#include <streambuf>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/shown.hpp"

namespace command_line {

constexpr int bad_input = 2;

/// A message in which no argument, and no value behind its `=`, is longer than may be shown; one line.
inline std::string without_long_arguments(std::string message, std::span<const std::string> arguments) {
  const auto shorten = [&message](std::string_view text) {
    const std::string shown = text::shown(text);
    if (text.empty() || shown == text) return;
    for (auto at = message.find(text); at != std::string::npos; at = message.find(text, at + shown.size())) {
      message.replace(at, text.size(), shown);
    }
  };
  for (const std::string_view argument : arguments) {
    shorten(argument);
    shorten(argument.substr(argument.find('=') + 1));
  }
  return text::escaped(message);
}

inline void print_unexpected(std::string_view program, std::string_view argument) {
  fmt::print(stderr, "{}: {} was not expected: see {} --help\n", program, text::quoted(argument), program);
}

/// For an option of whole numbers, before CLI11 converts its text, which takes 010 for 8: what is wrong with the text,
/// or nothing.
inline std::string fault_of_whole_number(const std::string& text) {
  const std::string_view digits = std::string_view(text).substr(text.starts_with('-') ? 1 : 0);
  constexpr std::string_view all = "0123456789";
  if (digits.empty() || digits.find_first_not_of(all) != std::string_view::npos) {
    return fmt::format("{} is not a whole number, such as 1000000", text::quoted(text));
  }
  if (digits.starts_with('0') && digits.size() > 1) {
    return fmt::format("{} begins with a zero: leave it out", text::quoted(text));
  }
  constexpr std::size_t most_digits = 20;  // of 64 bits
  if (digits.size() > most_digits) return fmt::format("{} is too large", text::quoted(text));
  return {};
}

/// Gives the arguments to the app, whose name is the program's; returns the exit status if the program is to end.
inline std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ExtrasError&) {
    print_unexpected(app.get_name(), app.remaining(true).front());
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    const std::vector<std::string> arguments(argv, argv + argc);
    fmt::print(stderr, "{}: {}: see {} --help\n", app.get_name(), without_long_arguments(error.what(), arguments),
               app.get_name());
  }
  return bad_input;
}

/// While it lives, lines that a library writes to std::cerr are printed without long arguments.
class LibraryErrors : public std::streambuf {
 public:
  explicit LibraryErrors(std::vector<std::string> arguments)
      : arguments_(std::move(arguments)), before_(std::cerr.rdbuf(this)) {}
  ~LibraryErrors() override {
    std::cerr.rdbuf(before_);
    if (!line_.empty()) print();
  }
  LibraryErrors(const LibraryErrors&) = delete;
  LibraryErrors& operator=(const LibraryErrors&) = delete;

 protected:
  int_type overflow(int_type c) override {
    if (c == '\n') {
      print();
    } else if (c != traits_type::eof()) {
      line_ += traits_type::to_char_type(c);
    }
    return traits_type::not_eof(c);
  }

 private:
  void print() { fmt::print(stderr, "{}\n", without_long_arguments(std::exchange(line_, {}), arguments_)); }

  std::vector<std::string> arguments_;
  std::streambuf* before_;
  std::string line_;
};

}  // namespace command_line
