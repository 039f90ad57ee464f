// Lists of images; behind an exclamation mark a class list, of a folder of class folders.
#include <fmt/format.h>

#include "common/image/listing.hpp"
#include "fuzz/target.hpp"

namespace apq::fuzz {
namespace {
namespace fs = std::filesystem;

constexpr int num_classes = 10;

/// A folder with pictures (which nobody decodes) in two class folders and beside them.
fs::path const& root() {
  static fs::path const folder = [] {
    auto const made = scratch("images");
    for (char const* name : {"a.jpg", "b c.png", "cat/1.jpg", "cat/2 2.jpeg", "dog/1.png", "Größe.jpg"}) {
      fs::create_directories((made / name).parent_path());
      scratch_file(std::string("images/") + name, fmt::format("\xff\xd8\xff{}", name));
    }
    for (char const* name : {"a.jpg", "b c.png", "Größe.jpg"}) {
      fs::create_directories(scratch("list"));
      fs::rename(made / name, scratch("list") / name);
    }
    fs::create_directories(scratch("list/d"));
    scratch_file("list/d/e.jpg", "\xff\xd8\xff");
    return made;
  }();
  return folder;
}

void attempt_list(std::string_view text) {
  auto const folder = scratch("list");
  auto const listing = image::list_file(scratch_file("list.txt", text), folder, num_classes);
  require(!listing.entries.empty() && listing.entries.size() == listing.files.size(), "entries without files");
  std::string written;
  auto const prefix = folder.string() + "/";
  for (auto const& entry : listing.entries) {
    auto name = listing.files[entry.file];
    if (name.starts_with(prefix)) name = name.substr(prefix.size());
    written += fmt::format("{} {}\n", name, entry.label);
    require(entry.label >= 0 && entry.label < num_classes, "a label that is none");
  }
  auto const again = image::list_file(scratch_file("again.txt", written), folder, num_classes);
  require(again.files == listing.files, "other files are listed");
  require(again.entries.size() == listing.entries.size(), "entries are lost");
  for (std::size_t i = 0; i < listing.entries.size(); ++i)
    require(again.entries[i].label == listing.entries[i].label && again.entries[i].bytes == listing.entries[i].bytes,
            "an entry is another one");
}

void attempt_classes(std::string_view text) {
  auto const listing = image::list_folder(root(), scratch_file("classes.txt", text), num_classes);
  int label[2] = {-1, -1};
  for (auto const& entry : listing.entries) {
    require(entry.label >= 0 && entry.label < num_classes, "a label that is none");
    bool const is_cat = listing.files[entry.file].find("/cat/") != std::string::npos;
    require(label[is_cat] == -1 || label[is_cat] == entry.label, "one class has two labels");
    label[is_cat] = entry.label;
  }
  require(listing.entries.size() == 3 && label[0] != label[1], "two classes have one label");
  std::string written;
  for (int i = 0; i < num_classes; ++i) written += i == label[1] ? "cat\n" : i == label[0] ? "dog\n" : fmt::format("class-{}\n", i);
  auto const again = image::list_folder(root(), scratch_file("again.txt", written), num_classes);
  require(again.hash == listing.hash, "another set is listed");
}

}  // namespace

std::vector<std::string> seeds() {
  return {"a.jpg 0\nb c.png 9\r\nd/e.jpg\t3\n\n", "\xEF\xBB\xBFGröße.jpg 1", "./d/../a.jpg 2\n", "!cat\ndog\n",
          "!x, what\r\ndog dogs\r\ncat cats\r\n"};
}

void attempt(std::string_view input) {
  root();
  if (input.starts_with('!')) attempt_classes(input.substr(1));
  else attempt_list(input);
}

}  // namespace apq::fuzz
