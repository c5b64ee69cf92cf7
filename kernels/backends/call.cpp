#include "backends/call.hpp"

#include <algorithm>
#include <utility>

namespace backends {

Call::Call(loops::Loop loop, int workers)
    : loop_(std::move(loop)),
      blocks_(loop_, workers),
      prepared_(loop_.prepared_bytes),
      unmerged_(loop_.merge != nullptr ? blocks_.result_bytes() : 0) {}

void Call::make_data(loops::Range tasks) {
  if (loop_.make == nullptr || tasks.size() == 0) return;
  loop_.data = loop_.make(tasks);
  first_task_ = tasks.begin;
}

void Call::execute(std::size_t block) noexcept {
  try {
    loop_.run(input_, blocks_.tasks(block), results(block).data());
  } catch (...) {
    fail(std::current_exception());
  }
}

void Call::fail(std::exception_ptr error) noexcept {
  const std::scoped_lock lock(mutex_);
  if (!error_) error_ = std::move(error);
}

std::exception_ptr Call::error() {
  const std::scoped_lock lock(mutex_);
  return error_;
}

std::span<std::byte> Call::results(std::size_t block) {
  return results_.subspan(blocks_.offset(block), blocks_.offset(block + 1) - blocks_.offset(block));
}

void Call::begin(std::span<const std::byte> parameters, std::span<std::byte> answer) {
  answer_ = answer;
  results_ = loop_.merge != nullptr ? std::span(unmerged_) : answer;
  error_ = nullptr;
  if (loop_.prepare != nullptr) loop_.prepare(parameters, prepared_);
  input_ = {parameters.data(), prepared_.data(), loop_.data.bytes(), loop_.result_bytes, first_task_};
}

void Call::finish() {
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  if (loop_.merge == nullptr) return;
  std::ranges::copy(results(0), answer_.begin());
  for (std::size_t block = 1; block < blocks_.size(); ++block) loop_.merge(answer_, results(block));
}

void Call::overwrite_results() { std::ranges::fill(unmerged_, overwritten); }

}  // namespace backends
