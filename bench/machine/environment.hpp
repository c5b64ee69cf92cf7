// Which environment variables change what is measured, and how they are recorded.
#pragma once

#include <string>

namespace bench {

/// The variables in effect that change times, as `NAME=value` pairs in the order of their names, separated by `; `, or
/// "none". `variables` is laid out as environ is.
///
/// Of a value with a slash, which may be a path of this machine, only that it is set is recorded. Bytes other than
/// printable ASCII, backslashes and semicolons are written as `\xNN`, and long values are cut: the text is always valid
/// UTF-8, one line, and can be split again.
std::string describe_environment(const char* const* variables);

}  // namespace bench
