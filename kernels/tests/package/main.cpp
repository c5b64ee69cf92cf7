// A program of another project: it uses every public header, and only the library of this project.
#include <processes/fork_server.hpp>
#include <processes/pool.hpp>
#include <processes/process.hpp>
#include <processes/queue.hpp>
#include <processes/shared_memory.hpp>

#include <iostream>
#include <string>
#include <vector>

namespace {

long cube(long x) { return x * x * x; }

}  // namespace

int main() {
  const processes::ForkServer fork_server;
  processes::ProcessPool pool(2);
  for (const long each : pool.map(cube, {1, 2, 3, 4})) std::cout << each << ' ';

  const processes::SharedMemory memory(1);
  processes::Queue<std::string> queue;
  processes::Process child([&] {
    memory.data()[0] = std::byte{7};
    queue.put("from a child");
    return 0;
  });
  child.start();
  std::cout << queue.get().value() << ' ';
  child.join();
  std::cout << std::to_integer<int>(memory.data()[0]) << '\n';
}
