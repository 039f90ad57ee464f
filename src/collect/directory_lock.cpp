#include "collect/directory_lock.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/core/error.hpp"
#include "common/core/log.hpp"

namespace apq::collect {

DirectoryLock::DirectoryLock(std::filesystem::path const& directory) {
  auto const file = directory / ".lock";
  descriptor_ = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw Error(Errc::io, fmt::format("{}: cannot be created ({})", file.string(), std::strerror(errno)));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  int const reason = errno;
  if (reason == ENOSYS || reason == EOPNOTSUPP || reason == ENOLCK) {
    log::root().warn("{}: the file system has no locks ({}); take care that one run at a time collects here", directory.string(),
                     std::strerror(reason));
    return;
  }
  ::close(descriptor_);
  if (reason != EWOULDBLOCK) throw Error(Errc::io, fmt::format("{}: cannot be locked ({})", file.string(), std::strerror(reason)));
  throw Error(Errc::io, fmt::format("{}: another run works here; wait for it or choose another study.dir", directory.string()));
}

DirectoryLock::~DirectoryLock() { ::close(descriptor_); }

}  // namespace apq::collect
