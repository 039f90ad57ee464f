#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/energy/energy_config.hpp"

// Where energy is known from. A new meter is a file that makes a SourceKind and a line in the table of sources.cpp.
namespace apq::energy {

/// What a source answers for. A stage has one source for each part.
enum class Part { processors, gpus };

/// What this job's ranks hold of their node.
struct Holding {
  std::vector<std::string> gpus = {};  ///< each once, however many ranks share it: a number as CUDA counts, or a UUID "GPU-..."
};

/// Since the stage began, on this node. There is no other clock in a ledger.
struct Elapsed {
  double wall_s = 0;
  double processor_s = 0;  ///< user and system, of all of this job's ranks here
};

/// A device and its meter at work, from the beginning of a stage.
class Device {
 public:
  virtual ~Device() = default;
  virtual std::string name() const = 0;  ///< "package-0", "gpu 1", "cores"
  /// Energy since the beginning, J, without PUE. Never falls; NaN: unknown.
  virtual double joules(Elapsed const& elapsed) = 0;
  /// It sees what others on the node use, too.
  virtual bool is_of_the_node() const { return false; }
};

struct SourceKind {
  std::string name;  ///< value of `energy.source`
  Part part;
  /// Why it cannot be read here and now, for a sentence: "/sys/.../energy_uj: Permission denied"; empty: it can.
  std::string (*why_not)(EnergyConfig const& config, Holding const& holding);
  std::vector<std::unique_ptr<Device>> (*devices)(EnergyConfig const& config, Holding const& holding);
  std::string (*method)(EnergyConfig const& config);  ///< how the ledger calls it
  bool holds_gpus = false;                            ///< of processors: the GPUs' energy is in it, and no source is asked for that
};

/// All kinds, those of a part in order of preference; its last is always available.
std::vector<SourceKind> const& source_kinds();

}  // namespace apq::energy
