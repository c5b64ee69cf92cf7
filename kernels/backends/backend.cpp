#include "backends/backend.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace backends {

namespace {

void require_bytes(const char* what, std::size_t found, std::size_t expected) {
  if (found == expected) return;
  throw std::invalid_argument(fmt::format("{} of {} bytes: this loop needs {}", what, found, expected));
}

}  // namespace

void check_workers(std::int64_t workers) {
  if (workers < 1 || workers > most_workers) {
    throw std::invalid_argument(fmt::format("{} workers cannot be started: choose 1 to {}", workers, most_workers));
  }
}

void Backend::start(const loops::Loop& loop, int workers) {
  if (call_) throw std::logic_error("the backend is started already: stop it first");
  check_workers(workers);
  loops::check(loop);
  call_ = std::make_unique<Call>(loop, workers);
  workers_ = workers;
  try {
    call_->make_data(own_tasks());
    begin();
  } catch (...) {
    call_.reset();
    throw;
  }
}

void Backend::run(std::span<const std::byte> parameters, std::span<std::byte> answer) {
  if (!call_) throw std::logic_error("the backend is not started: call start() first");
  require_bytes("parameters", parameters.size(), call_->loop().parameter_bytes);
  require_bytes("an answer", answer.size(), loops::answer_bytes(call_->loop()));
  call_->begin(parameters, answer);
  schedule(*call_);
  call_->finish();
}

std::vector<std::byte> Backend::run(std::span<const std::byte> parameters) {
  if (!call_) throw std::logic_error("the backend is not started: call start() first");
  std::vector<std::byte> answer(loops::answer_bytes(call_->loop()));
  run(parameters, answer);
  return answer;
}

void Backend::overwrite_results() {
  if (!call_) return;
  call_->overwrite_results();
  overwrite_own_results();
}

void Backend::stop() {
  if (!call_) return;
  end();
  call_.reset();
}

}  // namespace backends
