#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/printable.hpp"
#include "common/image/encoded_files.hpp"
#include "common/image/listing.hpp"
#include "common/image/text_lines.hpp"

namespace apq::image {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view image_lines = "`path label` a line";

// Those that list_file takes for images: all that are not blank.
std::size_t count_lines(fs::path const& list) {
  std::size_t count = 0;
  for_each_line(list, image_lines, [&](std::size_t, std::string_view line) { count += line.empty() ? 0 : 1; });
  return count;
}

}  // namespace

Listing list_file(fs::path const& list, fs::path const& given_root, int num_classes) {
  auto const root = (given_root.empty() ? list.parent_path() : given_root).lexically_normal();
  std::error_code missing;
  if (!given_root.empty() && !fs::is_directory(root, missing))
    throw Error(Errc::io, fmt::format("{}: no such directory", printable(root.string())));
  Listing listing{.kind = "list", .where = list.string(), .files = {}, .entries = {}, .hash = {}};
  ListingHash hash;
  for_each_line(list, image_lines, [&](std::size_t number, std::string_view line) {
    if (line.empty()) return;
    auto const where = fmt::format("{}:{}", printable(list.string()), number);
    auto const blank = line.find_last_of(" \t");
    auto const name_end = blank == std::string_view::npos ? blank : line.find_last_not_of(" \t", blank);
    if (name_end == std::string_view::npos) throw Error(Errc::data, fmt::format("{}: must be `path label`", where));
    auto const label = parse_label(line.substr(blank + 1), num_classes, where);
    auto const name = std::string(line.substr(0, name_end + 1));
    auto const path = root / name;  // an absolute name stays as it is
    std::error_code ec;
    auto const bytes = fs::file_size(path, ec);
    if (ec)
      throw Error(Errc::io, fmt::format("{}: {}: {}; names are taken from {} (root)", where, printable(path.string()), ec.message(),
                                        root.empty() ? "." : printable(root.string())));
    ImageEntry const entry{static_cast<std::uint32_t>(listing.files.size()), label, 0, bytes};
    hash.add(name, entry);
    listing.files.push_back(path.string());
    listing.entries.push_back(entry);
  });
  if (listing.entries.empty()) throw Error(Errc::data, fmt::format("{}: lists no images", printable(list.string())));
  listing.hash = hash.hex();
  return listing;
}

SourceKind list_kind() {
  return {.name = "list",
          .usage = "{list: FILE, root: DIR}",
          .is_raw = false,
          .lies_at =
              [](std::string const& path) {
                std::error_code ec;
                return fs::exists(path, ec) && !fs::is_directory(path, ec);
              },
          .configured =
              [](Config& section) {
                return SourceConfig{
                    .paths = {section.path("list", {"Text file of `path label` a line"}).string()},
                    .root = section.path_or("root", "", {"Folder that the list's paths are relative to", "", "the list's own"}),
                    .classes = {}};
              },
          .list = [](SourceConfig const& source, bool,
                     ImageShape const& shape) { return list_file(source.paths.front(), source.root, shape.num_classes); },
          .count = [](SourceConfig const& source, bool, std::size_t) { return count_lines(source.paths.front()); },
          .picture_name = file_name,
          .open = open_encoded_files};
}

}  // namespace apq::image
