#include "dataset/fixed_split.hpp"

#include "train/row_split.hpp"

namespace apq::dataset {

FixedSplit fixed_split(std::vector<h5::Row> const& rows, std::string const& stage, std::uint64_t seed, double held_out_fraction) {
  FixedSplit fixed{.seed = seed, .held_out_fraction = held_out_fraction};
  try {
    auto const split = train::split_rows(rows, stage, seed, held_out_fraction);
    for (auto const& row : split.training) fixed.training.push_back(row.id);
    for (auto const& row : split.held_out) fixed.held_out.push_back(row.id);
  } catch (Error const& e) {
    if (e.code() != Errc::data) throw;
    fixed.absent = e.what();
  }
  return fixed;
}

Json to_json(FixedSplit const& split) {
  if (!split.absent.empty()) return {{"absent", split.absent}};
  return {{"seed", split.seed}, {"held_out_fraction", split.held_out_fraction}, {"training", split.training}, {"held_out", split.held_out}};
}

}  // namespace apq::dataset
