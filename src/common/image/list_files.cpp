#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/printable.hpp"
#include "common/core/stop_request.hpp"
#include "common/image/encoded_files.hpp"
#include "common/image/listing.hpp"
#include "common/image/text_lines.hpp"

namespace apq::image {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view image_lines = "`path label` a line";

bool is_hidden(fs::path const& path) { return path.filename().string().starts_with('.'); }

void require_directory(fs::path const& root) {
  std::error_code ec;
  if (!fs::is_directory(root, ec)) throw Error(Errc::io, fmt::format("{}: no such directory", root.string()));
}

// What lies in a folder, sorted by name, hidden things left out.
std::vector<fs::path> content(fs::path const& folder) {
  std::error_code ec;
  std::vector<fs::path> found;
  for (fs::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec))
    if (!is_hidden(it->path())) found.push_back(it->path());
  if (ec) throw Error(Errc::io, fmt::format("{}: cannot be read ({})", folder.string(), ec.message()));
  std::sort(found.begin(), found.end());
  return found;
}

void add_file(Listing& listing, ListingHash& hash, fs::path const& root, fs::path const& file, std::int32_t label) {
  throw_if_stopping("data");
  std::error_code ec;
  auto const bytes = fs::file_size(file, ec);
  if (ec) throw Error(Errc::io, fmt::format("{}: is not a readable file ({})", file.string(), ec.message()));
  ImageEntry const entry{static_cast<std::uint32_t>(listing.files.size()), label, 0, bytes};
  hash.add(file.lexically_relative(root).generic_string(), entry);
  listing.files.push_back(file.string());
  listing.entries.push_back(entry);
}

std::map<std::string, std::int32_t> read_classes(fs::path const& file, int num_classes) {
  std::map<std::string, std::int32_t> labels;
  auto const fail = [&](std::size_t line, std::string const& problem) {
    throw Error(Errc::data, fmt::format("{}:{}: {}", printable(file.string()), line, problem));
  };
  std::size_t first_blank = 0;  // blank lines at the end name no class
  for_each_line(file, "a class a line", [&](std::size_t number, std::string_view line) {
    auto const word = line.substr(0, line.find_first_of(" \t,"));
    if (first_blank == 0 && word.empty()) first_blank = number;
    if (word.empty()) return;
    if (first_blank != 0) fail(first_blank, "is empty (line n of a class list names class n - 1)");
    if (!labels.emplace(word, static_cast<std::int32_t>(number - 1)).second) fail(number, printable(word) + " is there twice");
  });
  if (labels.size() > static_cast<std::size_t>(num_classes))
    throw Error(Errc::data, fmt::format("{}: lists {} classes; the space has {}", printable(file.string()), labels.size(), num_classes));
  return labels;
}

std::size_t count_folder(fs::path const& root, std::size_t enough) {
  std::size_t count = 0;
  std::error_code ec;
  for (auto const& folder : content(root))
    if (count < enough && fs::is_directory(folder, ec)) count += content(folder).size();
  return count;
}

// Those that list_file takes for images: all that are not blank.
std::size_t count_lines(fs::path const& list) {
  std::size_t count = 0;
  for_each_line(list, image_lines, [&](std::size_t, std::string_view line) { count += line.empty() ? 0 : 1; });
  return count;
}

}  // namespace

Listing list_folder(fs::path const& given, fs::path const& class_file, int num_classes) {
  require_directory(given);
  auto const root = given.lexically_normal();
  Listing listing{.kind = "folder", .where = root.string(), .files = {}, .entries = {}, .hash = {}};
  std::vector<fs::path> folders;
  std::error_code ec;
  for (auto const& path : content(root))
    if (fs::is_directory(path, ec)) folders.push_back(path);
  if (folders.empty())
    throw Error(Errc::data, fmt::format("{}: holds no class folders; images must lie in one folder per class", root.string()));
  std::map<std::string, std::int32_t> labels;
  if (!class_file.empty()) {
    labels = read_classes(class_file, num_classes);
  } else {
    // Fewer folders than classes would silently shift the labels.
    if (folders.size() != static_cast<std::size_t>(num_classes))
      throw Error(Errc::data, fmt::format("{}: holds {} class folders; the space has {} classes (a part of the classes needs the list "
                                          "of all of them: classes)",
                                          root.string(), folders.size(), num_classes));
    for (auto const& folder : folders) labels.emplace(folder.filename().string(), static_cast<std::int32_t>(labels.size()));
  }
  ListingHash hash;
  for (auto const& folder : folders) {
    auto const label = labels.find(folder.filename().string());
    if (label == labels.end()) throw Error(Errc::data, fmt::format("{}: is no class of {}", folder.string(), class_file.string()));
    for (auto const& file : content(folder)) add_file(listing, hash, root, file, label->second);
  }
  if (listing.entries.empty())
    throw Error(Errc::data, fmt::format("{}: holds no images (its {} class folders are empty)", root.string(), folders.size()));
  listing.hash = hash.hex();
  return listing;
}

Listing list_unlabelled(fs::path const& given) {
  require_directory(given);
  auto const root = given.lexically_normal();
  Listing listing{.kind = "folder", .where = root.string(), .files = {}, .entries = {}, .hash = {}};
  std::vector<fs::path> files;
  std::error_code ec;
  for (fs::recursive_directory_iterator it(root, ec), end; !ec && it != end; it.increment(ec))
    if (!is_hidden(it->path()) && !it->is_directory(ec)) files.push_back(it->path());
  if (ec) throw Error(Errc::io, fmt::format("{}: cannot be read ({})", root.string(), ec.message()));
  std::sort(files.begin(), files.end());
  ListingHash hash;
  for (auto const& file : files) add_file(listing, hash, root, file, 0);
  if (files.empty()) throw Error(Errc::data, fmt::format("{}: holds no images", root.string()));
  listing.hash = hash.hex();
  return listing;
}

Listing list_file(fs::path const& list, fs::path const& given_root, int num_classes) {
  auto const root = (given_root.empty() ? list.parent_path() : given_root).lexically_normal();
  if (!given_root.empty()) require_directory(root);
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
  if (listing.entries.empty()) throw Error(Errc::data, fmt::format("{}: lists no images", list.string()));
  listing.hash = hash.hex();
  return listing;
}

SourceKind folder_kind() {
  return {.name = "folder",
          .usage = "{folder: DIR}",
          .is_raw = false,
          .lies_at =
              [](std::string const& path) {
                std::error_code ec;
                return fs::is_directory(path, ec);
              },
          .configured =
              [](Config& section) {
                return SourceConfig{
                    .paths = {section.path("folder", {"Folder with a folder of images per class"}).string()},
                    .root = {},
                    .classes = section.path_or("classes", "",
                                               {"File whose line n names class n - 1; needed where some classes have no folder", "",
                                                "the folders in sorted order"})};
              },
          .list = [](SourceConfig const& source, bool,
                     ImageShape const& shape) { return list_folder(source.paths.front(), source.classes, shape.num_classes); },
          .count = [](SourceConfig const& source, bool, std::size_t enough) { return count_folder(source.paths.front(), enough); },
          .picture_name = file_name,
          .open = open_encoded_files};
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
