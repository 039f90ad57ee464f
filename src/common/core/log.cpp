#include "common/core/log.hpp"

#include <memory>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "common/core/printable.hpp"

namespace apq::log {
namespace {

// Messages hold names of files, which anybody may have chosen.
class PrintablePayload : public spdlog::custom_flag_formatter {
 public:
  void format(spdlog::details::log_msg const& message, std::tm const& /*time*/, spdlog::memory_buf_t& out) override {
    auto const text = printable({message.payload.data(), message.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<PrintablePayload>(); }
};

std::unique_ptr<spdlog::formatter> pattern(std::string const& text) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<PrintablePayload>('*').set_pattern(text);
  return formatter;
}

struct Loggers {
  std::shared_ptr<spdlog::logger> root, rank;
};

Loggers make(int rank) {
  auto const sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  Loggers loggers;
  loggers.root = std::make_shared<spdlog::logger>(
      "apq", rank == 0 ? spdlog::sink_ptr{sink} : spdlog::sink_ptr{std::make_shared<spdlog::sinks::null_sink_mt>()});
  loggers.root->set_formatter(pattern("%H:%M:%S %*"));
  auto const rank_sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  loggers.rank = std::make_shared<spdlog::logger>("rank", rank_sink);
  loggers.rank->set_formatter(pattern("%H:%M:%S [rank " + std::to_string(rank) + "] %l: %*"));
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
