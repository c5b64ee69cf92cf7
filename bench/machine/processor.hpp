// The processor's model and flags, and whether it is virtual, on x86-64 and arm64. The two have different formats in
// /proc/cpuinfo.
#pragma once

#include <filesystem>
#include <string>

namespace bench {

// `root` is the folder of proc/ and sys/.

/// "AMD EPYC 7763 64-Core Processor". On arm64 the kernel gives only numbers: "Arm Neoverse-V1 r1p1", or for an unknown
/// one "implementer 0x61 part 0x022 r1p0". Each kind of core is listed once. The board follows in brackets if the
/// firmware names it: "Arm Cortex-A76 r4p1 (Raspberry Pi 5 Model B Rev 1.0)".
std::string processor_model(const std::filesystem::path& root = "/");

/// Sorted, and separated by single blanks.
std::string processor_flags(const std::filesystem::path& root = "/");

/// "hypervisor" with the vendor from the firmware, or "none". Only x86-64 has a flag for it; elsewhere "unknown" with
/// the vendor.
std::string virtualisation(const std::filesystem::path& root = "/");

}  // namespace bench
