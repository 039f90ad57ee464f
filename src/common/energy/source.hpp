#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/energy/energy_config.hpp"

// Where energy is known from. A new meter is a file that makes a SourceKind and a line in the table of sources.cpp.
namespace apq::energy {

/// What a source answers for. A stage has one source for each part.
enum class Part { processors, gpus };

/// What a rank holds of its node.
struct Holding {
  int node_ranks = 1;  ///< ranks on the node, which share its processors
  int gpus = 0;        ///< GPUs of this rank alone; one that ranks share is named by one of them
};

/// Since the stage began, on this rank; neither ever falls. There is no other clock in a ledger.
struct Elapsed {
  double wall_s = 0;
  double processor_s = 0;  ///< user and system, all threads
};

/// One meter at work, from the beginning of a stage.
class Source {
 public:
  virtual ~Source() = default;
  /// Energy that this rank answers for, J, without PUE; what ranks say may be added up. Never falls; NaN: unknown.
  virtual double joules(Elapsed const& elapsed) = 0;
};

struct SourceKind {
  std::string name;  ///< value of `energy.source`
  Part part;
  bool (*is_available)(EnergyConfig const& config, Holding const& holding);  ///< here and now
  std::unique_ptr<Source> (*make)(EnergyConfig const& config, Holding const& holding);
  std::string (*method)(EnergyConfig const& config);  ///< how the ledger calls it
  std::string remedy;                                 ///< where it is not available: for the end of a sentence
};

/// All kinds, those of a part in order of preference; its last is always available.
std::vector<SourceKind> const& source_kinds();

}  // namespace apq::energy
