#include "families/count.hpp"

#include <fmt/format.h>

#include <memory>
#include <span>
#include <utility>

#include "cases/verify.hpp"

namespace bench {

namespace {

LoopCall call_of(const parzen::CountLoop& loop, const std::vector<double>& widths, const parzen::Counts& counts) {
  const auto expected = std::as_bytes(std::span(counts));
  return {.loop = loop.loop(),
          .parameters = loop.parameters(widths),
          .expected = {expected.begin(), expected.end()},
          .difference =
              [widths](std::span<const std::byte> wanted, std::span<const std::byte> found) {
                const parzen::Counts right = parzen::counts_in(wanted);
                return mismatch(std::span(widths).first(right.size()), right, parzen::counts_in(found)).value_or("");
              },
          .digest = "counts_digest"};
}

}  // namespace

LoopCall count_call(const CountData& data, const parzen::Kernel& kernel, parzen::Decomposition decomposition) {
  return call_of({data.problem, kernel, decomposition, data.widths.size()}, data.widths, data.expected);
}

LoopCall count_call(const CountParts& parts, const parzen::Kernel& kernel) {
  return call_of({parts.samples, parts.query, kernel, parts.widths.size()}, parts.widths, parts.expected);
}

bool in_parts(const CountSettings& settings) { return together() != nullptr && settings.parts; }

CaseSettings count_case(const CountSettings& s) {
  return {.family = s.family,
          .group = fmt::format("{}/n:{}/d:{}/m:{}", s.family, s.n, s.d, s.m),
          .work = fmt::format("kernel:{}/decomposition:{}/n:{}/d:{}/m:{}", s.kernel->name,
                              parzen::name(s.decomposition), s.n, s.d, s.m),
          .call =
              [shared = std::make_shared<const CountSettings>(s)] {
                if (in_parts(*shared)) return count_call(held(shared->parts), *shared->kernel);
                return count_call(held(shared->data), *shared->kernel, shared->decomposition);
              },
          .n = s.n,
          .d = s.d};
}

}  // namespace bench
