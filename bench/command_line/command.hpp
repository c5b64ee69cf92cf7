// What a program takes on its command line.
//
//   std::string file;
//   std::int64_t workers = 4;
//   command_line::Command command("count", "Counts the lines of a file.");
//   command.required("FILE", file, "where the lines are");
//   command.option("--workers", workers, "how many");
//   if (const auto status = command.parse(argc, argv)) return *status;
//
// A command line that is wrong is one line on standard error, which says what to do, and status 2. CLI11 does the work;
// only command.cpp includes it, since each file that does takes the compiler 5 s more.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace command_line {

inline constexpr int bad_input = 2;

/// A program or one of its subcommands; a copy is the same command. A name that begins with -- is an option's, any
/// other an argument's, by position. parse() writes a value that is on the command line. Otherwise the value stays:
/// it is the default, which --help shows, or an optional without one. Values must live until parse() has returned.
class Command {
 public:
  Command(const std::string& name, const std::string& summary);

  /// Numbers are decimal, whole, without a leading zero or a plus sign, and in the range of their type.
  void option(const std::string& name, std::string& value, const std::string& help);
  void option(const std::string& name, std::int64_t& value, const std::string& help);
  void option(const std::string& name, std::uint64_t& value, const std::string& help);
  void option(const std::string& name, std::optional<std::string>& value, const std::string& help);
  void option(const std::string& name, std::optional<std::uint64_t>& value, const std::string& help);
  void required(const std::string& name, std::string& value, const std::string& help);
  void choice(const std::string& name, std::optional<std::string>& value, const std::vector<std::string>& choices,
              const std::string& help);

  /// At least 1; of several, with commas between them, each.
  void positive(const std::string& name, std::int64_t& value, const std::string& help);
  void positive(const std::string& name, std::vector<std::int64_t>& values, const std::string& help);

  void flag(const std::string& name, bool& value, const std::string& help);
  /// As --help does, prints a text and ends the program, whatever else is missing.
  void flag_that_prints(const std::string& name, const std::string& text, const std::string& help);

  /// A program that has subcommands takes exactly one, and chosen() says whether it is this one.
  [[nodiscard]] Command subcommand(const std::string& name, const std::string& summary);
  [[nodiscard]] bool chosen() const;

  /// Other arguments are not wrong; others() has them after parse(), in their order.
  void allow_others();
  [[nodiscard]] std::vector<std::string> others() const;

  /// The exit status if the program is to end: help has been printed, or what is wrong.
  [[nodiscard]] std::optional<int> parse(int argc, char** argv);

  /// Prints `name: message` on standard error and returns bad_input. For what only the program can judge.
  [[nodiscard]] int refuse(const std::string& message) const;
  /// The same for one of the others, which no one expects: says to which subcommand it belongs, or where help is.
  [[nodiscard]] int refuse_argument(const std::string& argument) const;

 private:
  explicit Command(std::shared_ptr<CLI::App> app);

  std::shared_ptr<CLI::App> app_;
};

}  // namespace command_line
