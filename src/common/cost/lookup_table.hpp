#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/cost/layer.hpp"

namespace apq::cost {

/// Latency and energy of layers as measured or simulated elsewhere: the release's JSON, one object
/// of
/// "(cin, cout, in_size, kernel, stride, padding, groups)-W{w}A{a}", "head" (stem) and "tail"
/// (feature mix), each
/// {"latency": ms, "energy": mJ}.
class LookupTable {
 public:
  struct Entry {
    double latency_ms, energy_mj;
  };
  /// @throws Error(io | data) when the file cannot be read or an entry is not a pair of
  /// non-negative numbers.
  explicit LookupTable(std::filesystem::path const& file);
  /// @throws Error(data) naming the file and the key when it is absent.
  Entry at(std::string const& key) const;
  std::optional<Entry> find(std::string const& key) const;
  std::unordered_map<std::string, Entry> const& entries() const { return entries_; }
  std::string const& name() const { return name_; }

 private:
  std::string name_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace apq::cost
