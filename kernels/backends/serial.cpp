#include "backends/backend.hpp"

namespace backends {

namespace {

class Serial : public Backend {
  void schedule(Work& work) override {
    for (std::size_t task = 0; task < work.size(); ++task) work.execute(task);
  }
};

const Registration serial_registration({
    .name = "serial",
    .summary = "one task after another, in the calling thread",
    .mechanism = Mechanism::neither,
    .make = [] { return std::make_unique<Serial>(); },
});

}  // namespace

}  // namespace backends
