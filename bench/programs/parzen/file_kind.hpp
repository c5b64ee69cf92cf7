// Files that are not text, or not lines of values: what they are, by their first bytes.
#pragma once

#include <optional>
#include <string_view>

namespace tool {

/// What a file is, as the end of a sentence, and the command that prints it as lines of values; without such a command,
/// what else to do.
struct FileKind {
  std::string_view name;
  std::string_view command;
  std::string_view advice;
};

/// The kind of a file that begins with these bytes, of which there are 512 unless the file is shorter; nothing if it
/// may be lines of values.
std::optional<FileKind> file_kind(std::string_view beginning);

}  // namespace tool
