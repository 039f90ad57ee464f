#include "collect/directory_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/core/error.hpp"

namespace apq::collect {

DirectoryLock::DirectoryLock(std::filesystem::path const& directory) {
  auto const file = directory / ".lock";
  descriptor_ = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw Error(Errc::io, fmt::format("{}: cannot be created ({})", file.string(), std::strerror(errno)));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor_);
    throw Error(Errc::io, fmt::format("{}: another run is collecting into this directory; wait for it or choose another study.dir", directory.string()));
  }
}

DirectoryLock::~DirectoryLock() { ::close(descriptor_); }

}  // namespace apq::collect
