// What went wrong in a system call, and what to do about it.
#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace processes {

/// What to do about that errno of that call, where a limit is reached or a call is denied: it names the limit. Empty
/// for every other error.
std::string_view advice(int error, std::string_view call);

/// "what (advice): what errno means", where that errno is of the call; "call (advice): ..." if nothing else is said.
std::system_error system_error(int error, const std::string& what, std::string_view call);
std::system_error system_error(int error, const std::string& call);

/// "what errno means (advice)".
std::string describe(int error, std::string_view call);

/// Throws the system_error of errno.
[[noreturn]] void throw_system_error(const char* call);

}  // namespace processes
