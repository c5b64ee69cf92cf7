// The main function that all programs of this project share.
#pragma once

#include <functional>
#include <string>

namespace host {

/// Runs the body and returns its exit status. An exception that leaves the body or a thread is reported on standard
/// error in one line, `name: message`, with status 1. So is standard output that cannot be written. For std::bad_alloc
/// the line names the limits that may be the cause. First it resets what the program may have inherited from its
/// parent:
///
///   SIGCHLD ignored       children would vanish with their exit statuses and CPU times: set to the default
///   signals blocked       Ctrl-C would do nothing: signals of terminals, shells and the system are unblocked. Others,
///                         such as SIGALRM, stay blocked: a pending one would end the program
///   streams closed        the next files would get their numbers and the printed text: see descriptors.hpp
///
/// Ignored signals other than SIGCHLD stay ignored: nohup and shells rely on that. SIGXFSZ (a file has reached ulimit
/// -f) ends the program with a message and status 1.
int run_program(const std::string& name, const std::function<int()>& body);

}  // namespace host
