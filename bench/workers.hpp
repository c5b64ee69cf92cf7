// How many workers a family tries, on a machine of so many processors that the program may use: at least one.
#pragma once

#include <vector>

namespace bench {

/// What stands for several workers: all processors; two where there is one, since one worker is no parallelism.
int several(int processors);

/// Of 1, 2, 3, 4, 6, 8, 12, 16 and so on as far as there are processors; as many as there are and one fewer, for what
/// the last one gains; beyond them 2, 4 and 8 times as many. Ascending; none is more than backends::most_workers.
std::vector<int> scaling_workers(int processors);

/// Those between which a processor that something else keeps busy makes a difference: one worker; one fewer than there
/// are processors, as many, and one more. Ascending, each once.
std::vector<int> load_workers(int processors);

}  // namespace bench
