#include "footprint/breakdown.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace apq::footprint {
namespace {

// Adds a part of what a node used, in J without PUE.
void add(Share& sum, double joules, energy::Uses const& uses, double kwh_per_joule) {
  sum.kwh += joules * kwh_per_joule;
  sum.kwh_for += uses * kwh_per_joule;
}

void add(Share& sum, energy::NodePart const& node, double kwh_per_joule) {
  sum.core_h += node.core_h;
  sum.gpu_h += node.gpu_h;
  add(sum, energy::joules_of(node), node.uses, kwh_per_joule);
}

void add_new(std::vector<std::string>& names, std::string const& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

std::vector<Share> in_order(std::map<std::string, Share> shares) {
  std::vector<Share> list;
  for (auto& [name, share] : shares) share.name = name, list.push_back(std::move(share));
  return list;
}

}  // namespace

std::vector<JobShare> by_job(std::vector<energy::StageRun> const& runs) {
  std::vector<JobShare> jobs;
  for (auto const& run : runs) {
    if (run.nodes.empty()) continue;
    auto found = std::find_if(jobs.begin(), jobs.end(), [&](JobShare const& j) { return j.share.name == run.job; });
    if (found == jobs.end()) {
      found =
          jobs.insert(jobs.end(), JobShare{.share = {.name = run.job}, .header = run.header, .began = run.began, .ended_at = run.ended_at});
    }
    found->ended_at = std::max(found->ended_at, run.ended_at);
    add_new(found->stages, run.cost.stage);
    for (auto const& node : run.nodes) {
      add_new(found->hosts, node.host);
      add(found->share, node, run.cost.pue / energy::joules_per_kwh);
    }
  }
  return jobs;
}

std::vector<Share> by_node(std::vector<energy::StageRun> const& runs) {
  std::map<std::string, Share> shares;
  for (auto const& run : runs)
    for (auto const& node : run.nodes) add(shares[node.host], node, run.cost.pue / energy::joules_per_kwh);
  return in_order(std::move(shares));
}

std::vector<Share> by_device(std::vector<energy::StageRun> const& runs) {
  std::map<std::string, Share> shares;
  for (auto const& run : runs)
    for (auto const& node : run.nodes) {
      auto const all = energy::joules_of(node);
      for (auto const& [device, joules] : node.devices) {
        auto const part = all == 0 ? 0 : joules / all;
        auto& share = shares[node.host + " " + device];
        share.core_h = share.gpu_h = std::numeric_limits<double>::quiet_NaN();
        add(share, joules, node.uses * part, run.cost.pue / energy::joules_per_kwh);
      }
    }
  return in_order(std::move(shares));
}

}  // namespace apq::footprint
