// The numbers of workers and tasks of a family, on a machine with this number of usable CPUs (at least one).
#pragma once

#include <cstdint>
#include <vector>

namespace bench {

/// The number for "several workers": all CPUs, but at least two, since one worker is not parallel.
int several(int processors);

/// 1, 2, 3, 4, 6, 8, 12, 16, ... up to the number of CPUs; that number, and one less for the gain of the last CPU; and
/// oversubscribed, 2, 4 and 8 times the CPUs. Ascending, at most backends::most_workers.
std::vector<int> scaling_workers(int processors);

/// 2, 4, 8, ... below several(), then several(): shows from which size on few workers pay, and when more do.
std::vector<int> sweep_workers(int processors);

/// Tasks per worker in one call: enough that uneven ends matter little.
inline constexpr std::int64_t tasks_a_worker = 32;

/// The number of widths, each a task, in families scaling and load: the article's 100, or tasks_a_worker per CPU if
/// that is more. So one worker per CPU gets an even share, and 8 per CPU all have work.
std::int64_t scaling_tasks(int processors);

/// The same for family sweep: the article's 100, or 4 per CPU if that is more, which also gives even shares. With
/// tasks_a_worker, serial would take minutes for the most samples.
std::int64_t sweep_tasks(int processors);

/// The numbers of workers for which a busy CPU matters: one; one less than the CPUs, as many, and one more. Ascending,
/// without duplicates.
std::vector<int> load_workers(int processors);

}  // namespace bench
