#include "backends/backend.hpp"

namespace backends {

namespace {

class Serial : public Backend {
  void schedule(Call& call) override {
    for (std::size_t block = 0; block < call.size(); ++block) call.execute(block);
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
