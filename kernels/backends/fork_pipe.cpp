#include <algorithm>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/backend.hpp"
#include "processes/pool/errors.hpp"
#include "processes/process.hpp"
#include "processes/queue.hpp"
#include "processes/transport/wire.hpp"

namespace backends {

namespace {

/// The message of a child: the index of a block, and its results or the message of an exception. Answers may arrive in
/// any order.
struct Answer {
  std::size_t block = 0;
  bool thrown = false;
  std::string_view bytes;
};

std::string encoded(const Answer& answer) {
  std::string message;
  processes::Encoder encoder(message);
  encoder.put(answer.block);
  encoder.put(answer.thrown);
  encoder.put(answer.bytes);
  return message;
}

Answer decoded(const std::string& message) {
  processes::Decoder decoder(message);
  const auto block = decoder.get<std::size_t>();
  const bool thrown = decoder.get<bool>();
  return {block, thrown, decoder.get<std::string_view>()};
}

/// Runs a block in a child.
std::string execute(Call& call, std::size_t block) {
  try {
    const auto results = call.results(block);
    call.loop().run(call.input(), call.blocks().tasks(block), results.data());
    return encoded({block, false, {reinterpret_cast<const char*>(results.data()), results.size()}});
  } catch (const std::exception& error) {
    return encoded({block, true, error.what()});
  }
}

/// The article's first example: each call forks one child per worker, and results return through a queue.
class ForkPipe : public Backend {
  void schedule(Call& call) override {
    const auto children = std::min(static_cast<std::size_t>(workers()), call.size());
    processes::Queue<std::string> answers;
    std::vector<processes::Process> processes;
    for (std::size_t child = 0; child < children; ++child) {
      processes
          .emplace_back([&call, &answers, child, children] {
            for (std::size_t block = child; block < call.size(); block += children) answers.put(execute(call, block));
            return 0;
          })
          .start();
    }
    answers.close_writer();
    std::vector<bool> answered(call.size(), false);
    while (const auto message = answers.get()) {
      const Answer answer = decoded(*message);
      if (answer.thrown) {
        call.fail(std::make_exception_ptr(processes::TaskError(answer.block, "exception", std::string(answer.bytes))));
      } else {
        std::ranges::copy(std::as_bytes(std::span(answer.bytes)), call.results(answer.block).begin());
      }
      answered[answer.block] = true;
    }
    processes::ExitStatus failure;
    for (auto& process : processes) {
      if (const auto status = process.join(); !status.ok()) failure = status;
    }
    const auto first = std::ranges::find(answered, false);
    if (first != answered.end()) {
      throw processes::WorkerLost(static_cast<std::size_t>(first - answered.begin()), failure);
    }
  }
};

const Registration fork_pipe_registration({
    .name = "fork_pipe",
    .summary = "one child process a worker for one call, results back through a pipe",
    .mechanism = Mechanism::processes,
    .make = [] { return std::make_unique<ForkPipe>(); },
});

}  // namespace

}  // namespace backends
