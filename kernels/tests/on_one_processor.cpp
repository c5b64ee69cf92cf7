// Runs a program on one CPU: the first that this process may use, which need not be CPU 0.
//
//   on_one_processor PROGRAM [ARGUMENT...]
#include <sched.h>
#include <unistd.h>

#include <cstdio>

int main(int argc, char** argv) {
  cpu_set_t allowed;
  if (argc < 2 || sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
    std::fputs("usage: on_one_processor PROGRAM [ARGUMENT...]\n", stderr);
    return 2;
  }
  int first = 0;
  while (!CPU_ISSET(first, &allowed)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  if (sched_setaffinity(0, sizeof one, &one) == 0) execv(argv[1], argv + 1);
  std::perror(argv[1]);
  return 1;
}
