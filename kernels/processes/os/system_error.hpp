// Errors of system calls, with advice.
#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace processes {

/// What to do about that errno of that call if a limit is reached or a call is denied; names the limit. Empty for all
/// other errors.
std::string_view advice(int error, std::string_view call);

/// "what (advice): meaning of errno", for an errno of `call`; "call (advice): ..." without `what`.
std::system_error system_error(int error, const std::string& what, std::string_view call);
std::system_error system_error(int error, const std::string& call);

/// "meaning of errno (advice)".
std::string describe(int error, std::string_view call);

/// Throws the system_error of the current errno.
[[noreturn]] void throw_system_error(const char* call);

}  // namespace processes
