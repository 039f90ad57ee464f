#pragma once

#include <spdlog/spdlog.h>

namespace apq::log {

/// Sets up both loggers: to standard error, `[rank r]` in front of rank messages. Before this call rank is 0.
void init(int rank);

/// For what all ranks do alike: prints on rank 0 only.
spdlog::logger& root();

/// For what one rank has to say: warnings and worse, prefixed with the rank.
spdlog::logger& rank();

}  // namespace apq::log
