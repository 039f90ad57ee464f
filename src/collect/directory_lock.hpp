#pragma once

#include <filesystem>

namespace apq::collect {

/// Exclusive lock on a directory (flock on DIRECTORY/.lock) for the life of the object, so that two jobs do not collect
/// into one dataset at once. Gone with the process, also when it is killed. @throws Error(io) when another process holds it.
class DirectoryLock {
 public:
  explicit DirectoryLock(std::filesystem::path const& directory);
  ~DirectoryLock();
  DirectoryLock(DirectoryLock const&) = delete;
  DirectoryLock& operator=(DirectoryLock const&) = delete;

 private:
  int descriptor_;
};

}  // namespace apq::collect
