// parzen: the article as a tool. Exit status: 0 success, 1 failure, 2 bad input.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "backends/backend.hpp"
#include "command_line/command.hpp"
#include "host/processors.hpp"
#include "host/program.hpp"
#include "parzen/counting/kernel.hpp"
#include "parzen/counting/loop.hpp"
#include "parzen/density.hpp"
#include "parzen/random/counter.hpp"
#include "parzen/random/legacy.hpp"
#include "programs/parzen/numbers.hpp"
#include "programs/parzen/sample_file.hpp"
#include "programs/parzen/samples.hpp"
#include "text/shown.hpp"

namespace {

struct EstimateArguments {
  std::string samples;
  std::optional<std::int64_t> n;
  std::int64_t seed = 123;
  std::string query;
  std::string widths;
  std::string normaliser = "volume";
  std::string backend = "serial";
  std::string kernel = "branchless";
  std::string decomposition = "by_width";
  std::optional<std::int64_t> workers;
};

struct GenerateArguments {
  std::string generator = "legacy";
  std::int64_t seed = 123;
  std::int64_t n = 10'000;
  std::int64_t d = 2;
};

std::string source_name(const std::string& file) { return file == "-" ? "standard input" : text::shown_name(file); }

/// What read() returns; an error of the system gets the file's name.
template <class Read>
auto reading(const std::string& file, const Read& read) {
  try {
    return read();
  } catch (const std::system_error& error) {
    const std::string name = source_name(file);
    if (error.code() == std::errc::is_a_directory) {
      throw std::invalid_argument(fmt::format("{}: this is a folder: name a file of samples", name));
    }
    if (error.code() == std::errc::bad_file_descriptor) {
      throw std::invalid_argument(fmt::format(
          "{}: it is closed, or not open for reading: redirect a file to it, or name one by --samples", name));
    }
    throw std::runtime_error(
        fmt::format("{}: reading failed ({}): check the file and its device", name, error.code().message()));
  }
}

parzen::Samples load(const std::string& file) {
  tool::ReadSamples found = reading(file, [&] {
    if (file == "-") return tool::read_samples(stdin, "standard input");
    return tool::read_samples(tool::open_samples(file).get(), file);
  });
  if (!found.warning.empty()) fmt::print(stderr, "parzen: warning: {}\n", found.warning);
  return std::move(found.samples);
}

parzen::Decomposition decomposition(const std::string& name) {
  using parzen::Decomposition;
  for (const auto choice : {Decomposition::by_width, Decomposition::by_sample}) {
    if (parzen::name(choice) == name) return choice;
  }
  throw std::invalid_argument(
      fmt::format("unknown decomposition {}: choose one of by_width, by_sample", text::quoted(name)));
}

void require_dimensions(const EstimateArguments& arguments, std::int64_t samples, std::int64_t query) {
  if (samples == query) return;
  throw std::invalid_argument(fmt::format(
      "{}: the samples have {} dimension(s), and --query has {} coordinate(s): give one coordinate per dimension",
      source_name(arguments.samples), samples, query));
}

/// The loop, and how many samples it counts.
struct Counted {
  parzen::CountLoop loop;
  std::int64_t n = 0;
  std::int64_t d = 0;
};

/// By_sample, a process makes the generated samples of its own blocks only, and a rank of mpirun reads only these.
Counted counted(const EstimateArguments& arguments, parzen::Query query, std::size_t widths,
                const backends::Description& backend) {
  const parzen::Kernel& kernel = parzen::kernel(arguments.kernel);
  const parzen::Decomposition cut = decomposition(arguments.decomposition);
  const bool in_parts = cut == parzen::Decomposition::by_sample;
  const std::string& file = arguments.samples;
  const auto of_parts = [&](const parzen::SampleParts& parts) {
    require_dimensions(arguments, parts.d, query.size());
    return Counted{parzen::CountLoop(parts, query, kernel, widths), parts.n, parts.d};
  };
  const auto of_all = [&](parzen::Samples samples) {
    require_dimensions(arguments, samples.cols(), query.size());
    const parzen::Problem problem{std::move(samples), std::move(query)};
    return Counted{parzen::CountLoop(problem, kernel, cut, widths), problem.samples.rows(), problem.samples.cols()};
  };
  if (arguments.n) {
    const auto seed = static_cast<std::uint64_t>(arguments.seed);
    const std::int64_t d = query.size();
    if (!in_parts) return of_all(parzen::counter_samples(seed, *arguments.n, d));
    return of_parts({*arguments.n, d, [seed, d](parzen::Range part) { return parzen::counter_part(seed, part, d); }});
  }
  if (!in_parts || backend.launch != backends::Launch::mpirun) return of_all(load(file));
  const auto [rank, ranks] = backend.ranks();
  const auto shared = reading(file, [&, rank = rank, ranks = ranks] {
    return std::make_shared<const tool::SampleFile>(file, tool::Readers{rank, ranks, backend.sum});
  });
  if (rank == 0 && !shared->warning().empty()) fmt::print(stderr, "parzen: warning: {}\n", shared->warning());
  return of_parts({shared->n(), shared->d(),
                   [file, shared](parzen::Range part) { return reading(file, [&] { return shared->read(part); }); }});
}

void require_one_source(const EstimateArguments& arguments, bool under_mpirun) {
  if (arguments.n.has_value() == !arguments.samples.empty()) {
    throw std::invalid_argument(
        arguments.n ? "--samples and --n are both given: name a file of samples, or have samples generated"
                    : "--samples is missing or empty: name a file of samples, or - for standard input, or have samples "
                      "generated by --n");
  }
  if (arguments.seed < 0) {
    throw std::invalid_argument(fmt::format("--seed is {}: choose 0 or more", arguments.seed));
  }
  if (under_mpirun && arguments.samples == "-") {
    throw std::invalid_argument(
        "--samples is -, and mpirun gives standard input to one rank only: name a file that every rank can read");
  }
}

std::string estimate(const EstimateArguments& arguments) {
  const std::vector<double> widths = tool::parse_widths(arguments.widths);
  parzen::check_widths(widths);
  const parzen::Normaliser normaliser = parzen::normaliser(arguments.normaliser);
  if (arguments.workers) backends::check_workers(*arguments.workers);
  const backends::Description& description = backends::find(arguments.backend);
  const bool under_mpirun = description.launch == backends::Launch::mpirun;
  require_one_source(arguments, under_mpirun);
  const backends::Ranks ranks = description.ranks();
  const int workers_here = under_mpirun && !description.threads_in_ranks ? 1 : host::usable_processors();
  const auto workers = static_cast<int>(arguments.workers.value_or(ranks.size * workers_here));
  const auto backend = description.make();
  const auto [loop, n, d] = counted(arguments, tool::parse_query(arguments.query), widths.size(), description);

  description.check(workers);
  backend->start(loop.loop(), workers);
  const parzen::Counts counts = parzen::counts_in(backend->run(loop.parameters(widths)));
  backend->stop();
  if (ranks.rank != 0) return {};  // one rank prints what all have

  std::string text = "h,count,density\n";
  for (std::size_t j = 0; j < widths.size(); ++j) {
    const double density = parzen::density(counts[j], n, d, widths[j], normaliser);
    // 15 digits print a decimal number as it was typed. The density has 12 digits, as in the article, next to its
    // count.
    text += fmt::format("{:.15g},{},{:.12g}\n", widths[j], counts[j], density);
  }
  return text;
}

struct Generator {
  std::string_view name;
  std::string_view summary;
  std::int64_t largest_seed;
  parzen::Samples (*draw)(std::int64_t seed, std::int64_t n, std::int64_t d);
};

constexpr std::array<Generator, 2> generators{{
    {"legacy", "the same numbers as NumPy's RandomState", std::numeric_limits<std::uint32_t>::max(),
     [](std::int64_t seed, std::int64_t n, std::int64_t d) {
       return parzen::legacy_samples(static_cast<std::uint32_t>(seed), n, d);
     }},
    {"counter", "each depends only on its position, so a larger n or d only adds samples or dimensions",
     std::numeric_limits<std::int64_t>::max(),
     [](std::int64_t seed, std::int64_t n, std::int64_t d) {
       return parzen::counter_samples(static_cast<std::uint64_t>(seed), n, d);
     }},
}};

const Generator& generator(const std::string& name) {
  const auto* const found = std::ranges::find(generators, name, &Generator::name);
  if (found != generators.end()) return *found;
  std::vector<std::string_view> names;
  for (const Generator& each : generators) names.push_back(each.name);
  throw std::invalid_argument(
      fmt::format("unknown generator {}: choose one of {}", text::quoted(name), fmt::join(names, ", ")));
}

std::string list_generators() {
  std::vector<std::string> lines;
  for (const Generator& each : generators) {
    lines.push_back(fmt::format("{}: {}; seeds 0 to {}", each.name, each.summary, each.largest_seed));
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

std::string generate(const GenerateArguments& arguments) {
  const Generator& chosen = generator(arguments.generator);
  if (arguments.seed < 0 || arguments.seed > chosen.largest_seed) {
    throw std::invalid_argument(fmt::format("--seed is {}: choose from 0 to {} for generator {}", arguments.seed,
                                            chosen.largest_seed, chosen.name));
  }
  return tool::format_samples(chosen.draw(arguments.seed, arguments.n, arguments.d));
}

std::string list_kernels() {
  std::vector<std::string> lines;
  for (const parzen::Kernel& each : parzen::kernels()) lines.push_back(fmt::format("{}: {}", each.name, each.summary));
  return fmt::format("{}", fmt::join(lines, "\n"));
}

std::string list_backends() {
  std::string text;
  for (const backends::Description& backend : backends::registry()) {
    text += fmt::format("{:<14}built     {}\n", backend.name, backend.summary);
  }
  for (const backends::LeftOut& missing : backends::left_out()) {
    text += fmt::format("{:<14}not built {}\n", missing.name, missing.reason);
  }
  return text;
}

constexpr const char* samples_help =
    "one sample per line, one finite number per dimension, all separated by commas, semicolons, tabs or blanks; "
    "a header of names and lines that start with # are skipped; - is standard input";

int run(int argc, char** argv) {
  command_line::Command command(
      "parzen", "Parzen-window density estimates: counts the samples in a window around a point, for many widths.");

  EstimateArguments e;
  auto estimate_command = command.subcommand("estimate", "print h,count,density as CSV, one line per width");
  estimate_command.option("--samples", e.samples, samples_help);
  estimate_command.option("--n", e.n, "instead: count so many samples of the generator counter");
  estimate_command.option("--seed", e.seed, "with --n: the generator's seed");
  estimate_command.required("--query", e.query, "the point: its coordinates, separated by commas, such as 0,0");
  estimate_command.required("--widths", e.widths, "first:last:step with both ends, or values separated by commas");
  estimate_command.option("--normaliser", e.normaliser, "volume (h^d) or as_published (h)");
  estimate_command.option("--backend", e.backend, "see `parzen backends`");
  estimate_command.option("--kernel", e.kernel, list_kernels());
  estimate_command.option("--decomposition", e.decomposition, "by_width or by_sample");
  estimate_command.option(
      "--workers", e.workers,
      "1 to 4096; default: the number of usable CPUs; of ranks for mpi; for mpi_tbb, of usable CPUs in each rank");

  GenerateArguments g;
  auto generate_command = command.subcommand("generate", "print standard normal samples as CSV");
  generate_command.option("--generator", g.generator, list_generators());
  generate_command.option("--seed", g.seed, "one of the generator's seeds");
  generate_command.option("--n", g.n, "samples");
  generate_command.option("--d", g.d, "dimensions");

  const auto backends_command = command.subcommand("backends", "list the backends: built, or not built and why");

  if (const auto status = command.parse(argc, argv)) return *status;
  try {
    std::string text;
    if (estimate_command.chosen()) text = estimate(e);
    if (generate_command.chosen()) text = generate(g);
    if (backends_command.chosen()) text = list_backends();
    std::cout << text;
  } catch (const std::invalid_argument& error) {
    return command.refuse(text::escaped(error.what()));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return host::run_program("parzen", [&] { return run(argc, argv); });
}
