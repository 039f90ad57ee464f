#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "study/file_view.hpp"

namespace apq::study {

/// A file's content as it was seen once.
struct FileDigest {
  std::string digest;            ///< SHA-256, 64 hex digits
  FileState state;               ///< when it was hashed
  std::int64_t recorded_ns = 0;  ///< when this was noted
};

/// Of the system's clock, since 1970.
std::int64_t now_ns();

/// True while a file's state is as it was noted by size, time and inode. A file that was changed less than two seconds before it was noted
/// is in doubt: another change could bear the same time.
bool is_untouched(std::optional<FileState> const& state, FileDigest const& noted);

/// SHA-256 of files, each read once in the life of the object; those that are untouched since they were noted are not read at all.
class FileDigests {
 public:
  /// What a stamp says of a file.
  void note(std::filesystem::path const& file, FileDigest const& noted);
  /// What somebody found who has just hashed the file.
  /// @param before  its state before it was opened: a file that was replaced meanwhile is in doubt.
  void note_hashed(std::filesystem::path const& file, std::string digest, FileState const& before);
  /// Absent where there is no such file. @throws Error(io) when it cannot be read.
  std::optional<FileDigest> of(std::filesystem::path const& file);
  /// By whose states files count as untouched.
  FileView& files() { return files_; }

 private:
  struct Known {
    FileDigest digest;
    bool is_own;  ///< hashed in the life of this object, which needs no doubt
  };
  FileView files_;
  std::map<std::filesystem::path, Known> known_;  ///< by absolute path
};

}  // namespace apq::study
