#include "processes/pool/batch.hpp"

#include <stdexcept>
#include <utility>

namespace processes {

void Batch::succeed(std::size_t index, Decoder& result) noexcept {
  try {
    store(index, result);
    --open_;
  } catch (...) {
    fail(index, std::current_exception());
  }
}

void Batch::fail(std::size_t index, std::exception_ptr error) {
  errors_.emplace(index, std::move(error));
  --open_;
}

void Batch::check() const {
  if (!resolved()) throw std::logic_error("a result was taken before it was there");
  if (!errors_.empty()) std::rethrow_exception(errors_.begin()->second);
}

}  // namespace processes
