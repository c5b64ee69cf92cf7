// The processor, from descriptions of several kinds of machines.
#include "machine/processor.hpp"

#include <gtest/gtest.h>

#include <string>

#include "other_machine.hpp"

namespace {

/// A block of /proc/cpuinfo on arm64.
std::string arm_block(int number, const std::string& implementer, const std::string& part, const std::string& variant,
                      const std::string& revision) {
  return "processor\t: " + std::to_string(number) +
         "\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd evtstrm aes atomics\nCPU implementer\t: " + implementer +
         "\nCPU architecture: 8\nCPU variant\t: " + variant + "\nCPU part\t: " + part +
         "\nCPU revision\t: " + revision + "\n\n";
}

class Processor : public OtherMachine {
 protected:
  void cpuinfo(const std::string& text) const { write("proc/cpuinfo", text); }
  [[nodiscard]] std::string model() const { return bench::processor_model(root_); }
  [[nodiscard]] std::string virtualisation() const { return bench::virtualisation(root_); }
};

TEST_F(Processor, OfX86HasAModelAndFlags) {
  cpuinfo(
      "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel\t\t: 85\nmodel name\t: Intel(R) Xeon(R) @ 2.00GHz\n"
      "flags\t\t: sse2 hypervisor avx\n\nprocessor\t: 1\nmodel name\t: Intel(R) Xeon(R) @ 2.00GHz\n");
  EXPECT_EQ(model(), "Intel(R) Xeon(R) @ 2.00GHz");
  EXPECT_EQ(bench::processor_flags(root_), "avx hypervisor sse2");
  EXPECT_EQ(virtualisation(), "hypervisor, maker unknown");
  write("sys/class/dmi/id/sys_vendor", "QEMU\n");
  EXPECT_EQ(virtualisation(), "hypervisor, QEMU");
  cpuinfo("processor\t: 0\nflags\t\t: sse2 avx\n");
  EXPECT_EQ(virtualisation(), "none");
}

TEST_F(Processor, OfGraviton3HasNoFlagOfAHypervisor) {
  cpuinfo(arm_block(0, "0x41", "0xd40", "0x1", "1") + arm_block(1, "0x41", "0xd40", "0x1", "1"));
  write("sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
  EXPECT_EQ(model(), "Arm Neoverse-V1 r1p1");
  EXPECT_EQ(bench::processor_flags(root_), "aes asimd atomics evtstrm fp");
  EXPECT_EQ(virtualisation(), "unknown, maker Amazon EC2") << "bare metal has the same vendor";
}

TEST_F(Processor, OfAmpereAltraIsNamedAsArms) {
  cpuinfo(arm_block(0, "0x41", "0xd0c", "0x3", "1"));
  EXPECT_EQ(model(), "Arm Neoverse-N1 r3p1");
  EXPECT_EQ(virtualisation(), "unknown") << "not \"none\"";
}

TEST_F(Processor, OfARaspberryPiIsNamedWithItsBoard) {
  cpuinfo(arm_block(0, "0x41", "0xd0b", "0x4", "1") +
          "Revision\t: d04170\nSerial\t\t: 0123456789abcdef\nModel\t\t: Raspberry Pi 5 Model B Rev 1.0\n");
  write("proc/device-tree/model", std::string("Raspberry Pi 5 Model B Rev 1.0\0", 31));
  EXPECT_EQ(model(), "Arm Cortex-A76 r4p1 (Raspberry Pi 5 Model B Rev 1.0)");
}

TEST_F(Processor, OfAnotherVendorHasItsNumbersOncePerKind) {
  cpuinfo(arm_block(0, "0x61", "0x022", "0x1", "1") + arm_block(1, "0x61", "0x022", "0x1", "1") +
          arm_block(2, "0x61", "0x023", "0x1", "1"));
  EXPECT_EQ(model(), "implementer 0x61 part 0x022 r1p1, implementer 0x61 part 0x023 r1p1");
  cpuinfo(arm_block(0, "0xc0", "0xd40", "0x0", "0"));
  EXPECT_EQ(model(), "implementer 0xc0 part 0xd40 r0p0") << "part numbers are specific to a vendor";
}

TEST_F(Processor, WithoutADescriptionIsUnknown) {
  for (const char* text :
       {"", "processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc\n", ":\n : \nprocessor\n", "processor\t: 0\n"}) {
    cpuinfo(text);
    EXPECT_EQ(model(), "unknown") << text;
    EXPECT_EQ(bench::processor_flags(root_), "unknown") << text;
    EXPECT_EQ(virtualisation(), "unknown") << text;
  }
  std::filesystem::remove_all(root_);
  EXPECT_EQ(model(), "unknown");
}

}  // namespace
