// Input: workers (1 byte), tasks (1 byte), tasks a chunk (1 byte), how it ends (1 byte); then steps until the input
// ends: action (1 byte), worker (1 byte), position (2 bytes), number (8 bytes; for a frame, its bytes follow).
//
// Workers run a call on the board while a pool reads it. Some write wrong values to their memory and to the board, or
// die. Whatever they do, each task of the pool's calls gets one outcome. If all workers are correct, it is the right
// outcome of a task that was started at most once.
#include <algorithm>
#include <array>
#include <csignal>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "host/huge_pages.hpp"
#include "hostile_workers.hpp"
#include "processes/pool/dispatcher.hpp"
#include "targets.hpp"

namespace fuzz {

using processes::CallBoard;
using processes::CallShape;
using processes::CallWord;
using processes::Frame;
using processes::WorkerControl;

namespace {

/// How often correct workers started each task of a batch.
constexpr std::size_t most_tasks = 64;

struct Argument {
  std::uint32_t batch;
  std::uint32_t task;
};

using Starts = std::array<std::array<int, most_tasks>, 4>;

Starts& starts() {
  static Starts here;
  return here;
}

int right(std::size_t task) { return 7 * static_cast<int>(task) + 1; }

void run(void (* /*function*/)(), const std::byte* argument, std::byte* result, void (* /*check*/)()) {
  Argument taken{};
  std::memcpy(&taken, argument, sizeof taken);
  ++starts().at(taken.batch).at(taken.task);
  const int given = right(taken.task);
  std::memcpy(result, &given, sizeof given);
}

class CountedBatch : public processes::Batch {
 public:
  CountedBatch(std::uint32_t number, std::size_t tasks)
      : Batch([](processes::ErasedFunction, processes::Decoder&, processes::Answer&) {}, nullptr, tasks),
        number_(number) {}

  void encode(std::size_t index, processes::Encoder& arguments) const override { arguments.put(argument(index)); }
  [[nodiscard]] CallShape shape() const override { return {run, nullptr, tasks(), 1, sizeof(Argument), sizeof(int)}; }
  void place(std::byte* arguments) const override {
    for (std::size_t task = 0; task < tasks(); ++task) {
      const Argument put = argument(task);
      std::memcpy(arguments + task * sizeof put, &put, sizeof put);
    }
  }

  void check_outcomes(bool all_as_they_should) const {
    require(resolved(), "every task must be resolved");
    for (std::size_t task = 0; task < tasks(); ++task) {
      require(taken_.at(task) + (error(task) ? 1 : 0) == 1, "each task must be resolved once");
      if (!all_as_they_should) continue;
      const int started = starts().at(number_).at(task);
      require(started <= 1, "a task must be started at most once");
      require(taken_.at(task) == 0 || (started == 1 && values_.at(task) == right(task)),
              "a result must be its own task's");
    }
  }

 private:
  [[nodiscard]] Argument argument(std::size_t task) const { return {number_, static_cast<std::uint32_t>(task)}; }
  void store(std::size_t index, processes::Decoder& result) override {
    values_.at(index) = result.get<int>();  // throws if there is none
    ++taken_.at(index);
  }

  std::uint32_t number_;
  std::array<int, most_tasks> taken_{};
  std::array<int, most_tasks> values_{};
};

/// The words of the board that all processes write, in the layout of transport/call_board.cpp.
class BoardWords {
 public:
  explicit BoardWords(const CallBoard& board)
      : first_(board.memory().data()),
        // The program's part is page-aligned, and its arguments are in the first cache lines after it.
        size_(static_cast<std::size_t>(board.arguments().data() - first_) / host::page_size() * host::page_size()) {}

  void write(std::size_t position, std::uint64_t value) const {
    std::memcpy(first_ + position % (size_ / sizeof value) * sizeof value, &value, sizeof value);
  }
  [[nodiscard]] std::uint64_t read(std::size_t position) const {
    std::uint64_t value = 0;
    std::memcpy(&value, first_ + position * sizeof value, sizeof value);
    return value;
  }

  static constexpr std::size_t line = processes::cache_line / sizeof(std::uint64_t);
  static constexpr std::size_t next = 2 * line;
  static constexpr std::size_t ended = 3 * line;
  static constexpr std::size_t claims = 4 * line;

 private:
  std::byte* first_;
  std::size_t size_;
};

struct Step {
  enum class Kind : std::uint8_t {
    go_on,
    throw_it,
    word,
    call_word,
    note,
    board_word,
    claim,
    turn,
    die,
    frame,
    submit
  };

  Kind kind;
  std::uint8_t worker;
  std::uint16_t place;
  std::uint64_t value;
};

class Play {
 public:
  Play(int workers, std::size_t tasks, std::size_t chunk) : chunk_(chunk) {
    starts() = {};
    all_.living.clear();
    all_.events.clear();
    all_.killed = 0;
    all_.may_begin = workers + 3;
    pool_.emplace(workers, processes::PoolOptions{});
    submit(tasks);
    const BoardWords words(*all_.board);
    require(words.read(BoardWords::claims) == CallWord(1, 0).value() && words.read(BoardWords::claims - 1) == 0 &&
                words.read(BoardWords::ended) == CallWord(1, 0).value(),
            "the board must have the layout that this test expects");
  }

