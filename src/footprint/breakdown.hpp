#pragma once

#include <string>
#include <vector>

#include "common/energy/ledger.hpp"

// Whose the hours and joules of a ledger are: of a job, a node, a device. Pure functions of the ledger's runs.
namespace apq::footprint {

/// Of one of them. Unknown figures are NaN.
struct Share {
  std::string name;              ///< job's token, host, or "HOST DEVICE"
  double core_h = 0, gpu_h = 0;  ///< of a device: unknown
  double kwh = 0;                ///< with PUE
  energy::Uses kwh_for;          ///< parts of kwh, which they add up to; of a device those of its node in proportion
};

/// A job as the scheduler knows it.
struct JobShare {
  Share share;
  energy::JournalHeader header;    ///< of its first node: scheduler's id, user, account, partition, command
  std::string began, ended_at;     ///< UTC, ISO 8601
  std::vector<std::string> hosts;  ///< each once
  std::vector<std::string> stages;
};

/// In the order in which they began. Runs of ledgers of old, of which no journal tells, have no job, node or device.
std::vector<JobShare> by_job(std::vector<energy::StageRun> const& runs);
/// By name.
std::vector<Share> by_node(std::vector<energy::StageRun> const& runs);
std::vector<Share> by_device(std::vector<energy::StageRun> const& runs);

}  // namespace apq::footprint
