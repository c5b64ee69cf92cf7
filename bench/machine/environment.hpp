// Records the environment variables that change what is measured.
#pragma once

#include <string>

namespace bench {

/// Returns the set variables that change times, as `NAME=value`, sorted by name and separated by `; `, or "none".
/// `variables` has the layout of environ.
///
/// A value with a slash may be a path of this machine: it is recorded as "is set". Bytes other than printable ASCII,
/// backslashes and semicolons become `\xNN`, and long values are truncated. So the text is valid UTF-8, one line, and
/// can be split again.
std::string describe_environment(const char* const* variables);

}  // namespace bench
