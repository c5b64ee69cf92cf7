// Recognises, by their first bytes, files that are not text or not lines of values.
#pragma once

#include <optional>
#include <string_view>

namespace tool {

/// The name of a file's format, as the end of a sentence, and a command that prints it as lines of values. Without such
/// a command, other advice.
struct FileKind {
  std::string_view name;
  std::string_view command;
  std::string_view advice;
};

/// The format of a file with these first bytes, of which there are 512 unless the file is shorter. Nothing if it may be
/// lines of values.
std::optional<FileKind> file_kind(std::string_view beginning);

}  // namespace tool
