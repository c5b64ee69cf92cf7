// How every program of this project begins and ends.
#pragma once

#include <functional>
#include <string>

namespace host {

/// Runs the body, whose result is the exit status. An exception that leaves it, or leaves a thread, is one line on
/// standard error, `name: message`, and status 1; so is standard output that cannot be written. std::bad_alloc names
/// the limits that may be behind it. First of all it sets right what a program may have inherited from the one that
/// started it:
///
///   SIGCHLD ignored       children would vanish with their exit statuses and CPU times: default again
///   signals blocked       Ctrl-C would do nothing: those that terminals, shells and the system send are let through.
///                         Not SIGALRM and the rest: one that waits to be let through would end the program
///   streams closed        the next files would take their numbers, and get what is printed: see descriptors.hpp
///
/// Ignored signals other than SIGCHLD stay ignored: so nohup and shells start what is not to end. SIGXFSZ, which says
/// that a file has reached ulimit -f, ends the program with a line that says so, and status 1.
int run_program(const std::string& name, const std::function<int()>& body);

}  // namespace host
