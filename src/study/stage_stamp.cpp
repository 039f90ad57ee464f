#include "study/stage_stamp.hpp"

#include "common/core/atomic_file.hpp"

namespace apq::study {
namespace fs = std::filesystem;
namespace {
fs::path stamp(StudyLayout const& layout, std::string const& stage) { return layout.root / ".done" / stage; }
}  // namespace

bool is_done(StudyLayout const& layout, std::string const& stage, std::string const& key, fs::path const& output) {
  std::error_code ec;
  auto const file = stamp(layout, stage);
  return fs::exists(output, ec) && fs::exists(file, ec) && read_file(file) == key;
}

void mark_done(StudyLayout const& layout, std::string const& stage, std::string const& key) {
  auto const file = stamp(layout, stage);
  make_directory(file.parent_path());
  replace_file(file, key);
}

}  // namespace apq::study
