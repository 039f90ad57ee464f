#pragma once

#include <fmt/format.h>

#include "common/energy/ledger.hpp"

namespace apq::test {

/// Writes a run into the journals of a study, as a job of its own with one node would, and the ledger anew.
inline void add_run(StudyLayout const& layout, energy::StageCost const& cost) {
  static int number = 0;
  ++number;
  energy::JournalHeader header;
  header.token = fmt::format("{:032x}", number);
  header.host = "n1";
  header.ranks = cost.ranks;
  header.pue = cost.pue;
  header.grid_gco2e_per_kwh = cost.grid_gco2e_per_kwh;
  header.grid_source = cost.grid_source;
  energy::Beat beat;
  beat.run = cost.stage;
  beat.stage = cost.stage;
  beat.at = fmt::format("2026-01-01T00:{:02}:{:02}Z", number / 60, number % 60);
  beat.method = cost.method;
  beat.wall_s = cost.wall_s;
  beat.processor_s = 3600 * cost.core_h;
  beat.gpu_s = 3600 * cost.gpu_h;
  auto const joules = 3.6e6 / cost.pue;
  beat.devices["cores"] = cost.kwh * joules;
  beat.uses = {cost.kwh_for.useful * joules, cost.kwh_for.repeated * joules, cost.kwh_for.lost * joules, cost.kwh_for.idle * joules};
  if (cost.killed == 0) beat.ended = energy::ended_names(cost.ended_early > 0 ? energy::Ended::early : energy::Ended::whole);
  energy::JournalWriter(layout.energy() / (header.token + "-r00000.jsonl"), header).append(beat);
  energy::write_ledger(layout);
}

}  // namespace apq::test
