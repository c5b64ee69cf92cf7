// Text from outside, as a message may show it: an argument, a file's content, a file's name, a variable of the
// environment. What a terminal would obey or hide is escaped; text that people can read stays as it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace text {

/// A message shows at most so many characters of one text from outside.
inline constexpr std::size_t most_shown = 60;

/// And so many of a name that is of use only as a whole: that of a file with its folders, or of a case.
inline constexpr std::size_t most_of_a_name = 160;

/// The bytes as one line of valid UTF-8: each byte that is not UTF-8 is escaped as \xNN, and so is each control
/// character, or as \n, \r, \t; any other character that leaves no mark of its own, such as one that changes the
/// direction of writing, as \uNNNN or \UNNNNNNNN.
std::string escaped(std::string_view bytes);

/// The same, and of a long text its first and last characters with `...` between: at most `most` characters, at least
/// 10, none of which is cut in the middle.
std::string shown(std::string_view bytes, std::size_t most = most_shown);

/// What is shown, in quotes that do not count.
std::string quoted(std::string_view bytes);

/// The name of a file or of a case: up to most_of_a_name characters.
std::string shown_name(std::string_view bytes);

}  // namespace text
