#include "families/count.hpp"

#include <fmt/format.h>

#include <memory>
#include <span>
#include <utility>

#include "cases/verify.hpp"

namespace bench {

LoopCall count_call(const CountData& data, const parzen::Kernel& kernel, parzen::Decomposition decomposition) {
  const parzen::CountLoop loop(data.problem, kernel, decomposition, data.widths.size());
  const auto expected = std::as_bytes(std::span(data.expected));
  return {.loop = loop.loop(),
          .parameters = loop.parameters(data.widths),
          .expected = {expected.begin(), expected.end()},
          .difference =
              [widths = data.widths](std::span<const std::byte> wanted, std::span<const std::byte> found) {
                const parzen::Counts right = parzen::counts_in(wanted);
                return mismatch(std::span(widths).first(right.size()), right, parzen::counts_in(found)).value_or("");
              },
          .digest = "counts_digest"};
}

CaseSettings count_case(const CountSettings& s) {
  return {.family = s.family,
          .group = fmt::format("{}/n:{}/d:{}/m:{}", s.family, s.n, s.d, s.m),
          .work = fmt::format("kernel:{}/decomposition:{}/n:{}/d:{}/m:{}", s.kernel->name,
                              parzen::name(s.decomposition), s.n, s.d, s.m),
          .call = [shared = std::make_shared<const CountSettings>(
                       s)] { return count_call(held(shared->data), *shared->kernel, shared->decomposition); },
          .n = s.n,
          .d = s.d};
}

}  // namespace bench
