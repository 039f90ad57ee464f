#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

// Names that others gave the weights of the same networks. Knows nothing of tensors.
namespace apq::checkpoint {

using Shape = std::vector<std::int64_t>;

/// Where the keys of a checkpoint go in a network. Every key of either side is in exactly one list.
struct WeightNames {
  struct Pair {
    std::string from, to;  ///< the checkpoint's name and the network's
    Shape shape;
  };
  struct Misfit {
    std::string from, to;
    Shape shape, expected;
  };
  std::vector<Pair> matched;            ///< in the order of `from`
  std::vector<std::string> missing;     ///< the network's names that nothing in the checkpoint stands for
  std::vector<std::string> unexpected;  ///< the checkpoint's names that the network has no place for
  std::vector<Misfit> misshaped;
  std::vector<std::string> ignored;  ///< counters and quantiser ranges, which a supernet does not have
  bool fits() const { return missing.empty() && unexpected.empty() && misshaped.empty(); }
  /// True when no key changes its name: the checkpoint is the project's own or the release's.
  bool is_native() const;
};

/// Matches names up to what the implementations of one family differ in (APQ spec A5): `.conv.conv.` and `.conv.`,
/// `.bn.bn.` and `.bn.`, `.linear.linear.` and `.linear.` and none, `mobile_inverted_conv` and `conv` for a block's
/// body, what wrappers put in front of all names (key_prefix.hpp), and the numbers of blocks where skipped ones (ZeroLayer) were counted
/// too.
/// @param expected    shapes by the network's names (supernet_parameters).
/// @param checkpoint  shapes by the checkpoint's names.
/// Two keys of the checkpoint that stand for the same weight: the one spelt as the network does, or else the first,
/// is matched; the other is unexpected.
WeightNames match_weight_names(std::map<std::string, Shape> const& expected, std::map<std::string, Shape> const& checkpoint);

/// @throws Error(data) starting with `source` that lists every missing, unexpected and mis-shaped key; nothing when
///         all fit.
void require_fit(WeightNames const& names, std::string const& source);

}  // namespace apq::checkpoint
