// Decodes the parts of a message that are encoded with cereal, without copying the message.
#pragma once

#include <cereal/archives/binary.hpp>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace processes {

/// Reads what cereal::BinaryOutputArchive wrote. Unlike cereal's own BinaryInputArchive, it checks sizes: there a
/// damaged size makes a container allocate all memory before the end of the data is noticed. Throws cereal::Exception.
class MessageArchive : public cereal::InputArchive<MessageArchive, cereal::AllowEmptyClassElision> {
 public:
  explicit MessageArchive(std::string_view bytes) : InputArchive(this), rest_(bytes) {}

  void take(void* to, std::size_t size) {
    if (size > rest_.size()) throw cereal::Exception("a message ends inside a value: it is damaged");
    if (size > 0) std::memcpy(to, rest_.data(), size);
    rest_.remove_prefix(size);
  }

  /// Checks the element count of a container. Each element takes at least a byte, unless its class is empty.
  void expect(std::uint64_t elements) const {
    constexpr std::uint64_t most_empty = 65536;
    if (elements > rest_.size() && elements > most_empty) {
      throw cereal::Exception(
          "a container in a message claims more elements than the message has bytes: it is damaged");
    }
  }

 private:
  std::string_view rest_;
};

// cereal finds these by argument-dependent lookup. Its own counterparts are in cereal/archives/binary.hpp.

template <class T>
  requires std::is_arithmetic_v<T>
void CEREAL_LOAD_FUNCTION_NAME(MessageArchive& archive, T& value) {
  archive.take(&value, sizeof value);
}

/// Any byte except 0 is true: a bool with another value than 0 and 1 would be undefined behaviour.
inline void CEREAL_LOAD_FUNCTION_NAME(MessageArchive& archive, bool& value) {
  unsigned char byte = 0;
  archive.take(&byte, sizeof byte);
  value = byte != 0;
}

template <class T>
void CEREAL_LOAD_FUNCTION_NAME(MessageArchive& archive, cereal::NameValuePair<T>& pair) {
  archive(pair.value);
}

template <class T>
void CEREAL_LOAD_FUNCTION_NAME(MessageArchive& archive, cereal::SizeTag<T>& tag) {
  archive(tag.size);
  archive.expect(tag.size);
}

template <class T>
void CEREAL_LOAD_FUNCTION_NAME(MessageArchive& archive, cereal::BinaryData<T>& data) {
  archive.take(data.data, static_cast<std::size_t>(data.size));
}

}  // namespace processes

template <>
struct cereal::traits::detail::get_output_from_input<processes::MessageArchive> {
  using type = cereal::BinaryOutputArchive;
};
CEREAL_REGISTER_ARCHIVE(processes::MessageArchive)
