#include "common/image/listing.hpp"

#include <charconv>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/printable.hpp"

namespace apq::image {

std::int32_t parse_label(std::string_view text, int num_classes, std::string const& where) {
  std::int32_t label = -1;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), label);
  if (error != std::errc() || end != text.data() + text.size())
    throw Error(Errc::data,
                fmt::format("{}: label {} is not a whole number", where, text.empty() ? "(nothing)" : printable(text.substr(0, 40))));
  if (label < 0 || label >= num_classes)
    throw Error(Errc::data,
                fmt::format("{}: label {} is outside 0..{} (the space has {} classes)", where, label, num_classes - 1, num_classes));
  return label;
}

void ListingHash::add(std::string_view name, ImageEntry const& entry) {
  hash_.add(name).add(std::string_view("\0", 1)).add(fmt::format("{} {}\n", entry.bytes, entry.label));
}

}  // namespace apq::image