  void take(const Step& step, std::string_view& input) {
    if (step.kind == Step::Kind::turn) {
      turn();
      return;
    }
    if (step.kind == Step::Kind::submit) {
      submit(1 + step.value % most_tasks);
      return;
    }
    HostileWorker* const worker = all_.find(step.worker);
    if (worker == nullptr) return;
    switch (step.kind) {
      case Step::Kind::go_on:
        for (auto times = step.value % 64; times > 0; --times) go_on(*worker);
        break;
      case Step::Kind::throw_it:
        throw_it(*worker);
        break;
      case Step::Kind::die:
        all_.end(worker->id, {processes::ExitStatus::Kind::signalled, SIGKILL});
        break;
      default:
        honest_ = false;
        harm(*worker, step, input);
    }
  }

  /// The workers die, or the pool ends before them.
  void end(bool workers_first) {
    while (workers_first && !all_.living.empty()) {
      all_.end(all_.living.front().id, {processes::ExitStatus::Kind::signalled, SIGKILL});
      turn();
    }
    require(!honest_ || all_.killed == 0, "no correct worker may be killed");
    pool_.reset();
    for (const auto& batch : batches_) batch->check_outcomes(honest_);
  }

 private:
  void submit(std::size_t tasks) {
    if (batches_.size() == starts().size()) return;
    batches_.push_back(std::make_shared<CountedBatch>(static_cast<std::uint32_t>(batches_.size()), tasks));
    pool_->submit(batches_.back(), chunk_);
  }

  void turn() {
    const auto open = std::ranges::find_if(batches_, [](const auto& batch) { return !batch->resolved(); });
    if (open != batches_.end()) static_cast<void>(pool_->resolved(**open));
  }

  /// The next step of a correct worker.
  static void go_on(HostileWorker& worker) {
    if (!worker.chunk) {
      if (worker.control.is_known.load() == 0) return;
      worker.chunk = worker.taker.take();
      if (!worker.chunk) {
        static_cast<void>(worker.taker.count());
        return;
      }
      worker.task = worker.chunk->begin;
      const CallShape& shape = worker.chunk->shape;
      require(shape.run == run && shape.tasks <= most_tasks && worker.chunk->end <= shape.tasks,
              "what only the program writes must be unchanged");
    } else if (worker.task >= worker.chunk->end) {  // immediately, if the board was overwritten
      worker.chunk.reset();
    } else if (!worker.in_task) {
      worker.in_task = true;
      worker.taker.start(worker.task);
      worker.chunk->shape.run(worker.chunk->shape.function, worker.taker.argument(*worker.chunk, worker.task),
                              worker.taker.result(*worker.chunk, worker.task), [] {});
    } else {
      worker.in_task = false;
      worker.taker.end(worker.task++);
    }
  }

  static void throw_it(const HostileWorker& worker) {
    if (!worker.in_task) return;
    std::string message;
    processes::Encoder encoder(message);
    encoder.put(std::string("type"));
    encoder.put(std::string("message"));
    encoder.put(CallWord(worker.chunk->call, worker.task).value());
    worker.respond(Frame::Kind::call_exception, message);
  }

  /// Actions that no correct worker does.
  void harm(const HostileWorker& worker, const Step& step, std::string_view& input) const {
    const std::uint64_t call = all_.board->call() == 0 ? batches_.size() : all_.board->call();
    const BoardWords board(*all_.board);
    switch (step.kind) {
      case Step::Kind::word:
        std::memcpy(word_of(worker, step.place), &step.value, sizeof step.value);
        break;
      case Step::Kind::call_word: {
        const CallWord word(call - step.value / CallWord::most % 2, step.value % CallWord::most);
        std::memcpy(word_of(worker, step.place), &word, sizeof word);
        break;
      }
      case Step::Kind::note:
        worker.results.chunks.at(step.place % CallBoard::most_chunks).store(static_cast<std::uint16_t>(step.value));
        break;
      case Step::Kind::board_word:
        board.write(step.place, step.value);
        break;
      case Step::Kind::claim:
        board.write(BoardWords::claims + step.place % (most_tasks + 1), CallWord(call, step.value % 4).value());
        break;
      case Step::Kind::frame: {
        const std::string_view bytes = input.substr(0, step.value % 256);
        input.remove_prefix(bytes.size());
        worker.respond(static_cast<Frame::Kind>(step.place % 8), bytes);
        break;
      }
      default:
        break;
    }
  }

  /// A word that the program reads, or that only the program should write.
  static void* word_of(const HostileWorker& worker, std::size_t place) {
    WorkerControl& control = worker.control;
    const std::array<void*, 15> words{&control.call.taken,     &control.call.started,  &control.call.ended,
                                      &control.call.processor, &control.tasks_started, &control.started_at,
                                      &control.start,          &control.worker_sleeps, &control.responses.tail,
                                      &control.responses.head, &control.requests.head, &control.requests.tail,
                                      &control.may_spin,       &control.is_known,      &control.halt};
    return words.at(place % words.size());
  }

  HostileWorkers& all_ = hostile_workers();
  std::size_t chunk_;
  bool honest_ = true;
  std::vector<std::shared_ptr<CountedBatch>> batches_;
  std::optional<processes::Dispatcher> pool_;
};

}  // namespace

void read_board(std::string_view input) {
  const int workers = 1 + take<std::uint8_t>(input) % 3;
  const std::size_t tasks = 1 + take<std::uint8_t>(input) % most_tasks;
  const std::size_t chunk = 1 + take<std::uint8_t>(input) % 8U;
  const bool workers_first = take<std::uint8_t>(input) % 2 == 0;
  Play play(workers, tasks, chunk);
  while (!input.empty()) {
    Step step{};
    step.kind = static_cast<Step::Kind>(take<std::uint8_t>(input) % 11U);
    step.worker = take<std::uint8_t>(input);
    step.place = take<std::uint16_t>(input);
    step.value = take<std::uint64_t>(input);
    play.take(step, input);
  }
  play.end(workers_first);
}

}  // namespace fuzz
