// Parses the command line of a program.
//
//   std::string file;
//   std::int64_t workers = 4;
//   command_line::Command command("count", "Counts the lines of a file.");
//   command.required("FILE", file, "where the lines are");
//   command.option("--workers", workers, "how many");
//   if (const auto status = command.parse(argc, argv)) return *status;
//
// A wrong command line prints one line on standard error, which says what to do, and ends with status 2. Only
// command.cpp includes CLI11, since each file that does takes 5 s more to compile.
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

/// A program or one of its subcommands; a copy is the same command. A name that begins with -- is an option; any other
/// is a positional argument. parse() writes only the values that the command line has. The others keep their default,
/// which --help shows. Values must live until parse() has returned.
class Command {
 public:
  Command(const std::string& name, const std::string& summary);

  /// Numbers are decimal integers in the range of their type, without a leading zero or a plus sign.
  void option(const std::string& name, std::string& value, const std::string& help);
  void option(const std::string& name, std::int64_t& value, const std::string& help);
  void option(const std::string& name, std::uint64_t& value, const std::string& help);
  void option(const std::string& name, std::optional<std::string>& value, const std::string& help);
  void option(const std::string& name, std::optional<std::int64_t>& value, const std::string& help);
  void option(const std::string& name, std::optional<std::uint64_t>& value, const std::string& help);
  void required(const std::string& name, std::string& value, const std::string& help);
  void choice(const std::string& name, std::optional<std::string>& value, const std::vector<std::string>& choices,
              const std::string& help);

  /// At least 1. A list has commas between its numbers.
  void positive(const std::string& name, std::int64_t& value, const std::string& help);
  void positive(const std::string& name, std::vector<std::int64_t>& values, const std::string& help);

  void flag(const std::string& name, bool& value, const std::string& help);
  /// Prints a text and ends the program, as --help does, even if required arguments are missing.
  void flag_that_prints(const std::string& name, const std::string& text, const std::string& help);

  /// A program with subcommands takes exactly one; chosen() says whether it is this one.
  [[nodiscard]] Command subcommand(const std::string& name, const std::string& summary);
  [[nodiscard]] bool chosen() const;

  /// Accepts unknown arguments. After parse(), others() returns them in their order.
  void allow_others();
  [[nodiscard]] std::vector<std::string> others() const;

  /// Returns the exit status if the program is to end: after help, or after an error message.
  [[nodiscard]] std::optional<int> parse(int argc, char** argv);

  /// Prints `name: message` on standard error and returns bad_input. For errors that only the program can find.
  [[nodiscard]] int refuse(const std::string& message) const;
  /// The same for an argument of others() that the program does not know. Names its subcommand, or the help.
  [[nodiscard]] int refuse_argument(const std::string& argument) const;

 private:
  explicit Command(std::shared_ptr<CLI::App> app);

  std::shared_ptr<CLI::App> app_;
};

}  // namespace command_line
