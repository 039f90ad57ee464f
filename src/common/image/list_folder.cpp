#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"
#include "common/core/log_once.hpp"
#include "common/core/printable.hpp"
#include "common/core/stop_request.hpp"
#include "common/image/encoded_files.hpp"
#include "common/image/listing.hpp"
#include "common/image/picture_files.hpp"
#include "common/image/text_lines.hpp"

namespace apq::image {
namespace fs = std::filesystem;
namespace {

fs::path required_directory(fs::path const& given) {
  std::error_code ec;
  if (!fs::is_directory(given, ec)) throw Error(Errc::io, fmt::format("{}: no such directory", printable(given.string())));
  return given.lexically_normal();
}

void add_file(Listing& listing, ListingHash& hash, fs::path const& root, fs::path const& file, std::int32_t label) {
  throw_if_stopping("data");
  std::error_code ec;
  auto const bytes = fs::file_size(file, ec);
  if (ec) throw Error(Errc::io, fmt::format("{}: is not a readable file ({})", printable(file.string()), ec.message()));
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

std::vector<fs::path> class_folders(fs::path const& root) {
  std::vector<fs::path> folders;
  std::error_code ec;
  for (auto const& entry : visible_entries(root))
    if (entry.is_directory(ec)) folders.push_back(entry.path());
  return folders;
}

std::size_t count_folder(fs::path const& root, std::size_t enough) {
  std::size_t count = 0;
  for (auto const& folder : class_folders(root))
    if (count < enough) count += pictures_below(folder).pictures.size();
  return count;
}

// The first of some paths, as people see them below `root`.
std::string some_of(std::vector<fs::path> const& paths, fs::path const& root) {
  constexpr std::size_t most = 3;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(paths.size(), most); ++i) names.push_back(printable(paths[i].lexically_relative(root).string()));
  return fmt::format("{}{}", fmt::join(names, ", "), paths.size() > most ? ", ..." : "");
}

// Fewer folders than classes, or more, would silently shift the labels.
[[noreturn]] void refuse_count(fs::path const& root, std::vector<fs::path> const& folders, int num_classes) {
  std::vector<fs::path> empty;
  for (auto const& folder : folders)
    if (pictures_below(folder).pictures.empty()) empty.push_back(folder);
  throw Error(Errc::data, fmt::format("{}: holds {} class folders{}; the space has {} classes (a part of the classes needs the list of all "
                                      "of them: classes)",
                                      printable(root.string()), folders.size(),
                                      empty.empty() ? "" : fmt::format(" ({} without a picture: {})", empty.size(), some_of(empty, root)),
                                      num_classes));
}

std::map<std::string, std::int32_t> labels_of(fs::path const& root, std::vector<fs::path> const& folders, fs::path const& class_file,
                                              int num_classes) {
  if (!class_file.empty()) {
    auto labels = read_classes(class_file, num_classes);
    for (auto const& folder : folders)
      if (!labels.contains(folder.filename().string()))
        throw Error(Errc::data, fmt::format("{}: is no class of {}", printable(folder.string()), printable(class_file.string())));
    return labels;
  }
  if (folders.size() != static_cast<std::size_t>(num_classes)) refuse_count(root, folders, num_classes);
  std::map<std::string, std::int32_t> labels;
  for (auto const& folder : folders) labels.emplace(folder.filename().string(), static_cast<std::int32_t>(labels.size()));
  return labels;
}

void say_left_out(fs::path const& root, std::vector<fs::path> const& others) {
  if (others.empty()) return;
  auto const count = others.size() == 1 ? "1 file that is no picture is" : fmt::format("{} files that are no pictures are", others.size());
  log::once(fmt::format("{}: {} left out ({})", printable(root.string()), count, some_of(others, root)));
}

void say_empty(fs::path const& root, std::vector<fs::path> const& empty, std::size_t num_folders) {
  if (empty.empty()) return;
  log::once(fmt::format("{}: {} of {} class folders hold{} no picture ({}); {} as a class all the same", printable(root.string()),
                        empty.size(), num_folders, empty.size() == 1 ? "s" : "", some_of(empty, root),
                        empty.size() == 1 ? "it counts" : "they count"));
}

}  // namespace

Listing list_folder(fs::path const& given, fs::path const& class_file, int num_classes) {
  auto const root = required_directory(given);
  Listing listing{.kind = "folder", .where = root.string(), .files = {}, .entries = {}, .hash = {}};
  auto const folders = class_folders(root);
  if (folders.empty())
    throw Error(Errc::data, fmt::format("{}: holds no class folders; images must lie in one folder per class", printable(root.string())));
  auto const labels = labels_of(root, folders, class_file, num_classes);
  ListingHash hash;
  std::vector<fs::path> others, empty;
  for (auto const& folder : folders) {
    auto const found = pictures_below(folder);
    for (auto const& file : found.pictures) add_file(listing, hash, root, file, labels.at(folder.filename().string()));
    others.insert(others.end(), found.others.begin(), found.others.end());
    if (found.pictures.empty()) empty.push_back(folder);
  }
  if (listing.entries.empty())
    throw Error(Errc::data, fmt::format("{}: holds no images (its {} class folders hold none)", printable(root.string()), folders.size()));
  say_left_out(root, others);
  say_empty(root, empty, folders.size());
  listing.hash = hash.hex();
  return listing;
}

Listing list_unlabelled(fs::path const& given) {
  auto const root = required_directory(given);
  Listing listing{.kind = "folder", .where = root.string(), .files = {}, .entries = {}, .hash = {}};
  auto found = pictures_below(root);
  std::sort(found.pictures.begin(), found.pictures.end());
  ListingHash hash;
  for (auto const& file : found.pictures) add_file(listing, hash, root, file, 0);
  if (found.pictures.empty()) throw Error(Errc::data, fmt::format("{}: holds no images", printable(root.string())));
  say_left_out(root, found.others);
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

}  // namespace apq::image
