#include "footprint/breakdown.hpp"

#include <algorithm>
#include <map>

namespace apq::footprint {
namespace {

constexpr double joules_per_kwh = 3.6e6;

// Adds a part of what a node used, in J without PUE.
void add(Share& sum, double joules, energy::Uses const& uses, double kwh_per_joule) {
  sum.kwh += joules * kwh_per_joule;
  sum.kwh_for.useful += uses.useful * kwh_per_joule;
  sum.kwh_for.repeated += uses.repeated * kwh_per_joule;
  sum.kwh_for.lost += uses.lost * kwh_per_joule;
  sum.kwh_for.idle += uses.idle * kwh_per_joule;
}

double joules_of(energy::NodePart const& node) {
  double joules = 0;
  for (auto const& [device, used] : node.devices) joules += used;
  return joules;
}

void add(Share& sum, energy::NodePart const& node, double kwh_per_joule) {
  sum.core_h += node.core_h;
  sum.gpu_h += node.gpu_h;
  add(sum, joules_of(node), node.uses, kwh_per_joule);
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
      add(found->share, node, run.cost.pue / joules_per_kwh);
    }
  }
  return jobs;
}

std::vector<Share> by_node(std::vector<energy::StageRun> const& runs) {
  std::map<std::string, Share> shares;
  for (auto const& run : runs)
    for (auto const& node : run.nodes) add(shares[node.host], node, run.cost.pue / joules_per_kwh);
  return in_order(std::move(shares));
}

std::vector<Share> by_device(std::vector<energy::StageRun> const& runs) {
  std::map<std::string, Share> shares;
  for (auto const& run : runs)
    for (auto const& node : run.nodes) {
      auto const all = joules_of(node);
      for (auto const& [device, joules] : node.devices) {
        auto const part = all == 0 ? 0 : joules / all;
        auto const& u = node.uses;
        add(shares[node.host + " " + device], joules, {part * u.useful, part * u.repeated, part * u.lost, part * u.idle},
            run.cost.pue / joules_per_kwh);
      }
    }
  return in_order(std::move(shares));
}

}  // namespace apq::footprint
