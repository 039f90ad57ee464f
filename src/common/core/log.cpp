#include "common/core/log.hpp"

#include <memory>

#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace apq::log {
namespace {

struct Loggers {
  std::shared_ptr<spdlog::logger> root, rank;
};

Loggers make(int rank) {
  auto const sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  Loggers loggers;
  loggers.root = std::make_shared<spdlog::logger>(
      "apq", rank == 0 ? spdlog::sink_ptr{sink} : spdlog::sink_ptr{std::make_shared<spdlog::sinks::null_sink_mt>()});
  loggers.root->set_pattern("%H:%M:%S %v");
  auto const rank_sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  loggers.rank = std::make_shared<spdlog::logger>("rank", rank_sink);
  loggers.rank->set_pattern("%H:%M:%S [rank " + std::to_string(rank) + "] %l: %v");
  loggers.rank->set_level(spdlog::level::warn);
  for (auto* logger : {loggers.root.get(), loggers.rank.get()}) logger->flush_on(spdlog::level::info);
  return loggers;
}

Loggers& loggers() {
  static Loggers instance = make(0);
  return instance;
}

}  // namespace

void init(int rank) { loggers() = make(rank); }
spdlog::logger& root() { return *loggers().root; }
spdlog::logger& rank() { return *loggers().rank; }

}  // namespace apq::log
