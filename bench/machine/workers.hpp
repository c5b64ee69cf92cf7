// How many workers a family tries, and how many tasks it has for them, on a machine of so many processors that the
// program may use: at least one.
#pragma once

#include <cstdint>
#include <vector>

namespace bench {

/// What stands for several workers: all processors; two where there is one, since one worker is no parallelism.
int several(int processors);

/// Of 1, 2, 3, 4, 6, 8, 12, 16 and so on as far as there are processors; as many as there are and one fewer, for what
/// the last one gains; beyond them 2, 4 and 8 times as many. Ascending; none is more than backends::most_workers.
std::vector<int> scaling_workers(int processors);

/// 2, 4, 8 and so on below several(), and that: from which size on a few workers pay, and when more of them do.
std::vector<int> sweep_workers(int processors);

/// So many tasks of one call that uneven ends weigh little.
inline constexpr std::int64_t tasks_a_worker = 32;

/// Widths, each a task, of families scaling and load: the article's 100, or tasks_a_worker a processor where that is
/// more, so that as many workers as processors take even turns, and 8 times as many all have work.
std::int64_t scaling_tasks(int processors);

/// The same of family sweep: the article's 100, or 4 a processor where that is more, which is even turns and a task for
/// every worker too; tasks_a_worker would take one worker alone minutes for the most samples.
std::int64_t sweep_tasks(int processors);

/// Those between which a processor that something else keeps busy makes a difference: one worker; one fewer than there
/// are processors, as many, and one more. Ascending, each once.
std::vector<int> load_workers(int processors);

}  // namespace bench
