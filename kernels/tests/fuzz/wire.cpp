// Input: how many values to decode (1 byte), the type of each (1 byte), and the message.
#include "processes/transport/wire.hpp"

#include <array>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

#include "targets.hpp"

namespace fuzz {

namespace {

using processes::Decoder;
using processes::Encoder;

struct Named {
  std::string name;
  std::vector<double> values;
  std::map<std::int32_t, std::vector<std::string>> table;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(name, values, table);
  }
};

template <class T>
std::string encoded(const T& value) {
  std::string bytes;
  Encoder(bytes).put(value);
  return bytes;
}

/// A decoded value is like any other: it can be encoded, and decodes to the same value.
template <class T>
void take_value(Decoder& decoder) {
  const T value = decoder.get<T>();
  const std::string once = encoded(value);
  require(encoded(Decoder(once).get<T>()) == once, "a decoded value must be encodable");
}

template <class T>
void take_view(Decoder& decoder) {
  const auto view = decoder.get<T>();
  using Element = typename T::value_type;
  require(view.empty() || reinterpret_cast<std::uintptr_t>(view.data()) % alignof(Element) == 0,
          "views must be aligned");
  touch({reinterpret_cast<const char*>(view.data()), view.size() * sizeof(Element)});
}

constexpr std::array take_by_type{
    &take_value<char>,
    &take_value<bool>,
    &take_value<std::uint64_t>,
    &take_value<std::array<std::int32_t, 3>>,
    &take_value<std::string>,
    &take_value<std::vector<double>>,
    &take_value<std::vector<std::uint16_t>>,
    &take_value<std::vector<bool>>,
    &take_value<std::vector<std::string>>,
    &take_value<std::vector<std::vector<std::int32_t>>>,
    &take_value<std::map<std::string, std::vector<std::int32_t>>>,
    &take_value<std::optional<std::string>>,
    &take_value<std::pair<bool, std::string>>,
    &take_value<std::tuple<std::int32_t, double, std::vector<std::optional<std::string>>>>,
    &take_value<Named>,
    &take_view<std::string_view>,
    &take_view<std::span<const double>>,
    &take_view<std::span<const std::uint16_t>>,
    +[](Decoder& decoder) { decoder = decoder.nested(); },
};

}  // namespace

void read_wire(std::string_view input) {
  const std::size_t values = take<std::uint8_t>(input);
  const std::string_view types = input.substr(0, values);
  input.remove_prefix(types.size());
  const std::vector<char> message(input.begin(), input.end());  // with its exact size, and aligned
  Decoder decoder({message.data(), message.size()});
  try {
    for (const char type : types) take_by_type[static_cast<unsigned char>(type) % take_by_type.size()](decoder);
  } catch (const std::runtime_error&) {
    // The only allowed error for bytes that are not such a value.
  }
}

}  // namespace fuzz
