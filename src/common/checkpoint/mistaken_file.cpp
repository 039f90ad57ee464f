#include "common/checkpoint/mistaken_file.hpp"

#include <algorithm>
#include <cctype>

namespace apq::checkpoint {

std::string mistaken_for(std::string_view content) {
  if (content.empty()) return "is empty; copy or download it again";
  if (content.starts_with("version https://git-lfs.")) return "is a Git LFS pointer, not the file itself; fetch that with `git lfs pull`";
  if (content.starts_with("\x1f\x8b")) return "is compressed with gzip; unpack it with gunzip";
  if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
  content.remove_prefix(std::min(content.find_first_not_of(" \t\r\n"), content.size()));
  std::string start(content.substr(0, 16));
  std::transform(start.begin(), start.end(), start.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (std::string_view tag : {"<!doctype html", "<html", "<head", "<?xml"})
    if (start.starts_with(tag)) return "is a web page, not the file itself (a download that failed, or of a preview); download it again";
  return {};
}

}  // namespace apq::checkpoint
