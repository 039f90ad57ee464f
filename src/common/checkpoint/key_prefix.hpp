#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace apq::checkpoint {

/// What wrappers put in front of every weight's name: DataParallel's `module.`, torch.compile's `_orig_mod.`, `model.` and `net.` of
/// trainers, and any row of them. Empty unless all names have it; AveragedModel's counter (is_averaging_counter) has none and does not
/// count.
std::string shared_prefix(std::vector<std::string_view> const& names);

/// `n_averaged` of torch.optim.swa_utils.AveragedModel.
bool is_averaging_counter(std::string_view name);

}  // namespace apq::checkpoint
