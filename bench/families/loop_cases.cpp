#include "families/loop_cases.hpp"

#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include "backends/backend.hpp"

namespace bench {

namespace {

std::vector<std::byte> by_serial(const loops::Work& work) {
  const auto serial = backends::find("serial").make();
  serial->start(work.loop, 1);
  std::vector<std::byte> once = serial->run(work.parameters);
  const std::vector<std::byte> again = serial->run(work.parameters);
  if (const std::string wrong = loops::difference(work.loop, once, again); !wrong.empty()) {
    throw std::runtime_error("two serial calls of the loop give different answers: " + wrong);
  }
  return once;
}

/// The data that the cases of a loop and size share.
LoopCall call_of(loops::Work work) {
  std::vector<std::byte> expected = work.reference ? work.reference() : by_serial(work);
  const std::string digest = work.loop.exact ? "answer_digest" : "";
  const std::map<std::string, double> counters{{"tasks", static_cast<double>(work.loop.tasks)},
                                               {"result_bytes", static_cast<double>(work.loop.result_bytes)}};
  return {.loop = std::move(work.loop),
          .parameters = std::move(work.parameters),
          .expected = std::move(expected),
          .digest = digest,
          .counters = counters};
}

}  // namespace

CaseSettings loop_settings(const std::string& work, std::function<loops::Work()> make) {
  return {.family = "loops", .group = "loops/" + work, .work = work, .call = [make = std::move(make)] {
            return held([&make] { return call_of(make()); });
          }};
}

}  // namespace bench
