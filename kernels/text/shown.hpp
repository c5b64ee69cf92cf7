// Text from outside for messages: an argument, a file's content or name, an environment variable. Characters that
// control a terminal or are invisible are escaped; readable text stays unchanged.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace text {

/// A message shows at most this many characters of one external text.
inline constexpr std::size_t most_shown = 60;

/// The limit for names that are useless if cut: of a file with its folders, or of a case.
inline constexpr std::size_t most_of_a_name = 160;

/// The bytes as one line of valid UTF-8. Invalid bytes are escaped as \xNN, control characters as \n, \r, \t or \xNN.
/// Other invisible characters, such as those that change the writing direction, are escaped as \uNNNN or \UNNNNNNNN.
std::string escaped(std::string_view bytes);

/// The same, shortened to `most` characters (at least 10): the first and last characters of a long text with `...`
/// between. No character or escape is cut.
std::string shown(std::string_view bytes, std::size_t most = most_shown);

/// shown(), in quotes; the quotes do not count.
std::string quoted(std::string_view bytes);

/// The name of a file or of a case, shortened to most_of_a_name characters.
std::string shown_name(std::string_view bytes);

}  // namespace text
