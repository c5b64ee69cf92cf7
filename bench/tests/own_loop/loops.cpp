// Valid and invalid loops of users: the environment variable OWN_LOOP selects those that this program registers.
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "loops/registry.hpp"

namespace {

constexpr std::int64_t bad_task = 17;

std::int64_t square(std::int64_t task) { return task * task; }

std::int64_t sum(loops::Range tasks) {
  std::int64_t all = 0;
  for (std::int64_t task = tasks.begin; task < tasks.end; ++task) all += task;
  return all;
}

double fraction(loops::Range tasks) { return 1.0 / static_cast<double>(tasks.end); }

std::int64_t crash(std::int64_t task) {
  if (task == bad_task) ::raise(SIGSEGV);
  return task;
}

std::int64_t crash_in_range(loops::Range tasks) {
  if (tasks.begin <= bad_task && bad_task < tasks.end) std::abort();
  return 0;
}

std::int64_t end(std::int64_t task) {
  if (task == bad_task) std::exit(0);
  return task;
}

std::int64_t fail(std::int64_t task) {
  if (task >= bad_task) throw std::runtime_error(fmt::format("no luck\nwith {}", task));
  return task;
}

std::int64_t fail_oddly(std::int64_t task) {
  if (task == bad_task) throw 4;
  return task;
}

std::int64_t hang(std::int64_t task) {
  while (task == bad_task) ::pause();
  return task;
}

std::int64_t come_back_twice(std::int64_t task) {
  if (task == bad_task) ::fork();
  return task;
}

std::int64_t count_calls(std::int64_t task) {
  static std::int64_t calls = 0;
  return task == bad_task ? ++calls : task;
}

double count_blocks(loops::Range /*tasks*/) {
  static double calls = 0.5;
  return ++calls;
}

std::int64_t print(std::int64_t task) {
  std::cout << "task " << task << '\n' << std::flush;
  return task;
}

template <auto function>
loops::Work map_of(std::int64_t size) {
  return {loops::map<function>({.tasks = size})};
}

template <auto function>
loops::Work reduce_of(std::int64_t size) {
  return {loops::reduce<function, std::plus<>>({.tasks = size})};
}

loops::Work with_reference(std::int64_t size, std::int64_t error) {
  loops::Work work = map_of<square>(size);
  work.reference = [size, error] {
    std::vector<std::byte> answer;
    for (std::int64_t task = 0; task < size; ++task) {
      const auto result = loops::bytes_of(task * task + (task == bad_task ? error : 0));
      answer.insert(answer.end(), result.begin(), result.end());
    }
    return answer;
  };
  return work;
}

using Make = loops::Work (*)(std::int64_t size);

const std::map<std::string, Make>& makes() {
  static const std::map<std::string, Make> all{
      {"square", map_of<square>},
      {"sum", reduce_of<sum>},
      {"fraction", reduce_of<fraction>},
      {"crash", map_of<crash>},
      {"crash_in_range", reduce_of<crash_in_range>},
      {"end", map_of<end>},
      {"fail", map_of<fail>},
      {"fail_oddly", map_of<fail_oddly>},
      {"hang", map_of<hang>},
      {"come_back_twice", map_of<come_back_twice>},
      {"too_many_results", [](std::int64_t /*size*/) { return map_of<square>(std::int64_t{1} << 50U); }},
      {"count_calls", map_of<count_calls>},
      {"count_blocks", reduce_of<count_blocks>},
      {"print", map_of<print>},
      {"no_tasks", [](std::int64_t /*size*/) { return map_of<square>(0); }},
      {"fewer_than_no_tasks", [](std::int64_t size) { return map_of<square>(-size); }},
      {"make_fails", [](std::int64_t size) -> loops::Work { throw std::runtime_error(fmt::format("not {}", size)); }},
      {"make_crashes", [](std::int64_t /*size*/) -> loops::Work { std::abort(); }},
      {"reference", [](std::int64_t size) { return with_reference(size, 0); }},
      {"wrong_reference", [](std::int64_t size) { return with_reference(size, 1); }},
      {"no_make", nullptr},
  };
  return all;
}

std::string chosen() {
  const char* const name = std::getenv("OWN_LOOP");
  return name == nullptr ? "" : name;
}

/// Loops that make() does not know, none, or two.
std::optional<loops::Registration> registered(const std::string& name) {
  if (name == "bad name") return loops::Registration({.name = "a/b", .sizes = {1}, .make = map_of<square>});
  if (name == "no sizes") return loops::Registration({.name = "mine", .make = map_of<square>});
  if (name == "bad sizes") return loops::Registration({.name = "mine", .sizes = {5, 0}, .make = map_of<square>});
  if (name == "two") loops::Registration({.name = "other", .sizes = {1}, .make = map_of<square>});
  if (name == "two") return loops::Registration({.name = "mine", .sizes = {1}, .make = map_of<square>});
  const auto found = makes().find(name);
  if (found == makes().end()) return std::nullopt;
  return loops::Registration({.name = "mine", .summary = "for tests", .sizes = {20, 10, 20}, .make = found->second});
}

const std::optional<loops::Registration> registration = registered(chosen());

}  // namespace
