#include "common/core/log_once.hpp"

#include <mutex>
#include <set>

#include "common/core/log.hpp"

namespace apq::log {

void once(std::string const& text) {
  static std::mutex mutex;
  static std::set<std::string> said;
  std::lock_guard const lock(mutex);
  if (said.insert(text).second) root().info("{}", text);
}

}  // namespace apq::log
