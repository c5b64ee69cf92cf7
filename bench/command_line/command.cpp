#include "command_line/command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <span>
#include <utility>

#include "command_line/library_messages.hpp"
#include "command_line/whole_number.hpp"
#include "text/shown.hpp"

namespace command_line {

namespace {

std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  return names;
}

bool lacks_subcommand(const CLI::App& app) {
  return app.get_require_subcommand_min() > 0 && app.get_subcommands().empty();
}

std::string choice_of_subcommand(const CLI::App& app) {
  const auto all = app.get_subcommands([](const CLI::App* /*command*/) { return true; });
  return fmt::format("choose one of {}", fmt::join(names_of(all), ", "));
}

/// The help of the app, or of the chosen subcommand.
std::string help_of(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return fmt::format("see {}{} --help", app.get_name(), chosen.empty() ? "" : ' ' + chosen.front()->get_name());
}

/// Says why an argument is neither an option nor a subcommand here, and what to do.
std::string unexpected(const CLI::App& app, const std::string& argument) {
  const std::string option = argument.substr(0, argument.find('='));
  const auto owners = app.get_subcommands(
      [&option](const CLI::App* command) { return command->get_option_no_throw(option) != nullptr; });
  if (!owners.empty()) {
    return fmt::format("{} is an option of {}: write it after the subcommand", text::quoted(argument),
                       fmt::join(names_of(owners), ", "));
  }
  if (lacks_subcommand(app) && !argument.starts_with('-')) {
    return fmt::format("there is no subcommand named {}: {}", text::quoted(argument), choice_of_subcommand(app));
  }
  return fmt::format("unexpected argument {}: {}", text::quoted(argument), help_of(app));
}

/// Says why the app rejected the arguments, and what to do.
std::string fault_of(const CLI::App& app, const CLI::ParseError& error, std::span<const std::string> arguments) {
  // CLI11 reports a missing subcommand or option first. Often an unexpected argument is the missing one, misspelt.
  const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
  const bool missing = code == CLI::ExitCodes::RequiredError;
  const std::vector<std::string> rest = app.remaining(true);
  if ((missing || code == CLI::ExitCodes::ExtrasError) && !rest.empty()) return unexpected(app, rest.front());
  if (missing && lacks_subcommand(app)) return fmt::format("a subcommand is missing: {}", choice_of_subcommand(app));
  return fmt::format("{}: {}", without_long_arguments(error.what(), arguments), help_of(app));
}

}  // namespace

Command::Command(const std::string& name, const std::string& summary)
    : app_(std::make_shared<CLI::App>(summary, name)) {}

Command::Command(std::shared_ptr<CLI::App> app) : app_(std::move(app)) {}

void Command::option(const std::string& name, std::string& value, const std::string& help) {
  app_->add_option(name, value, help)->capture_default_str();
}

void Command::option(const std::string& name, std::int64_t& value, const std::string& help) {
  app_->add_option(name, value, help)->check(fault_of_signed)->capture_default_str();
}

void Command::option(const std::string& name, std::uint64_t& value, const std::string& help) {
  app_->add_option(name, value, help)->check(fault_of_unsigned)->capture_default_str();
}

void Command::option(const std::string& name, std::optional<std::string>& value, const std::string& help) {
  app_->add_option(name, value, help);
}

void Command::option(const std::string& name, std::optional<std::int64_t>& value, const std::string& help) {
  app_->add_option(name, value, help)->check(fault_of_signed);
}

void Command::option(const std::string& name, std::optional<std::uint64_t>& value, const std::string& help) {
  app_->add_option(name, value, help)->check(fault_of_unsigned);
}

void Command::required(const std::string& name, std::string& value, const std::string& help) {
  app_->add_option(name, value, help)->required();
}

void Command::choice(const std::string& name, std::optional<std::string>& value,
                     const std::vector<std::string>& choices, const std::string& help) {
  app_->add_option(name, value, help)->check(CLI::IsMember(choices));
}

void Command::positive(const std::string& name, std::int64_t& value, const std::string& help) {
  app_->add_option(name, value, help)->check(fault_of_positive)->capture_default_str();
}

void Command::positive(const std::string& name, std::vector<std::int64_t>& values, const std::string& help) {
  const auto read = [&values](const std::string& list) { values = positives(list); };
  app_->add_option_function<std::string>(name, read, help)->check(fault_of_positives);
}

void Command::flag(const std::string& name, bool& value, const std::string& help) { app_->add_flag(name, value, help); }

void Command::flag_that_prints(const std::string& name, const std::string& text, const std::string& help) {
  const auto print = [text] {
    fmt::print("{}\n", text);
    throw CLI::Success();
  };
  app_->add_flag_callback(name, print, help);
}

Command Command::subcommand(const std::string& name, const std::string& summary) {
  app_->require_subcommand(1);
  return Command(app_->get_subcommand_ptr(app_->add_subcommand(name, summary)));
}

bool Command::chosen() const { return app_->parsed(); }

void Command::allow_others() { app_->allow_extras(); }

std::vector<std::string> Command::others() const { return app_->remaining(); }

std::optional<int> Command::parse(int argc, char** argv) {
  try {
    app_->parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app_->exit(error);
    const std::vector<std::string> arguments(argv, argv + argc);
    return refuse(fault_of(*app_, error, arguments));
  }
}

int Command::refuse(const std::string& message) const {
  fmt::print(stderr, "{}: {}\n", app_->get_name(), message);
  return bad_input;
}

int Command::refuse_argument(const std::string& argument) const { return refuse(unexpected(*app_, argument)); }

}  // namespace command_line
