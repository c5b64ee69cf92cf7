// The processor's model and what it offers, and whether it is a guest's: of x86-64 and arm64, which describe themselves
// in /proc/cpuinfo each in its own way.
#pragma once

#include <filesystem>
#include <string>

namespace bench {

// `root` is the folder in which proc/ and sys/ lie.

/// "AMD EPYC 7763 64-Core Processor"; on arm64, where the kernel gives numbers alone, "Arm Neoverse-V1 r1p1" or, of a
/// processor whose name is not known here, "implementer 0x61 part 0x022 r1p0", each kind that there is once, and the
/// board in brackets where firmware names it: "Arm Cortex-A76 r4p1 (Raspberry Pi 5 Model B Rev 1.0)".
std::string processor_model(const std::filesystem::path& root = "/");

/// Sorted, with single blanks between them.
std::string processor_flags(const std::filesystem::path& root = "/");

/// "hypervisor" and the maker that the firmware names, or "none". Only x86-64 has a flag for it; elsewhere it is
/// "unknown", with the maker.
std::string virtualisation(const std::filesystem::path& root = "/");

}  // namespace bench
