// Further output of the article, next to its benchmark.
#pragma once

#include "parzen/problem.hpp"

namespace bench {

/// The counts of the article's twelve widths (0.1 to 1.2), by the literal kernel.
parzen::Counts article_table_counts();

}  // namespace bench
