// Every family of cases. Adding one: a file here that defines its function, a declaration, a line in all_cases().
#pragma once

#include <vector>

#include "case.hpp"

namespace bench {

/// The article's benchmark: its samples, query and widths, by_width over the literal kernel, at n = 10,000 and at
/// n = 1,000,000, where serial takes about as long as the whole dispatch did in the article; workers 1, 2, 3, 4, 6;
/// cold, and warm where that differs.
std::vector<Case> article_cases();

/// The counts of the article's twelve widths (0.1 to 1.2), by the literal kernel.
parzen::Counts article_table_counts();

inline std::vector<Case> all_cases() { return article_cases(); }

}  // namespace bench
