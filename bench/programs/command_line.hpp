// What the programs of this room do alike with their command lines. What a message repeats of an argument is shown as
// text from outside is: CLI11 and Google Benchmark would repeat all of it as it is.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <optional>
#include <span>
#include <streambuf>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
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

inline std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  return names;
}

inline bool lacks_subcommand(const CLI::App& app) {
  return app.get_require_subcommand_min() > 0 && app.get_subcommands().empty();
}

inline std::string choice_of_subcommand(const CLI::App& app) {
  const auto all = app.get_subcommands([](const CLI::App* /*command*/) { return true; });
  return fmt::format("choose one of {}", fmt::join(names_of(all), ", "));
}

/// Of the app, or of the subcommand that was chosen.
inline std::string help_of(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return fmt::format("see {}{} --help", app.get_name(), chosen.empty() ? "" : ' ' + chosen.front()->get_name());
}

/// What is wrong with an argument that is neither an option nor a subcommand where it is, and what to do.
inline std::string unexpected(const CLI::App& app, const std::string& argument) {
  const std::string option = argument.substr(0, argument.find('='));
  const auto owners = app.get_subcommands(
      [&option](const CLI::App* command) { return command->get_option_no_throw(option) != nullptr; });
  if (!owners.empty()) {
    return fmt::format("{} is an option of {}: write it after that word", text::quoted(argument),
                       fmt::join(names_of(owners), ", "));
  }
  if (lacks_subcommand(app) && !argument.starts_with('-')) {
    return fmt::format("there is no subcommand named {}: {}", text::quoted(argument), choice_of_subcommand(app));
  }
  return fmt::format("{} was not expected: {}", text::quoted(argument), help_of(app));
}

/// For an option of that type, before CLI11 converts its text, which takes 010 for 8, and 2^63 for the number before
/// it: what is wrong with the text, or nothing.
template <class Number = std::int64_t>
std::string fault_of_whole_number(const std::string& text) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = std::string_view(text).substr(negative ? 1 : 0);
  constexpr std::string_view all = "0123456789";
  if (digits.empty() || digits.find_first_not_of(all) != std::string_view::npos) {
    return fmt::format("{} is not a whole number, such as 1000000", text::quoted(text));
  }
  if (digits.starts_with('0') && digits.size() > 1) {
    return fmt::format("{} begins with a zero: leave it out", text::quoted(text));
  }
  if (negative && std::is_unsigned_v<Number>) return fmt::format("{} must not be negative", text::quoted(text));
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return fmt::format("{} is too {}", text::quoted(text), negative ? "small" : "large");
  return {};
}

/// What is wrong with arguments that the app has rejected, and what to do.
inline std::string fault_of(const CLI::App& app, const CLI::ParseError& error, std::span<const std::string> arguments) {
  // CLI11 misses a subcommand or an option first, and what was not expected is often that one, misspelt.
  const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
  const bool missing = code == CLI::ExitCodes::RequiredError;
  const std::vector<std::string> rest = app.remaining(true);
  if ((missing || code == CLI::ExitCodes::ExtrasError) && !rest.empty()) return unexpected(app, rest.front());
  if (missing && lacks_subcommand(app)) return fmt::format("a subcommand is missing: {}", choice_of_subcommand(app));
  return fmt::format("{}: {}", without_long_arguments(error.what(), arguments), help_of(app));
}

/// Gives the arguments to the app, whose name is the program's; returns the exit status if the program is to end.
inline std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    const std::vector<std::string> arguments(argv, argv + argc);
    fmt::print(stderr, "{}: {}\n", app.get_name(), fault_of(app, error, arguments));
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
