// How tasks overwrite the memory that their worker shares with the program and with other workers.
#pragma once

#include <cstddef>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "processes/transport/channel.hpp"

namespace faults {

/// Fills the mappings that the worker shares with the program with that byte; only those up to that size.
inline void overwrite(int byte, std::size_t largest) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("memfd:processes") == std::string::npos || line.find("rw-s") == std::string::npos) continue;
    const auto begin = std::stoul(line, nullptr, 16);
    const auto size = std::stoul(line.substr(line.find('-') + 1), nullptr, 16) - begin;
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    if (size <= largest) std::memset(reinterpret_cast<void*>(begin), byte, size);
  }
}

/// Fills a part of the control page with that byte.
inline void overwrite_control(int byte, std::size_t offset, std::size_t size) {
  const auto file_of = [](const std::string& line) {
    std::string range;
    std::string rights;
    std::string begin;
    std::string device;
    std::string file;
    std::istringstream(line) >> range >> rights >> begin >> device >> file;
    return file;
  };
  std::vector<std::string> lines;
  std::string board;  // whose description is read-only for a worker
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("memfd:processes") == std::string::npos) continue;
    if (line.find("r--s") != std::string::npos) board = file_of(line);
    if (line.find("rw-s 00000000") != std::string::npos) lines.push_back(line);
  }
  for (const std::string& line : lines) {
    const auto begin = std::stoul(line, nullptr, 16);
    const auto end = std::stoul(line.substr(line.find('-') + 1), nullptr, 16);
    if (file_of(line) == board || end - begin <= sizeof(processes::WorkerControl)) continue;
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    std::memset(reinterpret_cast<void*>(begin + offset), byte, size);
  }
}

/// Overwrites only what all workers share: who sleeps, and who claims which chunk of a call.
inline constexpr std::size_t most_of_the_board = 100'000;

}  // namespace faults
