#include "common/image/text_lines.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/printable.hpp"

namespace apq::image {

void for_each_line(std::filesystem::path const& file, std::string_view what,
                   std::function<void(std::size_t number, std::string_view line)> const& use) {
  auto const content = read_file(file);
  std::string_view text = content;
  auto const refuse = [&](char const* reason) {
    throw Error(Errc::data, fmt::format("{}: is not a text file of {}{}", printable(file.string()), what, reason));
  };
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) refuse(" (it is UTF-16; save it as UTF-8)");
  if (text.find('\0') != std::string_view::npos) refuse("");
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (std::size_t start = 0, number = 1; start < text.size(); ++number) {
    auto const end = std::min(text.find_first_of("\r\n", start), text.size());
    auto const line = text.substr(start, end - start);
    use(number, line.substr(0, line.find_last_not_of(" \t") + 1));
    start = end + (text.substr(end).starts_with("\r\n") ? 2 : 1);
  }
}

}  // namespace apq::image
