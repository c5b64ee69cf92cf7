#include "processes/os/memory/shared_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "host/huge_pages.hpp"
#include "processes/os/signal_block.hpp"

namespace processes {

namespace {

/// Throws std::system_error if there is no address space.
std::byte* map(void* place, std::size_t size, int protection, int flags, int file) {
  void* const address = ::mmap(place, size, protection, flags, file, 0);
  if (address == MAP_FAILED) throw_system_error("mmap");
  return static_cast<std::byte*>(address);
}

/// Aligned for huge pages if the mapping is large enough and there is address space, in each process that maps it.
std::byte* map(const Descriptor& file, std::size_t size, int protection, int flags = MAP_SHARED) {
  std::byte* const room = size < host::huge_page_size() ? nullptr : host::reserve(size, host::huge_page_size());
  if (room == nullptr) return map(nullptr, size, protection, flags, file.get());
  try {
    return map(room, size, protection, flags | MAP_FIXED, file.get());
  } catch (...) {
    ::munmap(room, size);
    throw;
  }
}

/// An anonymous file of that size; empty, with the reason, if it cannot be made.
Descriptor make_file(std::size_t size, SharedMemory::NoFile& reason) {
  Descriptor file = above_standard(Descriptor(::memfd_create("processes", MFD_CLOEXEC | MFD_ALLOW_SEALING)));
  if (!file) {
    reason = {"memfd_create", errno};
    return {};
  }
  SignalBlock block(SIGXFSZ);
  if (::ftruncate(file.get(), static_cast<off_t>(size)) < 0) {
    reason = {"ftruncate", errno};
    if (errno == EFBIG) block.note_raised();
    return {};
  }
  return file;
}

}  // namespace

SharedMemory::Mapping::Mapping(std::byte* mapped, std::size_t bytes, Others may, const NoFile& why_no_file)
    : address(mapped), size(bytes), others(may), no_file(why_no_file) {}

SharedMemory::Mapping::~Mapping() {
  // In a forked process, memory of its own may be there by now.
  if (left_out_of_forks && !left_out_of_forks->here()) return;
  ::munmap(address, size);
}

SharedMemory::SharedMemory(std::size_t size, Others others, std::size_t file_size) {
  if (size == 0) throw std::invalid_argument("shared memory of 0 bytes cannot be made: ask for at least 1");
  NoFile reason;
  file_ = std::make_shared<const Descriptor>(make_file(file_size, reason));
  const int flags = *file_ ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS;
  std::byte* address = map(*file_, size, PROT_READ | PROT_WRITE, flags);
  mapping_ = std::make_shared<const Mapping>(address, size, others, reason);
  if (!*file_) return;
  // After the mapping: this process must be able to write.
  const int read_only = others == Others::read ? F_SEAL_FUTURE_WRITE : 0;
  if (::fcntl(file_->get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | read_only) < 0) {
    throw_system_error("fcntl(F_ADD_SEALS)");
  }
}

const Descriptor& SharedMemory::file() const {
  static const Descriptor none;
  if (!mapping_) return none;
  if (const auto& [call, error] = mapping_->no_file; error != 0) throw system_error(error, call);
  return file_ ? *file_ : none;
}

void SharedMemory::leave_out_of_core_dumps() const noexcept {
  if (mapping_) ::madvise(mapping_->address, mapping_->size, MADV_DONTDUMP);
}

void SharedMemory::leave_out_of_forks() const noexcept {
  if (mapping_ && ::madvise(mapping_->address, mapping_->size, MADV_DONTFORK) == 0) {
    mapping_->left_out_of_forks.emplace();
  }
}

SharedMemory SharedMemory::attach(const Descriptor& file, std::size_t size, Others others) {
  SharedMemory memory;
  std::byte* address = map(file, size, others == Others::read ? PROT_READ : PROT_READ | PROT_WRITE);
  memory.mapping_ = std::make_shared<const Mapping>(address, size, others, NoFile());
  return memory;
}

}  // namespace processes
