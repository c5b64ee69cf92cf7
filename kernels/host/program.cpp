#include "host/program.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string_view>

#include "host/descriptors.hpp"
#include "text/shown.hpp"

namespace host {

namespace {

std::string& name_of_program() {
  static std::string name;
  return name;
}

void say(const char* message, const char* advice) {
  std::fprintf(stderr, "%s: %s%s\n", name_of_program().c_str(), text::escaped(message).c_str(), advice);
}

void say_current_exception(const char* advice) {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    say("there is not enough memory: raise ulimit -v and ulimit -d if they are set, or use fewer samples or workers",
        "");
  } catch (const std::exception& error) {
    say(error.what(), advice);
  } catch (...) {
    say("an exception of an unknown type", advice);
  }
}

/// The terminate handler: for exceptions that leave a thread or a noexcept function.
[[noreturn]] void end_in_one_line() {
  if (std::current_exception()) {
    say_current_exception(
        " (in a thread: if no further thread could be created, raise ulimit -u, -v and -d, or use fewer workers)");
  } else {
    say("ended by std::terminate", "");
  }
  ::_exit(EXIT_FAILURE);
}

void end_for_size_of_file(int /*signal*/) {
  constexpr std::string_view message = ": a file has reached the file size limit: raise ulimit -f\n";
  for (const std::string_view part : {std::string_view(name_of_program()), message}) {
    if (::write(STDERR_FILENO, part.data(), part.size()) < 0) break;
  }
  ::_exit(EXIT_FAILURE);
}

void set_right_what_was_inherited() {
  fill_standard_streams("");
  std::signal(SIGCHLD, SIG_DFL);
  std::signal(SIGXFSZ, end_for_size_of_file);
  sigset_t let_through;
  sigemptyset(&let_through);
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGTSTP, SIGCHLD, SIGXFSZ}) {
    sigaddset(&let_through, number);
  }
  sigprocmask(SIG_UNBLOCK, &let_through, nullptr);
}

/// Buffered output may fail to be written only now: report that.
void finish_standard_output() {
  errno = 0;
  const bool written = std::cout.flush().good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (written) return;
  throw std::runtime_error(std::string("standard output could not be written and is incomplete") +
                           (errno == 0 ? "" : std::string(": ") + std::strerror(errno)));
}

}  // namespace

int run_program(const std::string& name, const std::function<int()>& body) {
  name_of_program() = name;
  std::set_terminate(end_in_one_line);
  set_right_what_was_inherited();
  try {
    const int status = body();
    if (status == EXIT_SUCCESS) finish_standard_output();
    return status;
  } catch (...) {
    say_current_exception("");
    return EXIT_FAILURE;
  }
}

}  // namespace host
